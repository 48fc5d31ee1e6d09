"""DDL that nobody looks at goes to PostgreSQL with its record, in one message."""

from __future__ import annotations

import threading
import time
import traceback
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, runner
from embedmig.errors import MigrationFailed
from embedmig.events import Event
from tests.boot import history_of, makes, records, tables_of
from tests.databases import Database

pytestmark = pytest.mark.only_on("postgresql")


def test_a_revision_is_one_message(db: Database, messages: list[str]) -> None:
    def several(op: Operations) -> None:
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
        op.add_column("b", sa.Column("n", sa.Integer))
        op.create_index("b_n", "b", ["n"])

    Migrator(db.engine(), None, history_of(makes("a"), several, makes("c"))).upgrade()
    own = [text for text in messages if "TABLE b" in text or "TABLE c" in text or "INDEX" in text]
    assert len(own) == 2
    places = [own[0].index(word) for word in ("CREATE TABLE b", "ADD COLUMN", "INDEX", "COMMIT")]
    assert places == sorted(places)
    assert {"a", "b", "c"} <= tables_of(db)
    assert [row.status for row in records(db)] == ["done"] * 3


def test_whoever_looks_sees_all_that_came_before(db: Database) -> None:
    seen: list[Any] = []

    def looks(op: Operations) -> None:
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
        op.add_column("b", sa.Column("n", sa.Integer))
        seen.append(sorted(op.table("b").c.keys()))
        op.add_column("b", sa.Column("m", sa.Integer))
        op.add_column("b", sa.Column("m", sa.Integer), if_not_exists=True)
        op.create_index("b_m", "b", ["m"])
        op.create_index("b_m", "b", ["m"], if_not_exists=True)
        op.execute("INSERT INTO b (id, n, m) VALUES (1, 2, 3)")
        op.drop_column("b", "n")
        connection = op.connection
        seen.append(connection.exec_driver_sql("SELECT * FROM b").mappings().all())
        op.drop_column("b", "m")  # whoever has the connection may look at any time
        seen.append(connection.exec_driver_sql("SELECT * FROM b").mappings().all())

    Migrator(db.engine(), None, history_of(looks)).upgrade()
    assert seen == [["id", "n"], [{"id": 1, "m": 3}], [{"id": 1}]]


def test_what_fails_is_named_and_stands_in_the_traceback(db: Database) -> None:
    """It is run again, one by one: the first time nobody can tell which statement it was."""
    ran: list[int] = []

    def fails(op: Operations) -> None:
        ran.append(1)
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
        op.add_column("a", sa.Column("id", sa.Integer))  # it is there already
        op.create_table("c", sa.Column("id", sa.Integer, primary_key=True))

    with pytest.raises(MigrationFailed, match=r"add column a\.id") as caught:
        Migrator(db.engine(), None, history_of(makes("a"), fails)).upgrade()
    assert "# it is there already" in "".join(traceback.format_exception(caught.value))
    assert [step.revision for step in caught.value.applied.steps] == ["r0"]
    assert len(ran) == 2
    assert not {"b", "c"} & tables_of(db)
    assert [(row.revision, row.status) for row in records(db)] == [
        ("r0", "done"),
        ("r1", "failed"),
    ]


def test_a_null_in_the_data_is_not_taken_for_a_lost_lock(db: Database) -> None:
    """The record refuses itself by the same error where its version row is gone."""

    def one_row(op: Operations) -> None:
        op.execute("INSERT INTO a VALUES (1)")

    def not_null(op: Operations) -> None:
        op.add_column("a", sa.Column("n", sa.Integer, nullable=False))

    with pytest.raises(MigrationFailed, match=r"add column a\.n"):
        Migrator(db.engine(), None, history_of(makes("a"), one_row, not_null)).upgrade()


def test_a_version_row_that_is_gone_refuses_the_record_and_the_work(db: Database) -> None:
    moves = [True]

    def unmoved(op: Operations) -> None:
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
        if moves.pop():
            with db.engine().begin() as other:
                other.exec_driver_sql("UPDATE embedmig_version SET version_num = 'r1'")
                other.exec_driver_sql("CREATE TABLE by_the_other (id INTEGER)")

    Migrator(db.engine(), None, history_of(makes("a"), unmoved, makes("c"))).upgrade()
    assert {"a", "by_the_other", "c"} <= tables_of(db)
    assert "b" not in tables_of(db)
    assert [row.revision for row in records(db)] == ["r0", "r2"]


def test_an_error_that_the_body_swallows_spoils_the_transaction_as_ever(db: Database) -> None:
    def swallows(op: Operations) -> None:
        with suppress(sa.exc.DBAPIError):
            op.add_column("a", sa.Column("id", sa.Integer))

    with pytest.raises(MigrationFailed, match="transaction is aborted"):
        Migrator(db.engine(), None, history_of(makes("a"), swallows)).upgrade()


def test_a_comment_at_the_end_swallows_nothing(db: Database) -> None:
    def comments(op: Operations) -> None:
        zero = sa.text("0 -- for a start")
        op.add_column("a", sa.Column("n", sa.Integer, server_default=zero))

    Migrator(db.engine(), None, history_of(makes("a"), comments, makes("b"))).upgrade()
    assert "b" in tables_of(db)
    assert [row.status for row in records(db)] == ["done"] * 3


