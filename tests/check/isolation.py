"""What isolation levels mean, tried out: an oracle for small histories, and histories to ask it of.

It follows the definitions and shares nothing with `dslab.check.transactions`. Serializability runs
the transactions in each order on a store, snapshot isolation in each order of snapshots and
commits; the others, and both of these once more, take each order of each key's versions and look at
the dependencies that Adya defines.
"""

from itertools import permutations, product

from dslab.run import Event, History

LISTS, REGISTERS = "lists", "registers"


class Txn:
    """A transaction of a small history: its steps with what reads saw, and when it ran."""

    def __init__(self, process, steps, outcome, invoked, returned):
        self.process, self.steps, self.outcome = process, steps, outcome
        self.invoked, self.returned = invoked, returned

    def asked(self):
        return tuple((f, key, None if f == "r" else value) for f, key, value in self.steps)

    def writes(self, key=None):
        return [(k, v) for f, k, v in self.steps if f != "r" and key in (None, k)]


def as_history(txns):
    """The history of these, in the order of their calls and returns."""
    events = []
    for txn in txns:
        call = Event(txn.process, "invoke", "txn", None, txn.asked())
        got = txn.steps if txn.outcome == "ok" else txn.asked()
        events.append((txn.invoked, call))
        events.append((txn.returned, Event(txn.process, txn.outcome, "txn", None, got)))
    return History(event for _, event in sorted(events, key=lambda pair: pair[0]))


def allows(txns, level):
    """Whether a level allows the history: by the definition, for some outcome of the unknown."""
    order = (
        "process"
        if level.startswith("strong-session-")
        else "realtime"
        if level.startswith("str")
        else ""
    )
    kind = level.removeprefix("strong-session-").removeprefix("strong-").removeprefix("strict-")
    if not all(map(_well_formed, txns)) or not _from_somewhere(txns):
        return False
    unknown = [txn for txn in txns if txn.outcome == "info"]
    for chosen in product((False, True), repeat=len(unknown)):
        happened = {txn for txn, yes in zip(unknown, chosen) if yes}
        committed = [txn for txn in txns if txn.outcome == "ok" or txn in happened]
        before = {
            (a, b)
            for a in committed
            for b in committed
            if order
            and a is not b
            and a.returned < b.invoked
            and (a.process == b.process if order == "process" else a.outcome == "ok")
        }
        if _fits(committed, kind, before):
            return True
    return False


def _fits(committed, kind, before):
    by_graph = any(_graph_fits(graph, kind) for graph in _graphs(committed, kind, before))
    if kind == "serializable":
        assert by_graph == _serial(committed, before), "two definitions of serializability differ"
    if kind == "snapshot-isolation":
        assert by_graph == _snapshots(committed, before), "two definitions of snapshots differ"
    return by_graph


def _well_formed(txn):
    """A read after a write of one's own returns it; none returns what is written later."""
    if txn.outcome != "ok":
        return True
    for place, (f, key, seen) in enumerate(txn.steps):
        if f != "r":
            continue
        is_list = isinstance(seen, tuple)
        mine = [v for g, k, v in txn.steps[:place] if g != "r" and k == key]
        later = [v for g, k, v in txn.steps[place:] if g != "r" and k == key]
        if mine and (seen[-1:] != (mine[-1],) if is_list else seen != mine[-1]):
            return False
        if any(v in seen if is_list else v == seen for v in later):
            return False
    return True


def _from_somewhere(txns):
    """Every value that was read was written, and is once in its list."""
    written = {pair for txn in txns for pair in txn.writes()}
    for txn in txns:
        for f, key, seen in txn.steps if txn.outcome == "ok" else ():
            if f == "r":
                values = seen if isinstance(seen, tuple) else (seen,) if seen is not None else ()
                if len(set(values)) < len(values) or any((key, v) not in written for v in values):
                    return False
    return True


def _serial(committed, before):
    def go(store, left):
        if not left:
            return True
        for txn in left:
            if any((other, txn) in before for other in left):
                continue
            after = _run(txn, store)
            if after is not None and go(after, [other for other in left if other is not txn]):
                return True
        return False

    return go({}, committed)


def _run(txn, store):
    """The store after a transaction, or None where it would have read something else."""
    store = dict(store)
    for f, key, value in txn.steps:
        if f == "append":
            store[key] = (*store.get(key, ()), value)
        elif f == "w":
            store[key] = value
        elif (
            txn.outcome == "ok"
            and store.get(key, () if isinstance(value, tuple) else None) != value
        ):
            return None
    return store


