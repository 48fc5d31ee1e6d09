"""A table under a long reader: the migration gives way, and tries again."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import MigrationFailed
from embedmig.events import Event, RevisionRetried
from tests.boot import effects, history_rows
from tests.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.only_on("postgresql", "mariadb")]


def widening(ddl_lock_timeout: float | None = None) -> Registry:
    """A table, and a revision that must have it for itself."""
    registry = Registry()

    @registry.revision("q1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("busy", sa.Column("id", sa.Integer, primary_key=True))

    @registry.revision("q2", down_revision="q1", ddl_lock_timeout=ddl_lock_timeout)
    def second(op: Operations) -> None:
        op.add_column("busy", sa.Column("more", sa.Integer))

    return registry


def long_reader(engine: sa.Engine) -> sa.Connection:
    """A transaction that has read the table and does not end."""
    reader = engine.connect()
    reader.exec_driver_sql("SELECT * FROM busy").all()
    return reader


def test_others_wait_no_longer_than_the_timeout_and_the_revision_gets_through(db: Database) -> None:
    """Readers that come later wait at most ddl_lock_timeout; when the first one ends, it runs."""
    engine = db.engine()
    registry = widening()
    Migrator(engine, None, registry).upgrade("q1")
    reader, events, waits = long_reader(engine), [], []
    done = threading.Event()

    def read_meanwhile() -> None:
        other = db.engine()
        while not done.is_set():
            started = time.monotonic()
            with other.connect() as connection:
                connection.exec_driver_sql("SELECT * FROM busy").all()
            waits.append(time.monotonic() - started)
            time.sleep(0.02)

    def release_after_two_tries(event: Event) -> None:
        events.append(event)
        if sum(isinstance(each, RevisionRetried) for each in events) == 2 and not reader.closed:
            reader.close()

    thread = threading.Thread(target=read_meanwhile)
    thread.start()
    try:
        migrator = Migrator(
            engine, None, registry, ddl_lock_timeout=1.0, on_event=release_after_two_tries
        )
        report = migrator.upgrade()
    finally:
        done.set()
        thread.join()
        reader.close()

    assert [step.revision for step in report.steps] == ["q2"]
    assert max(waits) < 2.5  # the timeout, and some room for a busy machine
    assert [row for row in history_rows(engine) if row[2] == "running"] == []


def test_a_revision_may_have_its_own_timeout_and_the_tries_are_bounded(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last try the failure is told; the database is as before and nothing is locked."""
    monkeypatch.setattr("embedmig.runner.RETRIES", 1)
    engine = db.engine()
    registry = widening(ddl_lock_timeout=1.0)
    Migrator(engine, None, registry).upgrade("q1")

    with long_reader(engine):
        started = time.monotonic()
        with pytest.raises(MigrationFailed):
            Migrator(engine, None, registry, ddl_lock_timeout=60.0).upgrade()

    assert time.monotonic() - started < 20
    assert Migrator(engine, None, registry).upgrade().after == ("q2",)


@pytest.mark.parametrize("transactional", [True, False])
def test_what_was_done_before_it_gave_way_is_done_once(db: Database, transactional: bool) -> None:
    """Rolled back and done again, or recorded and passed over."""
    registry = Registry()

    @registry.revision("q1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("busy", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("effects", sa.Column("revision", sa.String(20)))

    @registry.revision("q2", down_revision="q1", transactional=transactional)
    def second(op: Operations) -> None:
        op.execute("INSERT INTO effects VALUES ('before')")
        op.create_table("beside", sa.Column("id", sa.Integer, primary_key=True))
        op.connection.execute(sa.text("INSERT INTO effects VALUES ('beside')"))
        op.add_column("busy", sa.Column("more", sa.Integer))
        op.execute("INSERT INTO effects VALUES ('after')")

    engine, tries = db.engine(), 0
    Migrator(engine, None, registry).upgrade("q1")
    reader = long_reader(engine)

    def release_after_two_tries(event: Event) -> None:
        nonlocal tries
        tries += isinstance(event, RevisionRetried)
        if tries == 2:
            reader.close()

    Migrator(
        engine, None, registry, ddl_lock_timeout=1.0, on_event=release_after_two_tries
    ).upgrade()

    assert tries == 2
    assert effects(engine) == ["after", "before", "beside"]
    assert history_rows(engine)[-1] == ("q2", "upgrade", "done", 4)


@pytest.mark.parametrize(
    ("timeout", "told"),
    [
        (0, {"postgresql": "1ms", "mariadb": 1}),
        (2.0, {"postgresql": "2s", "mariadb": 2}),
        (float("inf"), {"postgresql": "0", "mariadb": 31536000}),
    ],
)
@pytest.mark.parametrize("transactional", [True, False])
def test_what_the_server_is_told(
    db: Database, timeout: float, told: dict[str, str | int], transactional: bool
) -> None:
    """0 does not queue, though servers take it for no limit; infinity is no limit."""
    query = {"postgresql": "SHOW lock_timeout", "mariadb": "SELECT @@session.lock_wait_timeout"}
    seen: list[str | int] = []
    registry = Registry()

    @registry.revision(
        "q1", down_revision=None, ddl_lock_timeout=timeout, transactional=transactional
    )
    def first(op: Operations) -> None:
        seen.append(op.connection.exec_driver_sql(query[db.name]).scalar_one())

    Migrator(db.engine(), None, registry).upgrade()

    assert seen == [told[db.name]]


def test_settings_are_the_users_own_again(db: Database) -> None:
    """No timeout of ours is left on a pooled connection."""
    engine = db.engine(pool_size=1, max_overflow=0)
    query = {
        "postgresql": "SELECT current_setting('lock_timeout')"
        " || current_setting('application_name')",
        "mariadb": "SELECT @@session.lock_wait_timeout",
    }[db.name]
    with engine.connect() as connection:
        before = connection.exec_driver_sql(query).scalar()

    Migrator(engine, None, widening(ddl_lock_timeout=2.0)).upgrade()

    with engine.connect() as connection:
        assert connection.exec_driver_sql(query).scalar() == before
