"""A squashed history: databases before, inside, at the end of and after the range converge."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import LockTimeout, PendingMigrations
from tests.databases import Database
from tests.pictures import picture

OLD = ["a", "b", "c", "d"]


def history(*, squashed: bool, keep: bool = True) -> Registry:
    """a - b - c - d; squashed, `s` replaces b and c, which may still be in the code."""
    registry = Registry()

    def make(name: str) -> None:
        def upgrade(op: Operations) -> None:
            op.create_table(f"t_{name}", sa.Column("id", sa.Integer, primary_key=True))

        parent = OLD[OLD.index(name) - 1] if name != "a" else None
        if name == "d" and squashed:
            parent = "s"
        registry.revision(name, down_revision=parent)(upgrade)

    for name in OLD:
        if not squashed or keep or name not in ("b", "c"):
            make(name)
    if squashed:

        @registry.revision("s", down_revision="a", replaces=("b", "c"))
        def both(op: Operations) -> None:
            op.create_table("t_b", sa.Column("id", sa.Integer, primary_key=True))
            op.create_table("t_c", sa.Column("id", sa.Integer, primary_key=True))

    return registry


@pytest.mark.parametrize("stood_at", [None, "a", "b", "c", "d"])
def test_every_database_arrives_at_the_same_place(db: Database, stood_at: str | None) -> None:
    """Whatever it stood at before: the tables, the heads, and what every question answers."""
    if stood_at is not None:
        Migrator(db.engine(), None, history(squashed=False)).upgrade(stood_at)
    migrator = Migrator(db.engine(), None, history(squashed=True))

    if stood_at != "d":
        with pytest.raises(PendingMigrations):
            migrator.verify()
        with pytest.raises(LockTimeout):
            migrator.wait(0)
        assert [r.id for r in migrator.history("current:")][-1] == "d"
        assert migrator.status().pending == tuple(r.id for r in migrator.pending())
    migrator.upgrade()

    tables = set(picture(db.engine(), leave_out={"embedmig_history"}))
    assert tables == {"embedmig_version", "t_a", "t_b", "t_c", "t_d"}
    assert migrator.current() == ("d",)
    migrator.verify()
    assert not migrator.wait(0)
    assert not migrator.upgrade()
    assert migrator.status().is_current
    assert [r.id for r in migrator.history("current:")] == ["d"]


@pytest.mark.parametrize("keep", [True, False])
def test_a_database_at_the_end_of_the_range_has_nothing_to_do(db: Database, keep: bool) -> None:
    """Where the replacing revision is the head, its row may still be the old one's."""

    def at_the_end(*, squashed: bool) -> Registry:
        registry = Registry()
        for name, parent in (("a", None), ("b", "a"), ("c", "b")):
            if not squashed or keep or name == "a":
                registry.revision(name, down_revision=parent)(lambda op: None)
        if squashed:
            registry.revision("s", down_revision="a", replaces=("b", "c"))(lambda op: None)
        return registry

    Migrator(db.engine(), None, at_the_end(squashed=False)).upgrade()
    migrator = Migrator(db.engine(), None, at_the_end(squashed=True))

    migrator.verify()
    assert not migrator.wait(0)
    assert migrator.pending() == ()
    assert [r.id for r in migrator.history("current:")] == ["s"]
    migrator.upgrade()
    assert migrator.status().is_current
    assert not migrator.upgrade()