def _snapshots(committed, before):
    def go(store, left, running):
        if not left and not running:
            return True
        for txn in left:
            if any((other, txn) in before for other in [*left, *(one for one, _, _ in running)]):
                continue
            after = _run(txn, store)
            if after is None:
                continue
            keys = {key for key, _ in txn.writes()}
            rest = [other for other in left if other is not txn]
            if go(store, rest, [*running, (txn, {key: after[key] for key in keys}, keys)]):
                return True
        for one in running:
            txn, found, keys = one
            rest = [other for other in running if other is not one]
            # First committer wins: nobody commits a key that one who still runs also writes.
            if all(keys.isdisjoint(others) for _, _, others in rest) and go(
                store | found, left, rest
            ):
                return True
        return False

    return go({}, committed, [])


def _graphs(committed, kind, before):
    """For each order of versions that agrees with reads, {(one, other): kinds of edges}; none where
    a read is of what didn't commit, or of the middle of another, and the level forbids it.
    """
    keys = sorted({key for txn in committed for _, key, _ in txn.steps})
    writer = {pair: txn for txn in committed for pair in txn.writes()}
    dirty = kind == "read-uncommitted"
    reads = []
    for txn in committed:
        for place, (f, key, seen) in enumerate(txn.steps if txn.outcome == "ok" else ()):
            if f != "r":
                continue
            values = seen if isinstance(seen, tuple) else (seen,) if seen is not None else ()
            if not dirty:
                if any((key, value) not in writer for value in values):
                    return
                if values and (by := writer[key, values[-1]]) is not txn:
                    if by.writes(key)[-1] != (key, values[-1]):
                        return
            known = tuple(value for value in values if (key, value) in writer)
            own = any(g != "r" and k == key for g, k, _ in txn.steps[:place])
            reads.append((txn, key, isinstance(seen, tuple), known, own))
    for orders in product(*(_orders(committed, key) for key in keys)):
        order = dict(zip(keys, orders))
        edges = {}
        if all(_dependencies(edges, read, order, writer) for read in reads):
            for key in keys:
                for a, b in zip(order[key], order[key][1:]):
                    _edge(edges, writer[key, a], writer[key, b], "ww")
            for pair in before:
                _edge(edges, *pair, "order")
            yield edges


def _orders(committed, key):
    """All orders of the appends to a list, each transaction's in its own order; of a register, of
    each one's last write.
    """
    is_list = any(f == "append" and k == key for txn in committed for f, k, _ in txn.steps)
    mine = [[value for _, value in txn.writes(key)] for txn in committed]
    values = [value for part in mine for value in (part if is_list else part[-1:])]
    for order in permutations(values):
        if not is_list or all([value for value in order if value in part] == part for part in mine):
            yield order


def _edge(edges, one, other, kind):
    if one is not other:
        edges.setdefault((one, other), set()).add(kind)


def _dependencies(edges, read, order, writer):
    """Add what a read depends on; False where it contradicts the order."""
    txn, key, is_list, known, own = read
    versions = order[key]
    if is_list:
        if known != versions[: len(known)]:
            return False
        place = len(known)
    else:
        if known and known[0] not in versions:
            return True  # Its writer's middle: whoever may read this may read anything.
        place = versions.index(known[0]) + 1 if known else 0
    if known:
        _edge(edges, writer[key, known[-1]], txn, "wr")
    if place < len(versions) and not (own and is_list):
        if not own:
            _edge(edges, txn, writer[key, versions[place]], "rw")
    return True


def _graph_fits(edges, kind):
    allowed = {"read-uncommitted": {"ww", "order"}, "read-committed": {"ww", "wr", "order"}}.get(
        kind, {"ww", "wr", "rw", "order"}
    )
    dep = {pair for pair, kinds in edges.items() if kinds & allowed & {"ww", "wr", "order"}}
    against = {pair for pair, kinds in edges.items() if "rw" in kinds & allowed}
    if kind == "snapshot-isolation":
        return _acyclic(dep | {(a, d) for a, b in dep for c, d in against if b is c})
    return _acyclic(dep | against)


def _acyclic(pairs):
    left = {one for pair in pairs for one in pair}
    while True:
        first = {one for one in left if not any(b is one and a in left for a, b in pairs)}
        if not first:
            return not left
        left -= first


