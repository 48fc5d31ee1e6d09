"""A connection that the server ends: never two runners, never a record without its work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from embedmig import Migrator, Operations, Registry
from embedmig.errors import DatabaseUnreachable, LockLost
from embedmig.events import Event, WaitingForLock
from tests.boot import EFFECTS, boot_once, effects, history_rows, in_thread, versions
from tests.databases import Database

pytestmark = pytest.mark.faults

OWN_ID = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT CONNECTION_ID()"}
END = {"postgresql": "SELECT pg_terminate_backend({})", "mariadb": "KILL CONNECTION {}"}
MOMENTS = ("before the first operation", "between two", "after the last")


def end_connection(db: Database, number: int) -> None:
    """What an administrator, a failover or a timeout does to a connection."""
    engine = sa.create_engine(db.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as admin:
        admin.exec_driver_sql(END[db.name].format(number))


def interrupted(
    db: Database, at: str, *, transactional: bool, interrupt: Callable[[int], None]
) -> Registry:
    """Three revisions; in the second one `interrupt` is called with the connection's number."""
    registry = Registry()

    def moment(op: Operations, name: str) -> None:
        if name == at:
            interrupt(int(op.connection.exec_driver_sql(OWN_ID[db.name]).scalar_one()))

    def note(op: Operations, id: str) -> None:
        op.bulk_insert(EFFECTS, [{"revision": id}])

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("effects", sa.Column("revision", sa.String(20)))
        note(op, "r1")

    @registry.revision("r2", down_revision="r1", transactional=transactional)
    def second(op: Operations) -> None:
        moment(op, MOMENTS[0])
        op.create_table("t2", sa.Column("id", sa.Integer, primary_key=True))
        moment(op, MOMENTS[1])
        note(op, "r2")
        moment(op, MOMENTS[2])

    @registry.revision("r3", down_revision="r2")
    def third(op: Operations) -> None:
        note(op, "r3")

    return registry


@pytest.mark.only_on("postgresql", "mariadb")
@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize("at", MOMENTS)
def test_a_connection_that_the_server_ends(db: Database, at: str, transactional: bool) -> None:
    """LockLost; r2 is not recorded; the next boot finishes, each effect once."""
    ended = interrupted(
        db, at, transactional=transactional, interrupt=lambda number: end_connection(db, number)
    )
    whole = interrupted(db, "never", transactional=transactional, interrupt=lambda _: None)

    with pytest.raises(LockLost):
        Migrator(db.engine(), None, ended).upgrade()

    assert versions(db.engine()) == ["r1"]
    assert ("r2", "upgrade", "done") not in [row[:3] for row in history_rows(db.engine())]

    booted = boot_once(db.dsn, whole)

    assert booted.error is None
    assert booted.steps == ("r2", "r3")
    assert effects(db.engine()) == ["r1", "r2", "r3"]
    assert versions(db.engine()) == ["r3"]


@pytest.mark.only_on("postgresql", "mariadb")
@pytest.mark.parametrize("transactional", [True, False])
def test_who_lost_its_connection_writes_nothing_after_another_has_taken_over(
    db: Database, transactional: bool
) -> None:
    """The first runner wakes up when the second one is done: it can do nothing but say LockLost."""
    lost, done = threading.Event(), threading.Event()

    def lose_and_sleep(number: int) -> None:
        end_connection(db, number)
        lost.set()
        assert done.wait(30)

    sleeper = interrupted(db, MOMENTS[1], transactional=transactional, interrupt=lose_and_sleep)
    whole = interrupted(db, "never", transactional=transactional, interrupt=lambda _: None)
    thread, results = in_thread(lambda: boot_past_the_turnstile(db, sleeper))
    assert lost.wait(30)

    booted = boot_once(db.dsn, whole)
    done.set()
    thread.join(30)

    assert booted.error is None
    assert booted.steps == ("r2", "r3")
    assert isinstance(results[0], LockLost)
    assert effects(db.engine()) == ["r1", "r2", "r3"]
    assert versions(db.engine()) == ["r3"]


def boot_past_the_turnstile(db: Database, registry: Registry) -> Any:
    """Boot without this process's turnstile, as another process would: the host has two names."""
    url = db.url.set(host="localhost" if db.url.host == "127.0.0.1" else db.url.host)
    try:
        return Migrator(sa.create_engine(url, poolclass=NullPool), None, registry).upgrade()
    except LockLost as error:
        return error


