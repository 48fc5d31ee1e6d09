"""On MariaDB, a record and its DDL are one message, with the end of the revision before."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import LockLost, MigrationFailed
from embedmig.events import Event, RevisionFinished
from tests.boot import CONTEXT, history_of, makes, records, tables_of, versions
from tests.databases import Database

pytestmark = pytest.mark.only_on("mariadb")


@pytest.fixture(autouse=True)
def _mariadb(db: Database) -> None:
    """MySQL has no such blocks, and goes the longer way."""
    with db.engine().connect() as connection:
        dialect: Any = connection.dialect
    if not dialect.is_mariadb:
        pytest.skip("not MariaDB")


def statuses(db: Database) -> list[tuple[str, str, int]]:
    return [(row.revision, row.status, row.operations_done) for row in records(db)]


def test_a_revision_is_one_message(db: Database, messages: list[str]) -> None:
    def several(op: Operations) -> None:
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
        op.add_column("b", sa.Column("n", sa.Integer))
        op.create_index("b_n", "b", ["n"])

    report = Migrator(db.engine(), None, history_of(makes("a"), several, makes("c"))).upgrade()
    first = next(i for i, text in enumerate(messages) if "CREATE TABLE b" in text)
    blocks, end = messages[first : first + 4], messages[first + 4]
    assert all(text.startswith("BEGIN NOT ATOMIC") for text in blocks)
    for text, ddl in zip(blocks, ("TABLE b", "ADD COLUMN", "INDEX", "TABLE c"), strict=True):
        assert ddl in text
    assert blocks[3].index("version_num='r1'") < blocks[3].index("CREATE TABLE c")
    assert end.startswith("UPDATE")
    assert len(messages) == first + 6  # and a last look
    assert tables_of(db) >= {"a", "b", "c"}
    assert statuses(db) == [("r0", "done", 1), ("r1", "done", 3), ("r2", "done", 1)]
    assert [(step.revision, step.operations) for step in report.steps] == [
        ("r0", 1),
        ("r1", 3),
        ("r2", 1),
    ]


def test_ddl_that_fails_in_a_block_is_the_operation_that_failed(db: Database) -> None:
    def fails(op: Operations) -> None:
        op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))  # it is there already

    with pytest.raises(MigrationFailed, match="create table a") as caught:
        Migrator(db.engine(), None, history_of(makes("a"), fails)).upgrade()
    assert [step.revision for step in caught.value.applied.steps] == ["r0"]
    assert isinstance(caught.value.__cause__, sa.exc.DBAPIError)
    assert str(caught.value.__cause__.statement).startswith("CREATE TABLE a")
    assert versions(db.engine()) == ["r0"]
    assert statuses(db) == [("r0", "done", 1), ("r1", "running", 0)]

    report = Migrator(db.engine(), None, history_of(makes("a"), makes("b"))).upgrade()
    assert [(step.revision, step.resumed) for step in report.steps] == [("r1", True)]
    assert statuses(db) == [("r0", "done", 1), ("r1", "done", 1)]


def test_ddl_that_does_not_parse_spoils_nothing_but_itself(db: Database) -> None:
    """Though the server refuses the whole block."""

    def spoilt(op: Operations) -> None:
        op.create_table("c", sa.Column("id", sa.Integer, server_default=sa.text("((")))

    with pytest.raises(MigrationFailed, match="create table c") as caught:
        Migrator(db.engine(), None, history_of(makes("a"), makes("b"), spoilt)).upgrade()
    assert [step.revision for step in caught.value.applied.steps] == ["r0", "r1"]
    assert statuses(db) == [("r0", "done", 1), ("r1", "done", 1), ("r2", "running", 0)]
    Migrator(db.engine(), None, history_of(makes("a"), makes("b"), makes("c"))).upgrade()
    assert [status for _, status, _ in statuses(db)] == ["done"] * 3


def test_a_body_may_go_on_where_an_operation_failed(db: Database) -> None:
    def goes_on(op: Operations) -> None:
        with suppress(sa.exc.DBAPIError):
            op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))
        op.add_column("a", sa.Column("n", sa.Integer))

    Migrator(db.engine(), None, history_of(makes("a"), goes_on, makes("b"))).upgrade()
    assert {column["name"] for column in sa.inspect(db.engine()).get_columns("a")} == {"id", "n"}
    assert [status for _, status, _ in statuses(db)] == ["done"] * 3


def test_a_body_that_fails_before_its_first_operation(db: Database) -> None:
    """What came before is recorded all the same."""

    def fails(op: Operations) -> None:
        raise LookupError

    with pytest.raises(MigrationFailed) as caught:
        Migrator(db.engine(), None, history_of(makes("a"), makes("b"), fails)).upgrade()
    assert [step.revision for step in caught.value.applied.steps] == ["r0", "r1"]
    assert versions(db.engine()) == ["r1"]
    assert statuses(db)[:2] == [("r0", "done", 1), ("r1", "done", 1)]


def test_whoever_looks_through_the_connection_finds_it_recorded(db: Database) -> None:
    seen: list[Any] = []

    def looks(op: Operations) -> None:
        query = "SELECT version_num FROM embedmig_version"
        seen.append(op.connection.exec_driver_sql(query).scalar())

    def writes(op: Operations) -> None:
        op.execute("INSERT INTO a VALUES (1)")
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))

    def nothing(op: Operations) -> None: ...

    registry = history_of(makes("a"), makes("c"), looks, makes("d"), writes, nothing, looks)
    Migrator(db.engine(), None, registry).upgrade()
    assert seen == ["r1", "r5"]
    assert tables_of(db) >= {"a", "b", "c", "d"}
    assert [status for _, status, _ in statuses(db)] == ["done"] * 7


def test_a_version_row_that_is_gone_stops_the_next_revision(db: Database) -> None:
    """Before its first operation: the end of the revision before is refused with it."""

    def moved(op: Operations) -> None:
        with db.engine().begin() as other:
            other.exec_driver_sql("UPDATE embedmig_version SET version_num = 'other'")
        op.create_table("c", sa.Column("id", sa.Integer, primary_key=True))

    registry = history_of(makes("a"), makes("b"), moved, makes("d"))
    with pytest.raises(LockLost):
        Migrator(db.engine(), None, registry).upgrade()
    assert not {"c", "d"} & tables_of(db)
    assert statuses(db) == [("r0", "done", 1), ("r1", "running", 0)]


def test_whoever_listens_hears_of_a_revision_when_it_is_recorded(db: Database) -> None:
    seen: list[Any] = []

    def heard(event: Event) -> None:
        if isinstance(event, RevisionFinished):
            seen.append((event.revision, versions(db.engine())))

    registry = history_of(makes("a"), makes("b"), makes("c"))
    Migrator(db.engine(), None, registry, on_event=heard).upgrade()
    assert seen == [("r0", ["r0"]), ("r1", ["r1"]), ("r2", ["r2"])]


def test_oracles_mode_has_no_such_blocks(db: Database, messages: list[str]) -> None:
    engine = db.engine(connect_args={"init_command": "SET sql_mode = 'ORACLE'"})
    Migrator(engine, None, history_of(makes("a"), makes("b"))).upgrade()
    assert not [text for text in messages if "NOT ATOMIC" in text]
    assert [status for _, status, _ in statuses(db)] == ["done"] * 2


def test_a_body_may_choose_oracles_mode(db: Database) -> None:
    def oracle(op: Operations) -> None:
        op.execute("SET SESSION sql_mode = 'ORACLE'")

    Migrator(db.engine(), None, history_of(makes("a"), oracle, makes("b"), makes("c"))).upgrade()
    assert tables_of(db) >= {"a", "b", "c"}
    assert [status for _, status, _ in statuses(db)] == ["done"] * 4


def test_an_engine_with_other_marks_has_no_blocks(db: Database, messages: list[str]) -> None:
    registry = history_of(makes("a"), makes("b"), makes("c"))
    Migrator(db.engine(paramstyle="format"), None, registry).upgrade()
    assert not [text for text in messages if "NOT ATOMIC" in text]
    assert [status for _, status, _ in statuses(db)] == ["done"] * 3


def test_a_version_row_that_somebody_locks_for_a_while(db: Database) -> None:
    """The revision whose end could not be recorded is finished when it is tried again."""
    engine = db.engine(connect_args={"init_command": "SET SESSION innodb_lock_wait_timeout = 1"})
    other, ran = db.engine().connect(), [0]

    def held(op: Operations) -> None:
        ran[0] += 1
        if ran[0] == 1:
            other.exec_driver_sql("SELECT * FROM embedmig_version FOR UPDATE")
        else:
            release.join()
        op.create_table("c", sa.Column("id", sa.Integer, primary_key=True))

    registry = history_of(makes("a"), makes("b"), held, makes("d"))
    with other:
        release = threading.Timer(3, other.rollback)
        release.start()
        report = Migrator(engine, None, registry).upgrade()
        release.join()
    assert [step.revision for step in report.steps] == ["r0", "r1", "r2", "r3"]
    assert statuses(db) == [(f"r{number}", "done", 1) for number in range(4)]


def test_a_killed_statement_leaves_nothing_half_done(db: Database) -> None:
    """KILL QUERY in the midst of a block, when the version has moved, takes all of it back."""
    holder, killed = db.engine().connect(), []

    def kill() -> None:
        query = (
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE()"
            " AND command = 'Query' AND id <> CONNECTION_ID()"
        )
        with db.engine(isolation_level="AUTOCOMMIT").connect() as admin:
            while not killed:
                time.sleep(0.2)
                killed.extend(admin.exec_driver_sql(query).scalars())
            for id in killed:
                admin.exec_driver_sql(f"KILL QUERY {id}")
        holder.rollback()

    thread = threading.Thread(target=kill)

    def held(op: Operations) -> None:
        query = "SELECT * FROM embedmig_history WHERE revision = 'r1' FOR UPDATE"
        holder.exec_driver_sql(query)
        thread.start()
        op.create_table("c", sa.Column("id", sa.Integer, primary_key=True))

    with holder:
        report = Migrator(db.engine(), None, history_of(makes("a"), makes("b"), held)).upgrade()
        thread.join()
    assert len(killed) == 1
    assert [step.revision for step in report.steps] == ["r0", "r1", "r2"]
    assert versions(db.engine()) == ["r2"]
    assert statuses(db) == [(f"r{number}", "done", 1) for number in range(3)]


def dying(die: Callable[[], None]) -> Registry:
    """r2 dies before its first operation, while r1 is done and not recorded."""

    def body(op: Operations) -> None:
        die()
        op.create_table("c", sa.Column("id", sa.Integer, primary_key=True))

    return history_of(makes("a"), makes("b"), body, makes("d"))


def boot_and_be_killed(url: str) -> None:
    registry = dying(lambda: os.kill(os.getpid(), signal.SIGKILL))
    Migrator(sa.create_engine(url), None, registry).upgrade()


def test_a_process_that_dies_in_between_has_its_revision_finished(db: Database) -> None:
    process = CONTEXT.Process(target=boot_and_be_killed, args=(db.dsn,))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert statuses(db) == [("r0", "done", 1), ("r1", "running", 0)]
    assert versions(db.engine()) == ["r0"]

    report = Migrator(db.engine(), None, dying(lambda: None)).upgrade()
    assert [(step.revision, step.resumed) for step in report.steps] == [
        ("r1", True),
        ("r2", False),
        ("r3", False),
    ]
    assert statuses(db) == [(f"r{number}", "done", 1) for number in range(4)]


def test_what_cannot_be_seen_for_ever_is_recorded_at_once(db: Database) -> None:
    """A column that was replaced looks like one that is still to be replaced."""
    seen: list[Any] = []

    def first(op: Operations) -> None:
        op.create_table("a", sa.Column("id", sa.Integer), sa.Column("x", sa.Integer))

    def replaces(op: Operations) -> None:
        with op.batch_alter_table("a") as batch:
            batch.drop_column("x")
            batch.add_column(sa.Column("x", sa.String(20)))

    def looks(op: Operations) -> None:
        seen.extend(statuses(db))

    Migrator(db.engine(), None, history_of(first, replaces, looks)).upgrade()
    assert seen == [("r0", "done", 1), ("r1", "done", 1)]


def test_whoever_interrupts_in_between_may_go_on(db: Database) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Migrator(db.engine(), None, dying(interrupt)).upgrade()
    Migrator(db.engine(), None, dying(lambda: None)).upgrade()
    assert tables_of(db) >= {"a", "b", "c", "d"}
    assert statuses(db) == [(f"r{number}", "done", 1) for number in range(4)]
