"""What a run tells while it works: every event in its order, and who is waited for."""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import LockTimeout, MigrationFailed
from embedmig.events import (
    Event,
    OperationFinished,
    OperationStarted,
    RevisionFailed,
    RevisionFinished,
    RevisionRetried,
    RevisionStarted,
    WaitingForLock,
)
from tests.boot import boot_once, in_thread
from tests.databases import Database

pytestmark = pytest.mark.slow


def two(ending: str = "SELECT 1", hold: Any = None) -> Registry:
    """e1 makes a table; e2 changes it, and runs a statement at its end."""
    registry = Registry()

    @registry.revision("e1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))

    @registry.revision("e2", down_revision="e1")
    def second(op: Operations) -> None:
        op.add_column("t", sa.Column("n", sa.Integer))
        if hold is not None:
            hold()
        op.execute(ending)

    return registry


def told(events: list[Event]) -> list[str]:
    """The events in short."""
    return [
        f"{type(e).__name__} {getattr(e, 'revision', '')} {getattr(e, 'number', '')}".strip()
        for e in events
    ]


def test_everything_that_succeeds_is_told_in_order(db: Database) -> None:
    """Revision by revision, operation by operation, up and down."""
    events: list[Event] = []
    migrator = Migrator(db.engine(), None, two(), on_event=events.append)
    migrator.upgrade()
    assert told(events) == [
        "RevisionStarted e1",
        "OperationStarted e1 1",
        "OperationFinished e1 1",
        "RevisionFinished e1",
        "RevisionStarted e2",
        "OperationStarted e2 1",
        "OperationFinished e2 1",
        "OperationStarted e2 2",
        "OperationFinished e2 2",
        "RevisionFinished e2",
    ]
    places = [(e.position, e.total) for e in events if isinstance(e, RevisionStarted)]
    assert places == [(1, 2), (2, 2)]
    assert {e.direction for e in events if isinstance(e, RevisionFinished)} == {"upgrade"}


def test_a_failure_is_told_at_its_operation(db: Database) -> None:
    """Nothing comes after RevisionFailed, and no operation that failed is told as finished."""
    events: list[Event] = []
    with pytest.raises(MigrationFailed):
        Migrator(db.engine(), None, two("SELECT * FROM no"), on_event=events.append).upgrade()

    assert told(events)[4:] == [
        "RevisionStarted e2",
        "OperationStarted e2 1",
        "OperationFinished e2 1",
        "OperationStarted e2 2",
        "RevisionFailed e2",
    ]
    last = events[-1]
    assert isinstance(last, RevisionFailed)
    assert last.operation is not None
    assert last.operation.startswith("execute SELECT")


@pytest.mark.only_on("postgresql", "mariadb")
def test_another_try_is_told(db: Database) -> None:
    """The revision starts again after RevisionRetried, with the same place in the run."""
    engine, events = db.engine(), list[Event]()
    Migrator(engine, None, two()).upgrade("e1")
    reader = db.engine().connect()
    reader.exec_driver_sql("SELECT * FROM t").all()

    def release(event: Event) -> None:
        events.append(event)
        if isinstance(event, RevisionRetried):
            reader.close()

    Migrator(engine, None, two(), ddl_lock_timeout=1.0, on_event=release).upgrade()

    short = told(events)
    at = short.index("RevisionRetried e2")
    assert short[:at] == ["RevisionStarted e2", "OperationStarted e2 1"]
    assert short[at + 1 :][0] == "RevisionStarted e2"
    assert short[-1] == "RevisionFinished e2"
    places = [(e.position, e.total) for e in events if isinstance(e, RevisionStarted)]
    assert places == [(1, 1)] * len(places)
    assert {type(e) for e in events} >= {OperationStarted, OperationFinished, RevisionFinished}


@pytest.mark.only_on("postgresql", "mariadb")
def test_who_waits_is_told_who_migrates_since_when_and_what(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Host, process, revision and time: in the event, in the log and in LockTimeout."""
    held, finish = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        finish.wait(60)

    engine, events = db.engine(), list[Event]()
    Migrator(engine, None, two()).upgrade("e1")
    # A name of its own for the host, so that this thread is as another process to us.
    other = db.url.set(host="localhost" if db.url.host == "127.0.0.1" else "127.0.0.1")
    dsn = other.render_as_string(hide_password=False)
    thread, results = in_thread(lambda: boot_once(dsn, two(hold=hold)))
    assert held.wait(30)
    caplog.set_level(logging.INFO, "embedmig")
    try:
        with pytest.raises(LockTimeout) as caught:
            Migrator(engine, None, two(), lock_timeout=1.5, on_event=events.append).upgrade()
    finally:
        finish.set()
        thread.join(30)

    assert results[0].error is None
    holder = str(caught.value.holder)
    host = re.escape(socket.gethostname())
    assert re.search(rf"{host}:{os.getpid()}", holder)
    assert "e2" in holder
    assert re.search(r"\d\d:\d\d:\d\d", holder)
    assert holder in str(caught.value)
    (waiting,) = [e for e in events if isinstance(e, WaitingForLock)]
    assert waiting.holder == holder
    assert any("held by" in r.message and "e2" in r.message for r in caplog.records)
