"""The replicated machine: what each operation answers, and that no request raises, since each
server would fall over it.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab.machine import operate
from dslab.values import Map


@pytest.mark.parametrize(
    "store, asked, after",
    [
        (Map(), ("cas", "x", (None, 1)), (Map(x=1), None, None)),
        (Map(), ("cas", "x", (1, 2)), (Map(), None, "key-does-not-exist")),
        (Map(x=3), ("cas", "x", (1, 2)), (Map(x=3), None, "precondition-failed")),
        (Map(x=1), ("cas", "x", (1, 2)), (Map(x=2), None, None)),
        (Map(x=1), ("cas", "x", 5), (Map(x=1), None, "malformed-request")),
        (Map(x="a"), ("append", "x", "b"), (Map(x="ab"), None, None)),
        (Map(x="a"), ("append", "x", 1), (Map(x="a"), None, "precondition-failed")),
        (Map(), ("append", "x", "b"), (Map(x="b"), None, None)),
        (Map(x=1), ("dance", "x", None), (Map(x=1), None, "not-supported")),
    ],
)
def test_an_operation_and_what_it_leaves(store, asked, after):
    assert operate(store, *asked) == after


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: st.tuples(inner, inner) | st.just(Map(a=1)),
    max_leaves=3,
)


@given(
    values,
    values,
    st.sampled_from(["read", "write", "cas", "append", "get", "put", "else"]),
    values,
)
def test_no_request_raises(old, key, f, value):
    operate(Map({key: old}), f, key, value)
