"""A squashed history: fresh databases, old ones and those in between end with the same rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedmig.errors import HistoryError, MissingParent, UnknownRevision
from embedmig.graph import Revision, RevisionGraph
from embedmig.plan import is_at_target, plan_downgrade, plan_stamp, plan_upgrade
from tests.graph_model import Model

Rows = tuple[str, ...]

OLD = (
    Revision("z", None),
    Revision("a", "z"),
    Revision("b", "a"),
    Revision("c", "b"),
    Revision("d", "c", depends_on="x"),
    Revision("x", "z"),
)
SQUASH = Revision("S", "z", replaces=("a", "b", "c"))


def squashed() -> RevisionGraph:
    """The replaced revisions are still registered."""
    return RevisionGraph([*OLD, SQUASH])


def cleaned() -> RevisionGraph:
    """The replaced revisions have been deleted from the code."""
    return RevisionGraph([each for each in OLD if each.id not in SQUASH.replaces] + [SQUASH])


def upgraded(graph: RevisionGraph, rows: Rows) -> tuple[list[str], list[str], Rows]:
    """What ran, what was only recorded, and the rows after it."""
    plan = plan_upgrade(graph.for_database(rows), rows)
    ran = [step.revision.id for step in plan if step.direction == "upgrade"]
    recorded = [step.revision.id for step in plan if step.direction == "stamp"]
    return ran, recorded, plan.after


@pytest.mark.parametrize("graph", [squashed(), cleaned()], ids=["registered", "deleted"])
@pytest.mark.parametrize(
    ("rows", "ran", "recorded"),
    [
        ((), ["z", "x", "S", "d"], []),
        (("z",), ["x", "S", "d"], []),
        (("x",), ["S", "d"], []),
        (("c",), ["x", "d"], ["S"]),
        (("c", "x"), ["d"], ["S"]),
        (("S",), ["x", "d"], []),
        (("d",), [], []),
    ],
)
def test_outside_the_range_it_is_the_same_whether_or_not_the_old_ones_are_there(
    graph: RevisionGraph, rows: Rows, ran: list[str], recorded: list[str]
) -> None:
    assert upgraded(graph, rows) == (ran, recorded, ("d",))


@pytest.mark.parametrize(
    ("rows", "ran"), [(("a",), ["b", "c", "x", "d"]), (("b", "x"), ["c", "d"])]
)
def test_inside_the_range_the_old_ones_run_to_its_end_and_cross_over(
    rows: Rows, ran: list[str]
) -> None:
    done, recorded, after = upgraded(squashed(), rows)
    assert (set(done), recorded, after) == (set(ran), ["S"], ("d",))
    graph = squashed().for_database(rows)
    (crossing,) = (step for step in plan_upgrade(graph, rows) if step.direction == "stamp")
    assert (crossing.removed, crossing.added) == (("c",), ("S",))


def test_inside_a_deleted_range_the_error_names_what_to_deploy_first() -> None:
    with pytest.raises(UnknownRevision, match=r"'b'.*\(a, b, c\).*first deploy a release"):
        cleaned().for_database(("b",))


def test_the_history_shows_the_range_or_its_replacement_never_both() -> None:
    assert [each.id for each in squashed()] == [each.id for each in cleaned()]
    assert squashed().real_heads == cleaned().real_heads == ("d",)
    assert {each.id for each in squashed().for_database(("a",))} == set("zabcSdx")


def test_most_databases_see_the_same_graph() -> None:
    graph = squashed()
    for rows in ((), ("z",), ("c",), ("d",), ("S",), ("nobody",)):
        assert graph.for_database(rows) is graph
    plain = RevisionGraph(OLD)
    assert plain.for_database(("b",)) is plain


def test_replaced_revisions_are_known_but_no_targets() -> None:
    assert squashed()["b"] is OLD[2]
    assert squashed()["c"].id == cleaned()["c"].id == cleaned()["b"].id == "S"
    assert squashed().resolve("c") == "S"
    with pytest.raises(UnknownRevision, match="replaced by 'S'"):
        squashed().resolve("b")
    with pytest.raises(UnknownRevision, match="replaced by 'S'"):
        plan_upgrade(squashed(), ("b",))


def test_a_row_at_the_end_of_the_range_is_not_at_the_target_until_it_is_rewritten() -> None:
    graph = RevisionGraph([*OLD[:4], SQUASH])
    assert not is_at_target(graph, ("c",))
    assert upgraded(graph, ("c",)) == ([], ["S"], ("S",))
    assert is_at_target(graph, ("S",))


def test_a_downgrade_from_the_end_goes_back_through_the_replacement() -> None:
    plan = plan_downgrade(squashed(), ("c",), "z")
    assert [(step.revision.id, step.direction) for step in plan] == [
        ("S", "stamp"),
        ("S", "downgrade"),
    ]
    assert plan.after == ("z",)


def test_a_downgrade_inside_the_range_goes_back_through_the_old_ones() -> None:
    plan = plan_downgrade(squashed().for_database(("b",)), ("b",), "z")
    assert [step.revision.id for step in plan] == ["b", "a"]


def test_a_stamp_moves_an_old_row_and_a_purge_removes_any() -> None:
    assert plan_stamp(squashed(), ("c",), "z").after == ("z",)
    for row in ("a", "b", "c", "nobody"):
        assert plan_stamp(squashed(), (row,), "heads", purge=True).after == ("d",)
        assert plan_stamp(cleaned(), (row,), "base", purge=True).after == ()


def test_who_followed_the_range_may_name_its_end_or_its_replacement() -> None:
    graph = RevisionGraph([*OLD[:4], SQUASH, Revision("e", "c"), Revision("f", "S")])
    assert graph["e"].down_revisions == graph["f"].down_revisions == ("S",)
    assert upgraded(graph, ("b",)) == (["c", "f", "e"], ["S"], ("e", "f"))


def test_a_range_may_branch_and_merge_inside() -> None:
    inside = [
        Revision("a", None),
        Revision("b", "a"),
        Revision("c", "a"),
        Revision("d", ("b", "c")),
    ]
    graph = RevisionGraph([*inside, Revision("S", None, replaces=tuple("abcd"))])
    assert upgraded(graph, ("b", "c")) == (["d"], ["S"], ("S",))
    assert upgraded(graph, ("b",)) == (["c", "d"], ["S"], ("S",))
    assert upgraded(graph, ("d",)) == ([], ["S"], ("S",))
    assert upgraded(graph, ()) == (["S"], [], ("S",))


# -------------------------------------------------------------------- a squash of a squash

TWICE = Revision("T", None, replaces=("z", "S", "e"))


@pytest.mark.parametrize(
    ("rows", "ran", "recorded"),
    [
        ((), ["T"], []),
        (("z",), ["S", "e"], ["T"]),
        (("b",), ["c", "e"], ["S", "T"]),
        (("c",), ["e"], ["S", "T"]),
        (("S",), ["e"], ["T"]),
        (("e",), [], ["T"]),
        (("T",), [], []),
    ],
)
def test_a_squash_of_a_squash_takes_databases_of_every_age(
    rows: Rows, ran: list[str], recorded: list[str]
) -> None:
    graph = RevisionGraph([*OLD[:4], SQUASH, Revision("e", "S"), TWICE])
    assert upgraded(graph, rows) == (ran, recorded, ("T",))


def test_the_innermost_may_be_deleted_first() -> None:
    graph = RevisionGraph([OLD[0], SQUASH, Revision("e", "S"), TWICE])
    assert upgraded(graph, ("c",)) == (["e"], ["S", "T"], ("T",))
    with pytest.raises(UnknownRevision, match="first deploy"):
        graph.for_database(("b",))
    assert upgraded(RevisionGraph([TWICE]), ("e",)) == ([], ["T"], ("T",))


def test_the_end_of_the_inner_range_may_be_the_end_of_the_outer_one() -> None:
    graph = RevisionGraph([*OLD[:4], SQUASH, Revision("T", None, replaces=("z", "S"))])
    for rows in (("c",), ("S",)):
        assert upgraded(graph, rows) == ([], ["T"], ("T",))
    assert upgraded(graph, ("b",)) == (["c"], ["S", "T"], ("T",))


# ------------------------------------------------------------------------ what does not fit


@pytest.mark.parametrize(
    ("revisions", "complaint"),
    [
        ([*OLD[:3], SQUASH], "keep all of them or none"),
        ([*OLD[:4], Revision("S", None, replaces=tuple("abc"))], "the parents of what it replaces"),
        ([*OLD, SQUASH, Revision("y", "b")], "not the end of what it replaces"),
        ([*OLD, SQUASH, Revision("y", None, depends_on="a")], "not the end of what it replaces"),
        ([OLD[0], SQUASH, Revision("y", "b")], "not the end of what it replaces"),
        ([*OLD[:4], SQUASH, Revision("U", "z", replaces=tuple("abc"))], "replaced twice"),
        (
            [Revision("a", None), Revision("b", None), Revision("S", None, replaces=tuple("ab"))],
            "several ends",
        ),
        (
            [Revision("S", None, replaces="T"), Revision("T", None, replaces="S")],
            "in a circle",
        ),
    ],
)
def test_a_squash_that_would_lose_track_is_refused(
    revisions: list[Revision], complaint: str
) -> None:
    with pytest.raises(HistoryError, match=complaint):
        RevisionGraph(revisions)


def test_a_deleted_revision_that_nothing_replaces_is_missing() -> None:
    with pytest.raises(MissingParent):
        RevisionGraph(OLD[1:])


@given(st.integers(1, 8), st.data())
def test_every_database_of_a_line_ends_where_a_fresh_one_does(
    size: int, data: st.DataObject
) -> None:
    ids = [f"r{number}" for number in range(size)]
    line = [Revision(id, ids[n - 1] if n else None) for n, id in enumerate(ids)]
    first = data.draw(st.integers(0, size - 1))
    last = data.draw(st.integers(first, size - 1))
    squash = Revision("S", ids[first - 1] if first else None, replaces=ids[first : last + 1])
    graph = RevisionGraph(data.draw(st.permutations([*line, squash])))
    fresh = upgraded(graph, ())
    assert fresh[2] == graph.real_heads
    for number, row in enumerate(ids):
        ran, recorded, after = upgraded(graph, (row,))
        assert after == fresh[2]
        if number < first:
            assert ran == [*ids[number + 1 : first], "S", *ids[last + 1 :]]
        else:
            assert ran == ids[number + 1 :]
            assert recorded == (["S"] if number <= last else [])
    assert Model(tuple(graph)).real_heads() == set(graph.real_heads)
