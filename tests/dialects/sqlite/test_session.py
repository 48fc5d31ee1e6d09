"""SQLite's session: what it sets for a run, and leaves as it was."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.dialects.sqlite.session import SQLiteSession
from embedmig.errors import MigrationFailed
from embedmig.events import Event, RevisionFinished


def mode_of(connection: sa.Connection) -> Any:
    return connection.exec_driver_sql("PRAGMA journal_mode").scalar()


def upgraded(engine: sa.Engine, **options: Any) -> list[Any]:
    """The journal modes within two revisions."""
    registry, seen = Registry(), []

    def body(op: Operations) -> None:
        op.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER)")
        seen.append(mode_of(op.connection))

    registry.revision("a1", down_revision=None)(body)
    registry.revision("b1", down_revision="a1")(body)
    Migrator(engine, None, registry, **options).upgrade()
    return seen


def test_a_run_keeps_one_journal_and_leaves_none(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")
    with engine.connect() as kept_in_the_pool:
        assert mode_of(kept_in_the_pool) == "delete"
    assert upgraded(engine) == ["persist", "persist"]
    with engine.connect() as connection:
        assert mode_of(connection) == "delete"
    assert [path.name for path in tmp_path.iterdir()] == ["app.db"]


@pytest.mark.parametrize("mode", ["truncate", "memory", "wal"])
def test_a_mode_that_was_chosen_stays(tmp_path: Path, mode: str) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")

    @sa.event.listens_for(engine, "connect")
    def choose(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA journal_mode = {mode}")

    with engine.connect() as connection:
        assert mode_of(connection) == mode
    assert upgraded(engine) == [mode, mode]
    with engine.connect() as connection:
        assert mode_of(connection) == mode


def test_an_attached_database_keeps_its_own_mode(tmp_path: Path) -> None:
    beside = sqlite3.connect(tmp_path / "beside.db")
    beside.execute("PRAGMA journal_mode = wal")
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")

    @sa.event.listens_for(engine, "connect")
    def attach(connection: Any, _: Any) -> None:
        connection.execute(f"ATTACH '{tmp_path}/beside.db' AS beside")

    assert upgraded(engine) == ["persist", "persist"]
    assert beside.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    beside.close()


def test_a_file_that_is_locked_at_the_end_leaves_no_connection_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db", connect_args={"timeout": 0})
    with engine.connect() as kept_in_the_pool:
        assert mode_of(kept_in_the_pool) == "delete"
    other = sqlite3.connect(tmp_path / "app.db", isolation_level=None, timeout=0)
    drop = SQLiteSession._drop_journal

    def locked(self: SQLiteSession, connection: sa.Connection) -> None:
        other.execute("BEGIN EXCLUSIVE")
        drop(self, connection)
        other.execute("ROLLBACK")

    monkeypatch.setattr(SQLiteSession, "_drop_journal", locked)
    upgraded(engine)
    other.close()
    with engine.connect() as connection:
        assert mode_of(connection) == "delete"


def test_a_mode_that_somebody_chooses_meanwhile_stays(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")

    def choose(event: Event) -> None:
        if isinstance(event, RevisionFinished) and event.revision == "a1":
            connection = sqlite3.connect(tmp_path / "app.db")
            connection.execute("PRAGMA journal_mode = wal")
            connection.close()

    assert upgraded(engine, on_event=choose) == ["persist", "wal"]
    with engine.connect() as connection:
        assert mode_of(connection) == "wal"


def listened(tmp_path: Path, begin: str) -> sa.Engine:
    """An engine by SQLAlchemy's recipe: the driver begins nothing, a listener does."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")

    @sa.event.listens_for(engine, "connect")
    def leave_it(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def send(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@pytest.mark.parametrize("begin", ["BEGIN", "BEGIN IMMEDIATE"])
@pytest.mark.parametrize("transactional", [True, False])
def test_a_listener_may_begin_transactions(
    tmp_path: Path, begin: str, *, transactional: bool
) -> None:
    """A migration's transactions are embedmig's own all the same: a revision that fails leaves
    nothing, and the pool gets a connection that enforces what it did.
    """
    engine, registry = listened(tmp_path, begin), Registry()
    sa.event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys = ON"))

    @registry.revision("a1", down_revision=None, transactional=transactional)
    def a1(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))

    @registry.revision("b1", down_revision="a1")
    def b1(op: Operations) -> None:
        op.execute("INSERT INTO t VALUES (1)")
        if failing:
            op.execute("INSERT INTO nowhere VALUES (1)")

    failing = [True]
    with pytest.raises(MigrationFailed):
        Migrator(engine, None, registry).upgrade()
    with engine.connect() as connection:
        assert not connection.exec_driver_sql("SELECT * FROM t").all()
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert Migrator(engine, None, registry).current() == ("a1",)
    failing.clear()
    assert Migrator(engine, None, registry).upgrade().after == ("b1",)
    with engine.begin() as connection:
        Migrator(connection, None, registry).stamp("base")
    assert Migrator(engine, None, registry).current() == ()


def test_a_listener_may_begin_transactions_while_another_process_writes(tmp_path: Path) -> None:
    """Waiting for the lock looks at the version table, and so begins anew every time."""
    engine, registry = listened(tmp_path, "BEGIN"), Registry()
    registry.revision("a1", down_revision=None)(lambda op: op.execute("CREATE TABLE t (id INT)"))
    other = sqlite3.connect(f"{tmp_path}/app.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.4, other.execute, ["COMMIT"])
    timer.start()
    assert Migrator(engine, None, registry).upgrade().after == ("a1",)
    timer.join()
    other.close()
