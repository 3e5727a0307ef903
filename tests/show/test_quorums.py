"""Quorums counted: formulas against every set there is, and what is said of them."""

import xml.dom.minidom
from itertools import combinations

import pytest

from dslab.errors import DslabError
from dslab.show import quorums


def brute_force(shown) -> dict[str, int]:
    """The counts of a quorum system, by looking at every pair."""
    readers, writers = [list(map(set, some)) for some in (shown.readers(), shown.writers())]
    failed, pairs = set(shown.failed), [(read, write) for read in readers for write in writers]
    return {
        "readers": len(readers),
        "writers": len(writers),
        "met": sum(bool(read & write) for read, write in pairs),
        "pairs": len(pairs),
        "writes_met": sum(bool(one & other) for one, other in combinations(writers, 2)),
        "write_pairs": len(writers) * (len(writers) - 1) // 2,
        "least": min(len(read & write) for read, write in pairs),
        "readers_left": sum(not read & failed for read in readers),
        "writers_left": sum(not write & failed for write in writers),
    }


@pytest.mark.parametrize("replicas", range(1, 6))
def test_every_number_is_what_looking_at_all_pairs_gives(replicas):
    for read in range(1, replicas + 1):
        for write in range(1, replicas + 1):
            for spares in (0, 2):
                for failed in ((), ("n1",), ("n1", "s1")[: 1 + bool(spares)]):
                    shown = quorums(replicas, read, write, spares=spares, failed=failed)
                    assert shown.counts() == brute_force(shown), (
                        replicas,
                        read,
                        write,
                        spares,
                        failed,
                    )
                    assert (shown.counts()["met"] == shown.counts()["pairs"]) == (
                        read + write > replicas + spares
                    )


def test_all_pairs_of_a_grid_meet_although_its_quorums_are_small():
    shown = quorums(9, grid=(3, 3), failed=("n5",))
    found = shown.counts()
    assert (
        found == brute_force(shown)
        and len(set(shown.writers())) == found["writers"] == 27
        and found["readers"] == 27
    )
    assert found["met"] == found["pairs"] and found["writes_met"] == found["write_pairs"]
    assert {len(each) for each in shown.writers()} == {5} and {
        len(each) for each in shown.readers()
    } == {3}
    assert found["readers_left"] == 18 and found["writers_left"] == 12
    assert quorums(12, grid=(3, 4)).counts() == brute_force(quorums(12, grid=(3, 4)))


def test_a_grid_of_one_column_or_one_row_is_read_one_write_all_or_the_reverse():
    assert [len(each.readers()) for each in (quorums(3, grid=(3, 1)), quorums(3, grid=(1, 3)))] == [
        3,
        1,
    ]
    assert [len(each.writers()) for each in (quorums(3, grid=(3, 1)), quorums(3, grid=(1, 3)))] == [
        1,
        1,
    ]


def test_the_example_that_doesn_t_meet_is_one():
    read, write = quorums(5, 2, 3).example()
    assert not set(read) & set(write) and len(read) == 2 and len(write) == 3
    assert (
        "R + W = 5 is not more than N = 5: of 100 pairs of a read and a write quorum, 10 "
        "don't meet, such as {n1 n2} and {n3 n4 n5}." in quorums(5, 2, 3).words()
    )


def test_spare_nodes_take_the_overlap_away():
    strict, sloppy = quorums(3, 2, 2), quorums(3, 2, 2, spares=1)
    assert (
        strict.sentences()[0]
        == "R + W = 4 is more than N = 3: all 9 pairs of a read and a write quorum meet, in "
        "1 replica or more."
    )
    assert (
        sloppy.sentences()[0]
        == "R + W = 4 is not more than N + spares = 4: of 18 pairs of a read and a write "
        "quorum, 3 don't meet, such as {n1 n2} and {n3 s1}."
    )
    assert (
        "linearizab" in strict.sentences()[3]
        and "never heard of this write" in sloppy.sentences()[3]
    )


def test_a_failure_leaves_what_it_leaves():
    assert (
        quorums(5, 2, 4, failed=("n1", "n2")).sentences()[2]
        == "With {n1 n2} failed, 3 of 10 read quorums and 0 of 5 write quorums are left."
    )
    assert quorums(5).sentences()[2] == "Reads survive any 2 failures, writes any 2."


def test_the_still_picture_is_an_image_with_every_replica():
    document = xml.dom.minidom.parseString(quorums(9, grid=(3, 3), failed=("n5",)).picture())
    said = [text.firstChild.data for text in document.getElementsByTagName("text")]
    assert {f"n{number}" for number in range(1, 10)} <= set(said) and said[
        0
    ] == "Quorums of 9 replicas: a grid of 3 × 3"
    assert (
        " ".join(
            said[
                said.index("circle: the read set · dashed square: the write set · cross: failed")
                + 1 :
            ]
        )
        == quorums(9, grid=(3, 3)).sentences()[0]
    )
    assert (
        quorums(5, 2, 3)
        ._repr_html_()
        .startswith(
            '<dslab-quorums class="dslab"><script '
            'type="application/json">{"format":"dslab-quorums","version":1,'
        )
    )


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: quorums(17), "replicas=17 must be a whole number from 1 to 16"),
        (lambda: quorums(5, read=6), "read=6 must be a whole number from 1 to 5"),
        (lambda: quorums(5, write=0), "write=0 must be a whole number from 1 to 5"),
        (lambda: quorums(5, read=2.0), "read=2.0 must be a whole number"),
        (
            lambda: quorums(6, grid=(4, 2)),
            "grid=\\(4, 2\\) must be \\(rows, columns\\) with rows × columns = 6",
        ),
        (lambda: quorums(6, 2, grid=(3, 2)), "a grid has its own quorums"),
        (lambda: quorums(3, failed=("n4",)), "there is no node 'n4' to fail: there are n1, n2, n3"),
        (lambda: quorums(3, spares=9), "spares=9 must be a whole number from 0 to 4"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(DslabError, match=sentence):
        call()
