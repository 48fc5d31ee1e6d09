"""A target is read the same way whoever asks; what it means depends on where the database is."""

from __future__ import annotations

from typing import Any

import pytest

from embedmig import targets
from embedmig.errors import AmbiguousTarget, InvalidTarget
from embedmig.graph import Revision, RevisionGraph
from tests.test_graph import branched

LINE = RevisionGraph([Revision("a.1", None), Revision("a.2", "a.1"), Revision("a.3", "a.2")])


def test_an_id_with_a_dot_may_be_walked_from() -> None:
    assert targets.to_upgrade(LINE, (), "a.1+1") == ("a.2",)
    assert targets.to_downgrade(LINE, ("a.3",), "a.3-1") == (None, "a.2")


def test_steps_back_are_confined_to_the_branch_they_start_on() -> None:
    assert targets.to_downgrade(LINE, ("a.3",), "-1") == ("a.3", "a.2")
    assert targets.to_downgrade(LINE, ("a.3",), "-3") == ("a.3", None)


def test_a_clamped_walk_ends_where_the_history_does() -> None:
    assert targets.to_upgrade(LINE, ("a.2",), "+9", clamped=True) == ("a.3",)
    assert targets.to_downgrade(LINE, ("a.2",), "-9", clamped=True) == ("a.2", None)
    with pytest.raises(InvalidTarget, match="no 9 steps"):
        targets.to_upgrade(LINE, ("a.2",), "+9")


def test_a_stamp_counts_either_way() -> None:
    assert targets.to_stamp(LINE, ("a.2",), "+1") == ("a.3",)
    assert targets.to_stamp(LINE, ("a.2",), "-1") == ("a.1",)
    assert targets.to_stamp(LINE, ("a.2",), "-2") == ()
    assert targets.to_stamp(LINE, ("a.2",), ["+1", "a.3"]) == ("a.3",)


def test_a_label_with_head_is_a_head_of_that_branch_when_going_down_too() -> None:
    graph = RevisionGraph(branched())
    assert targets.to_downgrade(graph, ("m1", "x2"), "X@head") == ("x1", "x2")


def test_an_ambiguous_walk_names_the_choices() -> None:
    graph = RevisionGraph(branched())
    with pytest.raises(AmbiguousTarget) as caught:
        targets.to_upgrade(graph, ("a1",), "+1")
    assert caught.value.candidates == ("b1", "c1")


@pytest.mark.parametrize("target", [None, 1, b"head", "", " ", ["head", None], "a:b", [""]])
def test_what_cannot_be_a_target_at_all(target: Any) -> None:
    with pytest.raises(InvalidTarget):
        targets.check(target)
