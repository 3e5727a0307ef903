# An object where a class is asked for.
from dslab.learn import check


class Store:
    def __repr__(self):
        return "Store()"


check("event-store", Store())