@pytest.mark.parametrize(
    ("opens", "closes"), [("1 /* one", "1 */"), ("'one", "two'"), ("$$one", "two$$")]
)
def test_two_broken_statements_are_not_one_that_is_whole(
    db: Database, opens: str, closes: str
) -> None:
    def broken(op: Operations) -> None:
        op.add_column("a", sa.Column("x", sa.Text, server_default=sa.text(opens)))
        op.add_column("a", sa.Column("y", sa.Text, server_default=sa.text(closes)))

    with pytest.raises(MigrationFailed, match=r"add column a\.x"):
        Migrator(db.engine(), None, history_of(makes("a"), broken)).upgrade()


def test_the_time_of_the_statements_is_the_revisions(db: Database) -> None:
    def one_row(op: Operations) -> None:
        op.execute("INSERT INTO a VALUES (1)")

    def slow(op: Operations) -> None:
        default = sa.text("(pg_sleep(0.3)::text)")
        op.add_column("a", sa.Column("n", sa.Text, server_default=default))

    report = Migrator(
        db.engine(), None, history_of(makes("a"), one_row, slow, makes("b"))
    ).upgrade()
    assert [step.duration >= 0.3 for step in report.steps] == [False, False, True, False]
    rows = records(db)
    assert [row.duration >= 0.3 for row in rows] == [False, False, True, False]
    took = [(row.finished_at - row.started_at).total_seconds() for row in rows]
    assert took == pytest.approx([row.duration for row in rows], abs=0.01)


def test_many_statements_are_several_messages(db: Database, messages: list[str]) -> None:
    def many(op: Operations) -> None:
        for number in range(250):
            op.create_table(f"t{number}", sa.Column("id", sa.Integer))

    Migrator(db.engine(), None, history_of(makes("a"), many)).upgrade()
    assert [text.count("CREATE TABLE t") for text in messages if "TABLE t" in text] == [
        100,
        100,
        50,
    ]


def test_whoever_listens_hears_of_an_operation_when_it_is_done(
    db: Database, messages: list[str]
) -> None:
    def heard(event: Event) -> None:
        messages.append(type(event).__name__)

    Migrator(db.engine(), None, history_of(makes("a"), makes("b")), on_event=heard).upgrade()
    of_b = next(i for i, text in enumerate(messages) if "CREATE TABLE b" in text)
    assert messages[of_b - 1] == "OperationStarted"
    assert messages[of_b + 1] == "OperationFinished"


def test_an_autocommit_block_finds_what_came_before(db: Database) -> None:
    def leaves(op: Operations) -> None:
        op.add_column("a", sa.Column("n", sa.Integer))
        with op.autocommit_block():
            op.create_index("a_n", "a", ["n"], postgresql_concurrently=True)
        op.add_column("a", sa.Column("m", sa.Integer))

    Migrator(db.engine(), None, history_of(makes("a"), leaves, makes("b"))).upgrade()
    columns = {column["name"] for column in sa.inspect(db.engine()).get_columns("a")}
    assert columns == {"id", "n", "m"}
    assert [row.status for row in records(db)] == ["done"] * 3


def test_what_fails_before_an_autocommit_block_is_named_too(db: Database) -> None:
    def fails(op: Operations) -> None:
        op.add_column("a", sa.Column("id", sa.Integer))
        with op.autocommit_block():
            op.create_index("a_id", "a", ["id"], postgresql_concurrently=True)

    with pytest.raises(MigrationFailed, match=r"add column a\.id"):
        Migrator(db.engine(), None, history_of(makes("a"), fails)).upgrade()


def test_a_table_in_use_is_waited_for_as_often_as_ever(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And once more one by one, to say what is in whose way."""
    monkeypatch.setattr(runner, "RETRIES", 2)
    engine, ran = db.engine(), []

    def widens(op: Operations) -> None:
        ran.append(1)
        op.add_column("a", sa.Column("n", sa.Integer))

    registry = history_of(makes("a"), widens)
    Migrator(engine, None, registry).upgrade("r0")
    with engine.connect() as reader:
        reader.exec_driver_sql("SELECT * FROM a")
        migrator = Migrator(engine, None, registry, ddl_lock_timeout=0.01)
        with pytest.raises(MigrationFailed, match=r"add column a\.n"):
            migrator.upgrade()
    assert len(ran) == 1 + 2 + 1


def test_a_revision_that_is_committed_counts_though_the_next_one_cannot_begin(db: Database) -> None:
    """COMMIT and the next look at the version table are one message; somebody locks the table."""
    release = threading.Event()

    def lock() -> None:
        with db.engine().begin() as connection:
            connection.exec_driver_sql("LOCK TABLE embedmig_version")  # once r1 is committed
            release.wait(30)

    def is_locked(op: Operations) -> None:
        op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
        locking.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
        query = sa.text(waiting + "'embedmig_version'::regclass")
        while not op.connection.scalar(query):
            time.sleep(0.01)
        threading.Timer(0.5, release.set).start()

    locking = threading.Thread(target=lock)
    registry = history_of(makes("a"), is_locked, makes("c"))
    report = Migrator(db.engine(), None, registry, ddl_lock_timeout=0.2).upgrade()
    locking.join()

    assert [step.revision for step in report.steps] == ["r0", "r1", "r2"]
    assert [(row.revision, row.status) for row in records(db)] == [
        ("r0", "done"),
        ("r1", "done"),
        ("r2", "done"),
    ]