def random_txns(random, count=None, keys="xy", values=LISTS):
    """A small history: of a store under some isolation, with reads changed here and there."""
    count = count or random.randint(2, 5)
    style = random.choice(("snapshot", "serial", "dirty", "anything"))
    processes = random.randint(1, count)
    txns, number = [], 0
    for _ in range(count):
        steps = []
        for _ in range(random.randint(1, 3)):
            key = random.choice(keys)
            if random.random() < 0.5:
                number += 1
                steps.append(["append" if values == LISTS else "w", key, number])
            else:
                steps.append(["r", key, None])
        outcome = random.choices(("ok", "info", "fail"), (12, 2, 1))[0]
        txns.append(Txn(None, steps, outcome, None, None))
    _time(random, txns, processes)
    _answer(random, txns, style, values)
    for txn in txns:
        txn.steps = tuple(map(tuple, txn.steps))
    return txns


def _time(random, txns, processes):
    """Give each a process, and a time to run in."""
    clock, free = 0, list(range(processes))
    running, fresh = {}, processes
    left = list(txns)
    while left or running:
        clock += 1
        if left and free and random.random() < 0.55:
            txn = left.pop(0)
            txn.process, txn.invoked = free.pop(random.randrange(len(free))), clock
            running[txn] = None
        elif running:
            txn = random.choice(list(running))
            del running[txn]
            txn.returned = clock
            if txn.outcome == "info":
                free.append(fresh)
                fresh += 1
            else:
                free.append(txn.process)


def _answer(random, txns, style, values):
    """Let reads see what a store of this style shows, and then perhaps change one."""
    if style == "snapshot":
        _answer_from_snapshots(random, txns, values)
    else:
        _answer_at_once(random, txns, style, values)
    if random.random() < 0.3:
        reads = [step for txn in txns for step in txn.steps if step[0] == "r"]
        if reads:
            step = random.choice(reads)
            others = [one[2] for one in reads if one[1] == step[1]]
            if values == LISTS:
                step[2] = random.choice([*others, step[2][:-1], ()])
            else:
                writes = [s for txn in txns for s in txn.steps if s[0] == "w" and s[1] == step[1]]
                step[2] = random.choice([*others, *(s[2] for s in writes), None])


def _write(store, step, values):
    _, key, value = step
    store[key] = (*store.get(key, ()), value) if values == LISTS else value


def _answer_at_once(random, txns, style, values):
    """Each step finds what is there, or, in a serial store, each transaction."""
    points = []
    for txn in txns:
        times = sorted(random.uniform(txn.invoked, txn.returned) for _ in txn.steps)
        if style == "serial":
            times = [times[0]] * len(times)
        points += [(time, place, txn) for place, time in enumerate(times)]
    random.shuffle(points)  # Where no real time is kept, each transaction's steps stay in order.
    points.sort(key=lambda point: point[1:2] if style == "anything" else point[:2])
    store = {}
    for _, place, txn in points:
        step = txn.steps[place]
        if step[0] != "r":
            _write(store, step, values)
            continue
        seen = store.get(step[1], () if values == LISTS else None)
        if style == "anything" and values == LISTS:
            seen = seen[: random.randint(0, len(seen))]
        elif style == "anything" and random.random() < 0.5:
            all_steps = [one for txn in txns for one in txn.steps]
            seen = random.choice([None, *(s[2] for s in all_steps if s[:2] == ["w", step[1]])])
        step[2] = seen


def _answer_from_snapshots(random, txns, values):
    """Snapshot isolation, where the first committer wins; half of the time in real time."""
    timely, points = random.random() < 0.5, []
    for txn in txns:
        span = (txn.invoked, txn.returned) if timely else (0, 1)
        points += [(time, txn) for time in sorted(random.uniform(*span) for _ in "sc")]
    store, running, versions = {}, {}, {}
    for _, txn in sorted(points, key=lambda point: point[0]):
        keys = {step[1] for step in txn.steps if step[0] != "r"}
        if txn not in running:
            running[txn] = dict(versions)
            mine = dict(store)
            for step in txn.steps:
                if step[0] == "r":
                    step[2] = mine.get(step[1], () if values == LISTS else None)
                else:
                    _write(mine, step, values)
        elif any(versions.get(key) != running[txn].get(key) for key in keys):
            txn.outcome = "fail"
        elif txn.outcome != "fail" and (txn.outcome == "ok" or random.random() < 0.5):
            for step in txn.steps:
                if step[0] != "r":
                    _write(store, step, values)
                    versions[step[1]] = txn
