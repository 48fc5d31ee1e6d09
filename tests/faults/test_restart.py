"""The server is stopped without a word and started again, in the middle of a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from embedmig import Migrator
from embedmig.errors import DatabaseReadOnly, DatabaseUnreachable, EmbedmigError
from embedmig.events import Event, OperationStarted, WaitingForDatabase
from tests.faults.harness import OPERATIONS, boot, registry, state
from tests.faults.table import survived
from tests.servers import MariaDB, PostgreSQL, Server, running

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.starts("postgresql", "mariadb")]


def fresh_database(server: Server, number: int) -> str:
    """The URL of a new database on the server."""
    name = f"fault{number}"
    administer(server, f"CREATE DATABASE {name}")
    return sa.make_url(server.url).set(database=name).render_as_string(hide_password=False)


@pytest.mark.parametrize("kind", [PostgreSQL, MariaDB])
def test_the_server_is_stopped_at_any_operation(kind: type[Server]) -> None:
    """A typed error, and after the restart one more boot ends as an undisturbed run."""
    name = kind.__name__.lower()
    with running(kind) as server:
        undisturbed = fresh_database(server, 0)
        boot(undisturbed)
        wanted = state(sa.create_engine(undisturbed, poolclass=NullPool))
        for number in range(1, OPERATIONS + 1, 3):
            url, seen = fresh_database(server, number), 0

            def stop(event: Event, number: int = number) -> None:
                nonlocal seen
                seen += isinstance(event, OperationStarted)
                if isinstance(event, OperationStarted) and seen == number:
                    server.stop()

            with pytest.raises(EmbedmigError):
                boot(url, stop)
            server.start()

            boot(url)

            assert state(sa.create_engine(url, poolclass=NullPool)) == wanted
            survived("server stopped (immediate) and started", name)


def boot_that_waits(url: str) -> None:
    """It meets a database that is not ready, says so, and has migrated it in the end."""
    events: list[Event] = []

    boot(url, events.append, connect_timeout=60.0)

    assert any(isinstance(event, WaitingForDatabase) for event in events)
    engine = sa.create_engine(url, poolclass=NullPool)
    Migrator(engine, None, registry()).verify()


@pytest.mark.parametrize("kind", [PostgreSQL, MariaDB])
def test_a_server_that_is_not_up_yet_is_waited_for(kind: type[Server]) -> None:
    """connect_timeout: refused connections are tried again until the server answers."""
    with running(kind) as server:
        url = fresh_database(server, 0)
        server.stop()
        threading.Timer(1.5, server.start).start()
        boot_that_waits(url)
        survived("server not up yet", kind.__name__.lower())


def take_no_writes(server: Server) -> Callable[[], None]:
    """Make a hot standby of it, or a read-only server; what is returned promotes it."""
    if isinstance(server, PostgreSQL):
        server.stop()
        (server.data / "standby.signal").touch()
        server.start()
        return lambda: administer(server, "SELECT pg_promote()")
    administer(server, "SET GLOBAL read_only = 1")
    return lambda: administer(server, "SET GLOBAL read_only = 0")


def administer(server: Server, statement: str) -> None:
    """One statement, outside of every database that is migrated."""
    engine = sa.create_engine(server.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("kind", [PostgreSQL, MariaDB])
def test_a_replica_is_waited_for_until_it_is_promoted(kind: type[Server]) -> None:
    """DatabaseReadOnly at once, or what an undisturbed run leaves, once it takes writes."""
    with running(kind) as server:
        url = fresh_database(server, 0)
        promote = take_no_writes(server)
        with pytest.raises(DatabaseReadOnly):
            boot(url)
        threading.Timer(1.5, promote).start()
        boot_that_waits(url)
        survived("a replica, promoted later", kind.__name__.lower())


@pytest.mark.parametrize("kind", [PostgreSQL, MariaDB])
def test_waiting_for_a_server_has_an_end(kind: type[Server]) -> None:
    """After connect_timeout seconds DatabaseUnreachable is raised."""
    with running(kind) as server:
        url = fresh_database(server, 0)
        server.stop()
        started = time.monotonic()

        with pytest.raises(DatabaseUnreachable):
            boot(url, connect_timeout=1.0)

        assert 1.0 <= time.monotonic() - started < 10
        server.start()


def test_a_wrong_password_is_not_tried_again(postgresql: object) -> None:
    """Only what may pass by itself is tried again."""
    url = "postgresql+psycopg://nobody_at_all:wrong@127.0.0.1:5432/postgres"
    started = time.monotonic()

    with pytest.raises(DatabaseUnreachable):
        boot(url, connect_timeout=30.0)

    assert time.monotonic() - started < 10