@pytest.mark.only_on("postgresql", "mariadb")
@pytest.mark.parametrize("connect_timeout", [0.0, 30.0])
def test_who_loses_its_connection_while_waiting_has_lost_nothing(
    db: Database, connect_timeout: float
) -> None:
    """It has begun no revision: with connect_timeout it connects again and waits on."""
    begun, waiting, done = threading.Event(), threading.Event(), threading.Event()

    def hold(_: int) -> None:
        begun.set()
        assert done.wait(30)

    holding = interrupted(db, MOMENTS[1], transactional=True, interrupt=hold)
    url = db.url.set(host="localhost" if db.url.host == "127.0.0.1" else db.url.host)
    engine = sa.create_engine(url, poolclass=NullPool)
    opened: list[int] = []
    thread, results = in_thread(lambda: Migrator(db.engine(), None, holding).upgrade())
    assert begun.wait(30)

    def tell(event: Event) -> None:
        if isinstance(event, WaitingForLock):
            waiting.set()

    @sa.event.listens_for(engine, "connect")
    def note(driver: Any, _: object) -> None:
        with driver.cursor() as cursor:
            cursor.execute(OWN_ID[db.name])
            opened.append(int(cursor.fetchone()[0]))
        driver.rollback()

    def wait() -> Any:
        migrator = Migrator(engine, None, holding, connect_timeout=connect_timeout, on_event=tell)
        try:
            return migrator.upgrade()
        except DatabaseUnreachable as error:
            return error

    waiter, waited = in_thread(wait)
    assert waiting.wait(30)
    end_connection(db, opened[-1])
    if connect_timeout == 0:
        waiter.join(30)
    done.set()
    thread.join(30)
    waiter.join(30)

    assert [step.revision for step in results[0].steps] == ["r1", "r2", "r3"]
    if connect_timeout == 0:
        assert isinstance(waited[0], DatabaseUnreachable)
    else:
        assert waited[0].after == ("r3",)
        assert not waited[0].steps


@pytest.mark.only_on("postgresql", "mariadb")
def test_a_lock_that_is_lost_while_the_connection_lives_stops_the_revision(db: Database) -> None:
    """Outside a transaction the lock is looked at before every operation and with every record."""
    registry = Registry()
    release = {
        "postgresql": "SELECT pg_advisory_unlock_all()",
        "mariadb": "SELECT RELEASE_ALL_LOCKS()",
    }[db.name]

    @registry.revision("r1", down_revision=None, transactional=False)
    def first(op: Operations) -> None:
        op.create_table("t1", sa.Column("id", sa.Integer, primary_key=True))
        op.connection.exec_driver_sql(release)
        op.create_table("t2", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("t3", sa.Column("id", sa.Integer, primary_key=True))

    with pytest.raises(LockLost):
        Migrator(db.engine(), None, registry).upgrade()

    assert versions(db.engine()) == []
    assert "t3" not in sa.inspect(db.engine()).get_table_names()


@pytest.mark.only_on("mariadb")
def test_a_lock_that_is_lost_before_the_first_operation_begins_nothing(db: Database) -> None:
    """The row that begins a revision is written only by who holds the lock."""
    registry = Registry()

    @registry.revision("r1", down_revision=None)
    def first(op: Operations) -> None:
        sink: Any = op._destination  # op.connection would begin the row itself
        sink.migration_connection.exec_driver_sql("SELECT RELEASE_ALL_LOCKS()")
        op.create_table("t1", sa.Column("id", sa.Integer, primary_key=True))

    with pytest.raises(LockLost):
        Migrator(db.engine(), None, registry).upgrade()

    assert sa.inspect(db.engine()).get_table_names() == ["embedmig_history", "embedmig_version"]
    assert history_rows(db.engine()) == []


@pytest.mark.only_on("postgresql")
def test_a_version_row_that_somebody_moved_takes_the_work_back(db: Database) -> None:
    """The record travels with COMMIT, and refuses itself where the row is gone."""
    registry = interrupted(db, MOMENTS[2], transactional=True, interrupt=lambda _: _move(db))
    with pytest.raises(LockLost, match="written by another process"):
        Migrator(db.engine(), None, registry).upgrade()

    assert versions(db.engine()) == ["elsewhere"]
    assert effects(db.engine()) == ["r1"]
    assert "t2" not in sa.inspect(db.engine()).get_table_names()
    assert [row[0] for row in history_rows(db.engine())] == ["r1"]


def _move(db: Database) -> None:
    with sa.create_engine(db.url, poolclass=NullPool).begin() as other:
        other.exec_driver_sql("UPDATE embedmig_version SET version_num = 'elsewhere'")
