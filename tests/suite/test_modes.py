"""The ways to run: all or nothing, dry, outside a transaction; and what is told meanwhile."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import (
    ConfigurationError,
    MigrationFailed,
    NeedsAutocommit,
    PartialMigration,
)
from embedmig.events import (
    Event,
    OperationFinished,
    OperationStarted,
    RevisionFailed,
    RevisionFinished,
    RevisionRetried,
    RevisionStarted,
)
from embedmig.ops import CustomOperation
from tests.boot import (
    EFFECTS,
    boot_once,
    effects,
    history,
    history_rows,
    started_until,
    versions,
    with_effects,
)
from tests.databases import Database
from tests.suite.test_atomic import refused_by_commit
from tests.suite.test_in_doubt import Died, dying_after

ATOMIC = pytest.mark.only_on("sqlite", "postgresql")
REVISIONS = ["r1", "r2", "r3"]


def broken(at: int, count: int = 3, *, outside: tuple[int, ...] = ()) -> Registry:
    """A history whose `at`th revision makes a table and then fails."""
    registry = history(count, outside=outside)

    def upgrade(op: Operations) -> None:
        op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
        op.execute("INSERT INTO nowhere (id) VALUES (1)")

    registry.graph[f"r{at}"].upgrade_function = upgrade
    return registry


# -- transaction="all" -----------------------------------------------------------------------


@ATOMIC
def test_all_is_one_transaction(db: Database) -> None:
    """A failure in the last revision leaves nothing of the first."""
    with pytest.raises(MigrationFailed):
        Migrator(db.engine(), None, broken(3), transaction="all").upgrade()
    assert sa.inspect(db.engine()).get_table_names() == []

    report = Migrator(db.engine(), None, history(3), transaction="all").upgrade()

    assert [s.revision for s in report.steps] == REVISIONS
    assert effects(db.engine()) == REVISIONS
    assert versions(db.engine()) == ["r3"]
    assert [row[2] for row in history_rows(db.engine())] == ["done"] * 3


@ATOMIC
def test_all_tells_of_nothing_before_it_is_committed(db: Database) -> None:
    """What was rolled back is in no report and in no event; what failed is in the history."""
    Migrator(db.engine(), None, history(1)).upgrade()
    events: list[Event] = []
    migrator = Migrator(db.engine(), None, broken(3), transaction="all", on_event=events.append)

    with pytest.raises(MigrationFailed) as caught:
        migrator.upgrade()

    assert caught.value.applied.steps == ()
    assert caught.value.applied.after == ("r1",)
    kinds = [type(event) for event in events]
    assert RevisionFinished not in kinds
    assert kinds[-1] is RevisionFailed
    assert [row[:3:2] for row in history_rows(db.engine())] == [("r1", "done"), ("r3", "failed")]

    events.clear()
    Migrator(db.engine(), None, history(3), transaction="all", on_event=events.append).upgrade()
    started = [event for event in events if isinstance(event, RevisionStarted)]
    assert [(event.position, event.total) for event in started] == [(1, 2), (2, 2)]
    assert [type(event) for event in events[-2:]] == [RevisionFinished, RevisionFinished]


@pytest.mark.only_on("postgresql")
def test_a_commit_of_all_that_fails_is_a_failed_migration(db: Database) -> None:
    with pytest.raises(MigrationFailed, match="23503"):
        Migrator(db.engine(), None, refused_by_commit(), transaction="all").upgrade()


@pytest.mark.only_on("postgresql")
def test_all_gives_way_to_readers_too(db: Database) -> None:
    """And begins again, from the first revision."""
    Migrator(db.engine(), None, with_effects()).upgrade()
    registry = with_effects()

    @registry.revision("r2", down_revision="r1")
    def second(op: Operations) -> None:
        op.execute(EFFECTS.insert().values(revision="r2"))

    @registry.revision("r3", down_revision="r2")
    def third(op: Operations) -> None:
        op.add_column("effects", sa.Column("more", sa.Integer))

    def react(event: Event) -> None:
        if isinstance(event, RevisionRetried):
            reader.rollback()

    options: dict[str, Any] = {"transaction": "all", "ddl_lock_timeout": 0.2, "on_event": react}
    with db.engine().connect() as reader:
        reader.execute(sa.text("SELECT * FROM effects"))
        report = Migrator(db.engine(), None, registry, **options).upgrade()

    assert [step.revision for step in report.steps] == ["r2", "r3"]
    assert effects(db.engine()) == ["r2"]


@ATOMIC
def test_all_cannot_hold_what_needs_autocommit(db: Database) -> None:
    with pytest.raises(ConfigurationError, match='transaction="all"'):
        Migrator(db.engine(), None, history(3, outside=(2,)), transaction="all").upgrade()
    assert sa.inspect(db.engine()).get_table_names() == []


@pytest.mark.only_on("mariadb")
@pytest.mark.parametrize("mode", ["all", "dry_run"])
def test_where_ddl_commits_both_are_refused(db: Database, mode: str) -> None:
    """Before anything runs."""
    if mode == "all":
        migrator = Migrator(db.engine(), None, history(3), transaction="all")
    else:
        migrator = Migrator(db.engine(), None, history(3))
    with pytest.raises(ConfigurationError, match="transactional DDL"):
        migrator.upgrade(dry_run=mode == "dry_run")
    assert sa.inspect(db.engine()).get_table_names() == []


# -- dry runs --------------------------------------------------------------------------------


@ATOMIC
def test_a_dry_run_runs_everything_and_leaves_nothing(db: Database) -> None:
    """The report is that of the real run; the database is as before."""
    migrator = Migrator(db.engine(), None, history(3))
    report = migrator.upgrade(dry_run=True)
    assert report.dry_run
    assert [s.revision for s in report.steps] == REVISIONS
    assert sa.inspect(db.engine()).get_table_names() == []
    assert migrator.upgrade().steps

    with pytest.raises(MigrationFailed):
        Migrator(db.engine(), None, broken(4, 4)).upgrade(dry_run=True)
    assert "half" not in sa.inspect(db.engine()).get_table_names()


# -- outside a transaction -------------------------------------------------------------------


def counting(seen: list[str], *, fail: bool, outside: bool = True) -> Registry:
    """r1 makes `effects`; r2 has four operations, and fails at the third if told to."""
    registry = with_effects()

    @registry.revision("r2", down_revision="r1", transactional=not outside)
    def second(op: Operations) -> None:
        op.create_table("t2", sa.Column("id", sa.Integer, primary_key=True))
        op.bulk_insert(EFFECTS, [{"revision": "one"}])  # type: ignore[arg-type]  # a lightweight table
        if fail:
            op.execute("INSERT INTO nowhere (id) VALUES (1)")
        op.bulk_insert(EFFECTS, [{"revision": "two"}])  # type: ignore[arg-type]  # a lightweight table
        op.create_table("t3", sa.Column("id", sa.Integer, primary_key=True))
        seen.append("end")

    return registry


def test_a_failure_outside_a_transaction_is_resumed_where_it_stopped(db: Database) -> None:
    """What is done is not done again; the report and the history say that it went on."""
    with pytest.raises(MigrationFailed) as caught:
        Migrator(db.engine(), None, counting([], fail=True)).upgrade()

    assert versions(db.engine()) == ["r1"]
    assert effects(db.engine()) == ["one"]
    assert history_rows(db.engine())[-1] == ("r2", "upgrade", "running", 2)
    assert [s.revision for s in caught.value.applied.steps] == ["r1"]
    status = Migrator(db.engine(), None, counting([], fail=False)).status()
    assert (status.interrupted, status.is_current) == (("r2",), False)

    report = Migrator(db.engine(), None, counting([], fail=False)).upgrade()

    assert [(s.revision, s.resumed) for s in report.steps] == [("r2", True)]
    assert effects(db.engine()) == ["one", "two"]
    assert history_rows(db.engine())[-1] == ("r2", "upgrade", "done", 4)
    assert Migrator(db.engine(), None, counting([], fail=False)).status().is_current


def test_a_revision_that_has_changed_since_cannot_be_resumed(db: Database) -> None:
    """PartialMigration tells what was done and what was not; nothing is written."""
    with pytest.raises(MigrationFailed):
        Migrator(db.engine(), None, counting([], fail=True)).upgrade()
    changed = Registry()

    @changed.revision("r1", down_revision=None)
    def first(op: Operations) -> None: ...

    @changed.revision("r2", down_revision="r1", transactional=False)
    def second(op: Operations) -> None:
        op.create_table("t2", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("something_else", sa.Column("id", sa.Integer, primary_key=True))

    with pytest.raises(PartialMigration) as caught:
        Migrator(db.engine(), None, changed).upgrade()

    assert caught.value.revision == "r2"
    assert [line.split()[0] for line in caught.value.done] == ["create", "bulk"]
    assert "t2" in caught.value.done[0]
    assert caught.value.missing
    assert "something_else" not in sa.inspect(db.engine()).get_table_names()
    assert versions(db.engine()) == ["r1"]


def test_a_revision_that_is_shorter_now_cannot_be_resumed(db: Database) -> None:
    with pytest.raises(MigrationFailed):
        Migrator(db.engine(), None, counting([], fail=True)).upgrade()
    shorter = counting([], fail=False)

    def second(op: Operations) -> None:
        op.create_table("t2", sa.Column("id", sa.Integer, primary_key=True))

    shorter.graph["r2"].upgrade_function = second
    with pytest.raises(PartialMigration):
        Migrator(db.engine(), None, shorter).upgrade()
    assert versions(db.engine()) == ["r1"]


def test_going_on_with_a_downgrade(db: Database) -> None:
    """The rows moved when it began, so an interrupted way back is never taken for applied."""
    registry, fail = counting([], fail=False), [True]
    Migrator(db.engine(), None, registry).upgrade()

    @registry.graph["r2"].downgrade
    def back(op: Operations) -> None:
        op.drop_table("t3")
        if fail[0]:
            op.execute("INSERT INTO nowhere (id) VALUES (1)")
        op.drop_table("t2")

    with pytest.raises(MigrationFailed):
        Migrator(db.engine(), None, registry).downgrade("r1")
    assert versions(db.engine()) == ["r1"]

    fail[0] = False
    Migrator(db.engine(), None, registry).downgrade("r1")

    assert not {"t2", "t3"} & set(sa.inspect(db.engine()).get_table_names())
    assert not [row for row in history_rows(db.engine()) if row[2] == "running"]
    assert Migrator(db.engine(), None, registry).upgrade().steps


# -- autocommit blocks -----------------------------------------------------------------------


def with_block(ready: Any = None) -> Registry:
    """r2 leaves its transaction for one statement and comes back."""
    registry = with_effects()

    @registry.revision("r2", down_revision="r1")
    def second(op: Operations) -> None:
        op.bulk_insert(EFFECTS, [{"revision": "before"}])  # type: ignore[arg-type]  # a lightweight table
        with op.autocommit_block():
            op.execute("VACUUM" if op.dialect_name != "mysql" else "DO 1")
            if ready is not None:
                ready.set()
                time.sleep(60)
        op.bulk_insert(EFFECTS, [{"revision": "after"}])  # type: ignore[arg-type]  # a lightweight table

    @registry.revision("r3", down_revision="r2")
    def third(op: Operations) -> None:
        op.bulk_insert(EFFECTS, [{"revision": "r3"}])  # type: ignore[arg-type]  # a lightweight table

    return registry


def test_an_autocommit_block_in_a_transactional_revision(db: Database) -> None:
    """VACUUM runs; what stands around it is in transactions."""
    report = Migrator(db.engine(), None, with_block()).upgrade()
    assert [s.revision for s in report.steps] == REVISIONS
    assert effects(db.engine()) == ["after", "before", "r3"]
    assert versions(db.engine()) == ["r3"]
    assert {row[2] for row in history_rows(db.engine())} == {"done"}


def _boot_into_block(url: str, ready: Any) -> None:
    boot_once(url, with_block(ready))


@pytest.mark.faults
def test_killed_inside_an_autocommit_block_the_next_boot_goes_on(db: Database) -> None:
    """What was committed before the block is not done again."""
    process = started_until(_boot_into_block, db.dsn)
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)
    assert effects(db.engine()) == ["before"]
    assert versions(db.engine()) == ["r1"]

    booted = boot_once(db.dsn, with_block())

    assert booted.error is None
    assert booted.steps == ("r2", "r3")
    assert effects(db.engine()) == ["after", "before", "r3"]
    assert not [row for row in history_rows(db.engine()) if row[2] == "running"]


@ATOMIC
def test_a_statement_that_needs_autocommit_says_what_to_write(db: Database) -> None:
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
        if op.dialect_name == "postgresql":
            op.create_index("ix", "t", ["id"], postgresql_concurrently=True)
        else:
            with op.autocommit_block():
                pass

    migrator = Migrator(db.engine(), None, registry, transaction="all")
    with pytest.raises(MigrationFailed) as caught:
        migrator.upgrade()
    cause = caught.value.__cause__
    assert isinstance(cause, NeedsAutocommit)
    assert "transactional=False" in str(caught.value)
    assert sa.inspect(db.engine()).get_table_names() == []


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_a_revision_does_not_end_its_own_transaction(db: Database, ending: str) -> None:
    """op.connection.commit() would part the work from its record."""
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
        op.connection.execute(sa.text("INSERT INTO t (id) VALUES (1)"))
        getattr(op.connection, ending)()

    with pytest.raises(MigrationFailed, match="autocommit_block"):
        Migrator(db.engine(), None, registry).upgrade()
    assert versions(db.engine()) == []
    if db.name != "mariadb":
        assert "t" not in sa.inspect(db.engine()).get_table_names()


COMMITTING = """
CREATE PROCEDURE in_batches() LANGUAGE plpgsql AS $$
BEGIN
    FOR number IN 1..3 LOOP
        INSERT INTO effects VALUES ('batch ' || number);
        COMMIT;
    END LOOP;
