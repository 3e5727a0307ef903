"""A database run over again: is there an order of moments in which each read finds its version?

A register's version stays until all who read it have taken their snapshot; then the next writer may
commit. Under snapshot isolation two transactions that write the same key don't overlap. So each
order that the machine finds is one of versions, without a cycle, and each such order it can find.
"""

from bisect import bisect_left, insort

from dslab.check.transactions.dependencies import Graph, topological

__all__ = ["Machine"]


class Machine:
    """The search. `steps` counts the moments that were tried, `reached` the most transactions that
    ever had an order.

    Moments that can do no harm are taken at once: all but the snapshots (of serializable ones, the
    single moments) of those who write a key whose order isn't known. Of these, the one that
    returned first is tried first.
    """

    def __init__(self, graph: Graph):
        self.graph, self.steps, self.reached = graph, 0, 0
        count = len(graph.transactions)
        self.writes: list[list[int]] = [[] for _ in range(count)]
        self.reads: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        #: By group and version, who read it and wrote the next one.
        self.next: list[dict[int | None, int]] = []
        for number, group in enumerate(graph.groups):
            self.next.append({})
            for writer, readers in group.readers.items():
                self.writes[writer].append(number)
                for reader in readers:
                    self.reads[reader].append((number, writer))
                    if reader in group.readers:
                        self.next[number][writer] = reader
        self.waits = [0] * len(graph.out)
        for edges in graph.out:
            for edge in edges:
                self.waits[edge.end] += 1
        self.due = self._due()
        self.current: list[int | None] = [None] * len(graph.groups)
        self.pending = [0] * len(graph.groups)
        self.active: list[int | None] = [None] * len(graph.groups)
        self.done = self.finished = 0
        self.ready: list[tuple[tuple[float, int], int]] = []  # Moments that are a choice.
        self.free: set[int] = set()  # Moments that are none.
        self.trail: list[tuple] = []
        for moment, wait in enumerate(self.waits):
            if not wait:
                self._let(moment)

    def _due(self) -> list[tuple[float, int]]:
        """When each moment's turn is: at the return of its transaction, or before what comes after
        it by what is known.
        """
        order = topological(self.graph)
        due: list = [None] * len(order)
        for number in range(len(order) - 1, -1, -1):
            moment = order[number]
            one = self.graph.of(moment)
            end = one.op.returned if one is not None else None
            own = float("inf") if end is None else end
            due[moment] = min([own, *(due[edge.end][0] for edge in self.graph.out[moment])]), number
        return due

    def run(self, budget: int, go_back: bool = True) -> bool | None:
        """Whether there is an order; None where the budget ran out."""
        frames: list[tuple[int, int]] = []  # (length of the trail, place of the next choice)
        failed: set = set()
        place = 0
        while True:
            if place == 0:
                self._take_free()
                if self.finished == len(self.graph.out):
                    return True
                if failed and self._state() in failed:
                    place = len(self.ready)
            choice = self._choice(place)
            if self.steps > budget:
                return None
            if choice is not None:
                frames.append((len(self.trail), choice + 1))
                self._do(self.ready[choice][1])
                place = 0
                continue
            if not go_back or not frames:
                return False
            failed.add(self._state())
            length, place = frames.pop()
            self._undo(length)

    def _state(self):
        return self.done, tuple(
            writer if left else -1 for writer, left in zip(self.current, self.pending)
        )

    def _choice(self, place: int) -> int | None:
        """Where in `ready` the next moment stands that may come now."""
        while place < len(self.ready):
            self.steps += 1
            if self._may_start(self.ready[place][1]):
                return place
            place += 1
        return None

    def _number(self, moment: int) -> int:
        return moment >> 1 if self.graph.split else moment

    def _may_start(self, moment: int) -> bool:
        number = self._number(moment)
        if self.graph.split:
            return all(
                self.active[group] is None
                and self.next[group].get(self.current[group], number) == number
                for group in self.writes[number]
            )
        mine = self.reads[number]
        return all(
            self.pending[group] == ((group, self.current[group]) in mine)
            for group in self.writes[number]
        )

    def _may_commit(self, number: int) -> bool:
        return not any(self.pending[group] for group in self.writes[number])

    def _take_free(self):
        progress = True
        while progress:
            progress = False
            for moment in sorted(self.free):
                one = self.graph.of(moment)
                if (
                    one is None
                    or not self.graph.split
                    or not moment & 1
                    or self._may_commit(one.number)
                ):
                    self._do(moment)
                    progress = True

    def _is_choice(self, moment: int) -> bool:
        one = self.graph.of(moment)
        if one is None or not self.writes[one.number]:
            return False
        return not (self.graph.split and moment & 1)

    def _let(self, moment: int):
        """All that must come before it is done."""
        if self._is_choice(moment):
            insort(self.ready, (self.due[moment], moment))
        else:
            self.free.add(moment)

    def _unlet(self, moment: int):
        if self._is_choice(moment):
            self.ready.pop(bisect_left(self.ready, (self.due[moment], moment)))
        else:
            self.free.discard(moment)

    def _set(self, values: list, place: int, value):
        self.trail.append((values, place, values[place]))
        values[place] = value

    def _do(self, moment: int):
        self.steps += 1
        self.finished += 1
        self.done |= 1 << moment
        self.trail.append((None, moment, None))
        self._unlet(moment)
        for edge in self.graph.out[moment]:
            self.waits[edge.end] -= 1
            if not self.waits[edge.end]:
                self._let(edge.end)
        one = self.graph.of(moment)
        if one is None:
            return
        split, number = self.graph.split, one.number
        if not split or not moment & 1:
            for group, writer in self.reads[number]:
                if self.current[group] == writer:
                    self._set(self.pending, group, self.pending[group] - 1)
        if not split or moment & 1:
            self.reached = max(self.reached, self.finished >> split)
            for group in self.writes[number]:
                self._set(self.current, group, number)
                self._set(self.pending, group, len(self.graph.groups[group].readers[number]))
                self._set(self.active, group, None)
        else:
            for group in self.writes[number]:
                self._set(self.active, group, number)

    def _undo(self, length: int):
        while len(self.trail) > length:
            values, place, value = self.trail.pop()
            if values is not None:
                values[place] = value
                continue
            moment = place
            for edge in self.graph.out[moment]:
                if not self.waits[edge.end]:
                    self._unlet(edge.end)
                self.waits[edge.end] += 1
            self._let(moment)
            self.done ^= 1 << moment
            self.finished -= 1
