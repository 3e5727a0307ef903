"""03.2 Three stores that claim to be CA: the reader writes the schedules that break them."""

from dslab.chapters.cap.adversary import judgement
from dslab.chapters.cap.claims import CLAIMS
from dslab.chapters.cap.steps import perform
from dslab.learn.answers import hunt
from dslab.learn.exercise import Broken

__all__ = ["exercise"]


def breaks(node_class):
    def judge(steps):
        cluster = perform(node_class, [tuple(step) for step in steps])
        if judgement(cluster) is None:
            raise Broken(
                "This run is linearizable, and every call was served.",
                expected="a stale answer, or a call that is not served",
                got="; ".join(map(str, cluster.history.operations)) or "no calls",
                trace=cluster.trace,
            )

    return judge


exercise = hunt(
    "cap-ca",
    "03.2 Three stores that claim to be CA",
    2,
    [
        (
            name,
            f"Break {name}: {kind.__doc__.split(';')[0].split(',')[0].lower()}.",
            par,
            hint,
            breaks(kind),
        )
        for (name, kind), par, hint in zip(
            CLAIMS.items(),
            (3, 3, 2),
            (
                "Write on one side of a cut, read on the other.",
                "Let the primary give a backup up that is alive.",
                "When can it not have every copy?",
            ),
        )
    ],
)