END $$
"""


def in_batches(*, transactional: bool, in_block: bool) -> Registry:
    """r2 calls a procedure that commits; what stands before it came through op.connection."""
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("effects", sa.Column("revision", sa.String(20)))
        op.execute(COMMITTING)

    @registry.revision("r2", down_revision="r1", transactional=transactional)
    def second(op: Operations) -> None:
        with op.autocommit_block() if in_block else nullcontext():
            op.connection.execute(sa.insert(EFFECTS).values(revision="before"))
            op.execute("CALL in_batches()")
        op.bulk_insert(EFFECTS, [{"revision": "last"}])  # type: ignore[arg-type]  # a lightweight table

    return registry


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize(("transactional", "in_block"), [(False, False), (True, True)])
def test_a_procedure_that_commits_runs_outside_a_transaction(
    db: Database, transactional: bool, in_block: bool
) -> None:
    """Nobody can see it in the CALL: it is tried in a transaction, and then without one."""
    registry = in_batches(transactional=transactional, in_block=in_block)

    Migrator(db.engine(), None, registry).upgrade()

    assert effects(db.engine()) == ["batch 1", "batch 2", "batch 3", "before", "last"]
    assert history_rows(db.engine())[-1] == ("r2", "upgrade", "done", 2)


@pytest.mark.only_on("postgresql")
def test_a_procedure_that_commits_in_a_transaction_says_what_to_write(db: Database) -> None:
    """The database says "invalid transaction termination", which helps nobody."""
    registry = in_batches(transactional=True, in_block=False)

    with pytest.raises(MigrationFailed, match=r"r2.*transactional=False.*autocommit_block"):
        Migrator(db.engine(), None, registry).upgrade()

    assert effects(db.engine()) == []
    assert versions(db.engine()) == ["r1"]


class Concurrently(CustomOperation):
    """An operation of an application's own that no transaction may hold."""

    verb = "index_concurrently"

    def statements(self, dialect_name: str) -> Iterable[str]:
        return ["CREATE INDEX CONCURRENTLY ix_effects ON effects (revision)"]


