"""Small programs whose lines are counted, by the ways in which code repeats itself. Those that spin never end."""


def straight():
    a = 1
    b = 2
    return a + b


def loop(n=10):
    total = 0
    for number in range(n):
        total += number
    return total


def one_line_loop():
    for _ in range(10): pass  # noqa: E701


def while_loop():
    left = 10
    while left:
        left -= 1


def one_line_while():
    left = iter(range(10, -1, -1))
    while next(left): pass  # noqa: E701


def skips():
    found = []
    for number in range(10):
        if number % 2:
            continue
        found.append(number)
    else:
        found.append(None)
    return found


def comprehends():
    return [number for number in range(10)], {number: 1 for number in range(10)}


def comprehends_in_lines():
    return [
        number
        for number in range(10)
        if number % 2
    ]


def generates():
    def numbers():
        for number in range(10):
            yield number
    return sum(numbers()), sum(1 for _ in range(10))


def calls_back():
    return max(range(10), key=lambda number: -number)


def recurses(depth=10):
    if depth:
        recurses(depth - 1)


def catches():
    for _ in range(10):
        try:
            raise KeyError
        except KeyError:
            pass
        finally:
            str()


def with_block():
    class Quiet:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return True

    for _ in range(3):
        with Quiet():
            raise ValueError


def matches():
    for thing in (1, "a", (1, 2), None):
        match thing:
            case int():
                kind = 1
            case (a, b):
                kind = a + b
            case _:
                kind = 0
    return kind


def thrown():
    def waits():
        try:
            while True:
                yield
        except KeyError:
            yield 1
    waiting = waits()
    next(waiting)
    waiting.throw(KeyError)
    waiting.close()


def spins():
    while True: pass  # noqa: E701


def spins_over_lines():
    while True:
        pass


def spins_on():
    while 1: continue  # noqa: E701


def spins_in_a_list():
    return [0 for _ in iter(int, 1)]


def spins_in_a_sum():
    return sum(1 for _ in iter(int, 1))


def spins_in_c():
    return max(iter(int, 1), key=lambda number: number)


def swallows():
    while True:
        try:
            spins()
        except Exception:
            pass
