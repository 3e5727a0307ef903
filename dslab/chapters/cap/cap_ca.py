"""03.2 Three stores that claim to be CA: the reader writes the schedules that break them."""

from dslab.chapters.cap.adversary import lost, without_faults
from dslab.chapters.cap.claims import CLAIMS
from dslab.chapters.cap.steps import perform
from dslab.learn.answers import Sight, Target, hunt
from dslab.learn.exercise import Broken

__all__ = ["exercise"]


def against(node_class):
    """A look at a schedule: what does it cost this store?"""

    def run(steps):
        cluster = perform(node_class, steps)
        return Sight(
            lost(cluster, steps),
            Broken(
                "This run is linearizable, and every call at a node that runs was served.",
                expected="a stale answer, or a call at a node that runs and is not served",
                got="; ".join(map(str, cluster.history.operations)) or "no calls",
                trace=cluster.trace,
            ),
        )

    return run


exercise = hunt(
    "cap-ca",
    "03.2 Three stores that claim to be CA",
    2,
    [
        Target(
            name,
            f"Break {name}: {kind.__doc__.split(';')[0].split(',')[0].lower()}.",
            par,
            hint,
            against(kind),
            lambda steps, kind=kind: against(kind)(without_faults(steps)),
            "without the fault",
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
