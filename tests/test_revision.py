"""A revision on its own: what it takes, what it refuses, and how it reads."""

from __future__ import annotations

import pytest

from embedmig.errors import HistoryError, InvalidRevisionId
from embedmig.graph import Revision


def made() -> Revision:
    def upgrade(op: object) -> None: ...

    return Revision("a1", None, upgrade_function=upgrade)


@pytest.mark.parametrize(
    "id",
    ["", "a" * 256, "a@b", "a:b", "a+b", "a-b", "a b", "a\n", "head", "heads", "base", 7, None],
)
def test_an_id_that_targets_could_not_say_is_refused(id: str) -> None:
    with pytest.raises(InvalidRevisionId):
        Revision(id, None)


@pytest.mark.parametrize("id", ["a", "a" * 255, "0001_first.step", "é"])
def test_any_other_id_is_taken(id: str) -> None:
    assert Revision(id, None).id == id


@pytest.mark.parametrize("label", ["a@b", "head", " "])
def test_a_label_that_targets_could_not_say_is_refused(label: str) -> None:
    with pytest.raises(HistoryError, match="branch label"):
        Revision("a1", None, branch_labels=label)


def test_names_that_are_no_strings_are_refused() -> None:
    with pytest.raises(HistoryError, match="down_revision"):
        Revision("a1", [None])  # type: ignore[list-item]  # what is tested


def test_one_name_and_several_are_told_apart_and_doubles_are_dropped() -> None:
    revision = Revision("d1", ["a1", "b1", "a1"], depends_on="c1", branch_labels=None, replaces=())
    assert revision.down_revisions == ("a1", "b1")
    assert (revision.depends_on, revision.branch_labels, revision.replaces) == (("c1",), (), ())


def test_a_way_back_is_registered_once_and_the_function_stays_itself() -> None:
    revision = Revision("a1", None)

    def back(op: object) -> None: ...

    assert revision.downgrade(back) is back
    assert revision.downgrade_function is back
    with pytest.raises(HistoryError, match="two ways back"):
        revision.downgrade(back)


def test_a_revision_says_where_it_is_written() -> None:
    location = made().location
    assert location.endswith("made.<locals>.upgrade")
    assert "test_revision.py:" in location
    assert Revision("a1", None).location == ""
    assert "print" in Revision("a1", None, upgrade_function=print).location


def test_a_revision_reads_as_a_sentence() -> None:
    assert str(Revision("a1", None, message="add user")) == "revision a1 (add user)"
    assert str(Revision("a1", None)) == "revision a1"


def test_a_revision_moves_to_another_place_with_all_it_carries() -> None:
    revision = Revision(
        "b1", "a1", depends_on="c1", message="go", transactional=False, ddl_lock_timeout=1.5
    )
    moved = revision.evolve(down_revisions=("z1",), depends_on=())
    assert (moved.down_revisions, moved.depends_on) == (("z1",), ())
    assert (moved.id, moved.message, moved.ddl_lock_timeout) == ("b1", "go", 1.5)
    assert not moved.transactional
    assert revision.down_revisions == ("a1",)
