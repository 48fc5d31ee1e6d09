"""Where a target leads on a real database: by upgrade, downgrade, stamp, plan, pending, history."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import (
    AmbiguousTarget,
    InvalidTarget,
    Irreversible,
    LockTimeout,
    MultipleHeads,
    PendingMigrations,
)
from tests.boot import history_rows, in_thread, versions
from tests.databases import Database


def branched() -> Registry:
    r"""a1 - a2 - m1 - m2 with a branch a2 - b1 that m1 merges; a base c1 - c2 that needs b1.

    a1 ── a2 ─┬─ b1 ─┬─ m1 ── m2
              └─ d1 ─┘
    c1 ── c2 (depends on b1), labelled "side"
    """
    registry = Registry()

    def add(id: str, parent: Any, **options: Any) -> None:
        def upgrade(op: Operations) -> None:
            op.create_table(f"t_{id}", sa.Column("id", sa.Integer, primary_key=True))

        registry.revision(id, down_revision=parent, **options)(upgrade)

    add("a1", None)
    add("a2", "a1")
    add("b1", "a2")
    add("d1", "a2")
    add("m1", ("b1", "d1"))
    add("m2", "m1")
    add("c1", None, branch_labels="side")
    add("c2", "c1", depends_on="b1")
    return registry


def tables(db: Database) -> set[str]:
    """The revisions whose tables are there."""
    names = sa.inspect(db.engine()).get_table_names()
    return {name.removeprefix("t_") for name in names if name.startswith("t_")}


@pytest.mark.parametrize(
    ("target", "rows", "made"),
    [
        ("heads", ["c2", "m2"], {"a1", "a2", "b1", "d1", "m1", "m2", "c1", "c2"}),
        ("a2", ["a2"], {"a1", "a2"}),
        ("+1", None, None),
        ("m1", ["m1"], {"a1", "a2", "b1", "d1", "m1"}),
        ("m1-1", None, None),
        ("side@head", ["c2"], {"a1", "a2", "b1", "c1", "c2"}),
        ("side@+1", ["c1"], {"c1"}),
        ("side@base+1", ["c1"], {"c1"}),
        (("a2", "c1"), ["a2", "c1"], {"a1", "a2", "c1"}),
        ("m1+1", ["m2"], {"a1", "a2", "b1", "d1", "m1", "m2"}),
    ],
)
def test_upgrade_from_an_empty_database(
    db: Database, target: Any, rows: list[str] | None, made: set[str] | None
) -> None:
    """The version rows and the tables are those of the target; plan and pending said so before."""
    migrator = Migrator(db.engine(), None, branched())
    if rows is None or made is None:
        with pytest.raises((InvalidTarget, AmbiguousTarget)):
            migrator.upgrade(target)
        assert sa.inspect(db.engine()).get_table_names() == []
        return
    pending = {revision.id for revision in migrator.pending(target)}
    planned = migrator.plan(target)

    report = migrator.upgrade(target)

    assert versions(db.engine()) == rows
    assert tables(db) == made == pending
    assert [s.revision for s in report.steps] == [s.revision.id for s in planned]
    assert sorted(report.after) == rows
    assert sorted(planned.after) == rows
    if "+" not in target:
        assert not migrator.upgrade(target)


@pytest.mark.parametrize(
    ("target", "rows", "left"),
    [
        ("base", [], set()),
        ("a2", ["a2", "c1"], {"a1", "a2", "c1"}),
        ("-1", None, None),
        ("m2-1", ["c2", "m1"], {"a1", "a2", "b1", "d1", "m1", "c1", "c2"}),
        ("side@base", ["m2"], {"a1", "a2", "b1", "d1", "m1", "m2"}),
        ("side@-1", ["c1", "m2"], {"a1", "a2", "b1", "d1", "m1", "m2", "c1"}),
    ],
)
def test_downgrade_from_the_heads(
    db: Database, target: str, rows: list[str] | None, left: set[str] | None
) -> None:
    """Derived ways back take away exactly what stands above the target."""
    migrator = Migrator(db.engine(), None, branched())
    migrator.upgrade()
    if rows is None or left is None:
        with pytest.raises(AmbiguousTarget):
            migrator.downgrade(target)
        assert versions(db.engine()) == ["c2", "m2"]
        return
    planned = migrator.plan(target, direction="downgrade")

    report = migrator.downgrade(target)

    assert versions(db.engine()) == rows
    assert tables(db) == left
    assert [s.revision for s in report.steps] == [s.revision.id for s in planned]
    if "-" not in target:
        assert not migrator.downgrade(target)


def test_up_down_up_ends_the_same(db: Database) -> None:
    migrator = Migrator(db.engine(), None, branched())
    migrator.upgrade()
    migrator.downgrade("base")
    assert tables(db) == set()
    assert versions(db.engine()) == []
    migrator.upgrade()
    assert versions(db.engine()) == ["c2", "m2"]
    assert len(history_rows(db.engine())) == 24


def test_head_is_one_or_an_error(db: Database) -> None:
    migrator = Migrator(db.engine(), None, branched())
    with pytest.raises(MultipleHeads) as caught:
        migrator.upgrade("head")
    assert set(caught.value.heads) == {"m2", "c2"}
    assert sa.inspect(db.engine()).get_table_names() == []


# -- stamp -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "rows"),
    [("heads", ["c2", "m2"]), ("a2", ["a2"]), (("a2", "c1"), ["a2", "c1"]), ("base", [])],
)
def test_stamp_records_and_runs_nothing(db: Database, target: Any, rows: list[str]) -> None:
    migrator = Migrator(db.engine(), None, branched())
    report = migrator.stamp(target)
    assert sorted(report.after) == rows
    if rows:
        assert versions(db.engine()) == rows
        assert {row[1] for row in history_rows(db.engine())} == {"stamp"}
    assert tables(db) == set()
    assert sorted(migrator.current()) == rows


def test_stamp_moves_back_and_forth(db: Database) -> None:
    """Each stamp is in the history; the tables are the user's own business."""
    migrator = Migrator(db.engine(), None, branched())
    for target, rows in (("m2", ["m2"]), ("a1", ["a1"]), ("heads", ["c2", "m2"])):
        migrator.stamp(target)
        assert versions(db.engine()) == rows
    migrator.stamp("a1", purge=True)
    assert versions(db.engine()) == ["a1"]
    assert [r.id for r in migrator.pending("a2")] == ["a2"]