@pytest.mark.only_on("postgresql")
def test_an_operation_of_ones_own_may_need_autocommit(db: Database) -> None:
    registry = Registry()

    @registry.revision("r1", down_revision=None, transactional=False)
    def first(op: Operations) -> None:
        op.create_table("effects", sa.Column("revision", sa.String(20)))
        op.invoke(Concurrently())

    Migrator(db.engine(), None, registry).upgrade()

    assert [i["name"] for i in sa.inspect(db.engine()).get_indexes("effects")] == ["ix_effects"]


@pytest.mark.only_on("postgresql")
@pytest.mark.faults
def test_a_block_of_code_that_commits_nothing_happens_with_its_number(db: Database) -> None:
    """DO is one transaction with its record, so dying after it does not make it run twice."""
    registry = with_effects()

    @registry.revision("r2", down_revision="r1", transactional=False)
    def second(op: Operations) -> None:
        op.execute("DO $$ BEGIN INSERT INTO effects VALUES ('once'); END $$")
        op.execute("SELECT 1")

    for statement in (1, 2):
        engine = db.engine()
        Migrator(engine, None, registry).upgrade("r1")
        with dying_after(statement), pytest.raises(Died):
            Migrator(engine, None, registry).upgrade()

        Migrator(engine, None, registry).upgrade()

        assert effects(engine) == ["once"]
        db.wipe()


