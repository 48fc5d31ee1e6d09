"""A revision happens wholly or not at all, whenever the process dies."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import MigrationFailed
from embedmig.events import Event, RevisionStarted
from tests.boot import (
    CONTEXT,
    boot_and_die,
    boot_once,
    effects,
    history,
    history_rows,
    versions,
    with_effects,
)
from tests.databases import Database
from tests.pictures import picture

REVISIONS = [f"r{number}" for number in range(1, 6)]


def failing() -> Registry:
    """r1 works; r2 fails at its third operation."""
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("kept", sa.Column("id", sa.Integer, primary_key=True))
        op.execute("INSERT INTO kept (id) VALUES (1)")

    @registry.revision("r2", down_revision="r1")
    def second(op: Operations) -> None:
        op.create_table("never", sa.Column("id", sa.Integer, primary_key=True))
        op.execute("INSERT INTO kept (id) VALUES (2)")
        op.execute("INSERT INTO nowhere (id) VALUES (3)")

    return registry


@pytest.mark.only_on("sqlite", "postgresql")
def test_a_failure_at_the_third_operation_leaves_everything_as_it_was(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Schema, rows, version and the history of successes are untouched; the failure is recorded."""
    engine = db.engine()
    Migrator(engine, None, failing()).upgrade("r1")
    before = picture(engine, leave_out={"embedmig_history"})

    with pytest.raises(MigrationFailed) as caught:
        Migrator(engine, None, failing()).upgrade()

    assert picture(engine, leave_out={"embedmig_history"}) == before
    assert history_rows(engine)[:1] == [("r1", "upgrade", "done", 2)]
    assert history_rows(engine)[1][:3] == ("r2", "upgrade", "failed")
    assert caught.value.step.revision.id == "r2"
    assert "INSERT" in caught.value.operation.describe()
    assert caught.value.applied.steps == ()
    told = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert [message.count("upgrade to r2") for message in told] == [1]


def die_at(db: Database, at: int, when: str = "before_cursor_execute", **spec: Any) -> bool:
    """Kill a booting process at its n-th statement; False where it had no more statements."""
    process = CONTEXT.Process(target=boot_and_die, args=(db.dsn, at, when, spec))
    process.start()
    process.join(60)
    return process.exitcode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.parametrize("outside", [(), (2, 4)], ids=["transactional", "two-outside"])
def test_killed_at_any_statement_the_next_boot_ends_the_same(
    db: Database, outside: tuple[int, ...]
) -> None:
    """kill -9 at every statement boundary of five revisions, then one more boot."""
    boot_once(db.dsn, history(outside=outside))
    wanted = picture(db.engine(), leave_out={"embedmig_history"})
    killed, at = True, 0
    while killed:
        at += 1
        db.wipe()
        killed = die_at(db, at, outside=outside)

        booted = boot_once(db.dsn, history(outside=outside))

        engine = db.engine()
        assert booted.error is None, f"killed at statement {at}"
        assert effects(engine) == REVISIONS, f"killed at statement {at}"
        assert versions(engine) == ["r5"]
        assert picture(engine, leave_out={"embedmig_history"}) == wanted
        done = [row[0] for row in history_rows(engine) if row[2] == "done"]
        assert sorted(done) == REVISIONS
        assert not [row for row in history_rows(engine) if row[2] == "running"]
    assert at > 20


def refused_by_commit() -> Registry:
    """r2 breaks a deferred foreign key, which is looked at by COMMIT."""
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True))
        parent = sa.ForeignKey("parent.id", deferrable=True, initially="DEFERRED")
        op.create_table("child", sa.Column("parent", sa.Integer, parent))

    @registry.revision("r2", down_revision="r1")
    def second(op: Operations) -> None:
        op.create_table("t2", sa.Column("id", sa.Integer, primary_key=True))
        op.execute("INSERT INTO child (parent) VALUES (7)")

    return registry


@pytest.mark.only_on("sqlite", "postgresql")
def test_what_commit_refuses_is_a_failure_of_the_revision(db: Database) -> None:
    """Nothing stays, and nobody else is blamed."""
    engine = db.engine()
    if db.name == "sqlite":
        sa.event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys = ON"))
    with pytest.raises(MigrationFailed) as failed:
        Migrator(engine, None, refused_by_commit()).upgrade()

    assert [step.revision for step in failed.value.applied.steps] == ["r1"]
    assert versions(engine) == ["r1"]
    assert "t2" not in sa.inspect(engine).get_table_names()


@pytest.mark.only_on("postgresql")
def test_a_null_that_a_trigger_writes_at_commit_is_a_failure_of_the_revision(db: Database) -> None:
    """It is not taken for the record that misses its version row, which another process moved."""
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.execute("CREATE TABLE t (id INTEGER)")
        op.execute("CREATE TABLE audit (revision TEXT NOT NULL)")
        op.execute(
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN INSERT INTO audit VALUES (NULL); RETURN NULL; END $$"
        )
        op.execute(
            "CREATE CONSTRAINT TRIGGER note AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION note()"
        )

    @registry.revision("r2", down_revision="r1")
    def second(op: Operations) -> None:
        op.connection.execute(sa.text("INSERT INTO t VALUES (1)"))

    with pytest.raises(MigrationFailed, match=r'23502.*"audit"'):
        Migrator(db.engine(), None, registry).upgrade()

    assert versions(db.engine()) == ["r1"]


@pytest.mark.only_on("sqlite")
def test_a_record_outside_a_transaction_waits_for_a_reader_too(db: Database) -> None:
    """COMMIT cannot go while somebody reads; the transaction is not left open, nor begun again."""
    registry = with_effects()

    @registry.revision("r2", down_revision="r1", transactional=False)
    def second(op: Operations) -> None:
        op.create_table("t2", sa.Column("id", sa.Integer, primary_key=True))

    reader = db.engine().connect()

    def read_a_while(event: Event) -> None:
        if isinstance(event, RevisionStarted) and event.revision == "r2":
            reader.exec_driver_sql("BEGIN")
            reader.exec_driver_sql("SELECT * FROM effects")
            threading.Timer(0.3, reader.close).start()

    Migrator(db.engine(), None, registry, on_event=read_a_while).upgrade()

    assert versions(db.engine()) == ["r2"]