# -- looking ---------------------------------------------------------------------------------


def test_what_only_looks_makes_nothing(db: Database) -> None:
    """Neither a table, nor a row, nor a lock."""
    migrator = Migrator(db.engine(), None, branched())
    assert migrator.current() == ()
    assert set(migrator.heads()) == {"m2", "c2"}
    assert len(migrator.pending()) == 8
    status = migrator.status()
    assert len(status.pending) == 8
    assert (status.current, status.unknown, status.interrupted) == ((), (), ())
    assert not status.is_current
    with pytest.raises(PendingMigrations) as caught:
        migrator.verify()
    assert set(caught.value.pending) == set(status.pending)
    assert "8 pending" in str(caught.value)
    with pytest.raises(LockTimeout, match="base"):
        migrator.wait(0.1)
    assert len(migrator.plan().steps) == 8
    assert sa.inspect(db.engine()).get_table_names() == []


def test_history_and_its_ranges(db: Database) -> None:
    """`current` in a range asks the database."""
    migrator = Migrator(db.engine(), None, branched())
    migrator.upgrade("a2")

    def ids(range: str | None = None) -> list[str]:
        return [revision.id for revision in migrator.history(range)]

    assert set(ids()) == {"a1", "a2", "b1", "d1", "m1", "m2", "c1", "c2"}
    assert ids("a1:a2") == ["a1", "a2"]
    assert ids("base:current") == ["a1", "a2"]
    assert ids("current:m1")[0] == "a2"
    assert set(ids("current:m1")) == {"a2", "b1", "d1", "m1"}
    assert ids(":a1") == ["a1"]


def test_wait_returns_when_somebody_else_is_done(db: Database) -> None:
    """For processes that may not migrate themselves."""
    thread, results = in_thread(Migrator(db.engine(), None, branched()).wait)
    other = Migrator(db.engine(), None, branched()).upgrade()
    thread.join(30)
    (report,) = results
    assert report.steps == ()
    assert report.after == tuple(sorted(other.after))
    assert not Migrator(db.engine(), None, branched()).wait(0)


def test_status_tells_where_a_database_stands(db: Database) -> None:
    migrator = Migrator(db.engine(), None, branched())
    migrator.upgrade("a2")
    status = migrator.status()
    assert status.current == ("a2",)
    assert len(status.pending) == 6
    migrator.upgrade()
    assert migrator.status().is_current


# -- the way back ----------------------------------------------------------------------------


def test_what_cannot_be_reversed_is_told_before_anything_runs(db: Database) -> None:
    """The first step could run, the second one could not: neither does."""
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))

    @registry.revision("r2", down_revision="r1")
    def second(op: Operations) -> None:
        op.execute("INSERT INTO t (id) VALUES (1)")

    @registry.revision("r3", down_revision="r2")
    def third(op: Operations) -> None:
        op.create_table("u", sa.Column("id", sa.Integer, primary_key=True))

    migrator = Migrator(db.engine(), None, registry)
    migrator.upgrade()

    with pytest.raises(Irreversible, match="r2"):
        migrator.downgrade("base")

    assert versions(db.engine()) == ["r3"]
    assert {"t", "u"} <= set(sa.inspect(db.engine()).get_table_names())
    assert migrator.downgrade("r2")