# -- events ----------------------------------------------------------------------------------


def test_events_come_in_the_order_of_the_work(db: Database) -> None:
    events: list[Event] = []
    Migrator(db.engine(), None, counting([], fail=False), on_event=events.append).upgrade()

    kinds = [type(event) for event in events]
    assert kinds == [
        RevisionStarted,
        *([OperationStarted, OperationFinished] * 1),
        RevisionFinished,
        RevisionStarted,
        *([OperationStarted, OperationFinished] * 4),
        RevisionFinished,
    ]
    started = [e for e in events if isinstance(e, RevisionStarted)]
    assert [(e.revision, e.position, e.total) for e in started] == [("r1", 1, 2), ("r2", 2, 2)]
    numbers = [e.number for e in events if isinstance(e, OperationStarted)]
    assert numbers == [1, 1, 2, 3, 4]
    assert all(e.duration >= 0 for e in events if isinstance(e, RevisionFinished))


def test_a_failure_is_an_event_too(db: Database) -> None:
    events: list[Event] = []
    with pytest.raises(MigrationFailed) as caught:
        Migrator(db.engine(), None, broken(2), on_event=events.append).upgrade()
    event = events[-1]
    assert isinstance(event, RevisionFailed)
    assert (event.revision, event.direction) == ("r2", "upgrade")
    assert event.error in str(caught.value)


def test_an_event_handler_that_fails_stops_nothing(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_event: Event) -> None:
        raise RuntimeError("the progress bar is broken")

    report = Migrator(db.engine(), None, history(2), on_event=fail).upgrade()
    assert len(report.steps) == 2
    assert "the progress bar is broken" in caplog.text


def test_nothing_to_do_tells_nothing(db: Database) -> None:
    Migrator(db.engine(), None, history(2)).upgrade()
    events: list[Event] = []
    Migrator(db.engine(), None, history(2), on_event=events.append).upgrade()
    assert events == []
