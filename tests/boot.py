"""Processes that boot one application at the same moment, and what they report.

The processes come from a fork server that has imported everything, so that eight of them start
within milliseconds of each other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from embedmig import Migrator, Operations, Registry
from tests.databases import Database

CONTEXT = multiprocessing.get_context("forkserver")
# Whatever a child needs is imported once, in the server, and forked.
CONTEXT.set_forkserver_preload(
    [
        "tests.boot",
        "pytest",
        "psycopg",
        "pymysql",
        "sqlalchemy.dialects.postgresql.psycopg",
        "sqlalchemy.dialects.mysql.pymysql",
        "sqlalchemy.dialects.sqlite",
        "embedmig.runner",
        "embedmig.dialects.postgresql",
        "embedmig.dialects.mysql",
        "embedmig.dialects.sqlite",
    ]
)

EFFECTS = sa.table("effects", sa.column("revision"))


@dataclass(frozen=True)
class Booted:
    """What one process saw."""

    pid: int
    error: str | None
    steps: tuple[str, ...] = ()
    waited: float = 0.0
    waited_for: str | None = None
    seconds: float = 0.0


def history(count: int = 5, *, pause: float = 0.0, outside: tuple[int, ...] = ()) -> Registry:
    """Revisions r1…rN: each makes a table, adds a column, and leaves one row in `effects`."""
    registry = Registry()

    def body(number: int) -> Callable[[Operations], None]:
        def upgrade(op: Operations) -> None:
            if number == 1:
                op.create_table("effects", sa.Column("revision", sa.String(20)))
            op.create_table(f"t{number}", sa.Column("id", sa.Integer, primary_key=True))
            time.sleep(pause)
            op.add_column(f"t{number}", sa.Column("note", sa.String(20)))
            op.bulk_insert(EFFECTS, [{"revision": f"r{number}"}])  # type: ignore[arg-type]  # a lightweight table

        return upgrade

    def way_back(number: int) -> Callable[[Operations], None]:
        def downgrade(op: Operations) -> None:
            op.execute(f"DELETE FROM effects WHERE revision = 'r{number}'")
            op.drop_table(f"t{number}")
            if number == 1:
                op.drop_table("effects")

        return downgrade

    for number in range(1, count + 1):
        revision = registry.revision(
            f"r{number}",
            down_revision=f"r{number - 1}" if number > 1 else None,
            transactional=number not in outside,
        )(body(number))
        revision.downgrade(way_back(number))
    return registry


def boot_once(url: str, registry: Registry, target: str = "heads", **options: Any) -> Booted:
    """Boot in this thread; errors are reported, not raised."""
    started = time.monotonic()
    engine = sa.create_engine(url, poolclass=NullPool)
    try:
        report = Migrator(engine, None, registry, **options).upgrade(target)
    except Exception:
        return Booted(os.getpid(), traceback.format_exc())
    finally:
        engine.dispose()
    return Booted(
        os.getpid(),
        None,
        tuple(step.revision for step in report.steps),
        report.waited,
        report.waited_for,
        time.monotonic() - started,
    )


class Fleet:
    """Processes that wait to boot, round after round, each time all at the same moment.

    Every round is a boot from nothing but the process: its registry, its engine and its connections
    are new. At the end every process must exit by itself, with 0.
    """

    def __init__(self, count: int) -> None:
        self.start = CONTEXT.Barrier(count)
        pipes = [CONTEXT.Pipe() for _ in range(count)]
        self.ours = [ours for ours, _ in pipes]
        self.processes = [
            CONTEXT.Process(target=_serve, args=(theirs, self.start)) for _, theirs in pipes
        ]
        for process in self.processes:
            process.start()

    def boot(self, url: str, spec: dict[str, Any] | None = None, **options: Any) -> list[Booted]:
        """Boot in all of them at once; every one of them must end its round by itself."""
        for pipe in self.ours:
            pipe.send((url, spec or {}, options))
        return [self._answer(pipe) for pipe in self.ours]

    def _answer(self, pipe: Any) -> Booted:
        assert pipe.poll(120), "a process does not come to an end"
        booted: Booted = pipe.recv()
        return booted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self.ours:
            pipe.send(None)
        for process in self.processes:
            process.join(30)
        assert [process.exitcode for process in self.processes] == [0] * len(self.processes)


def _serve(pipe: Any, start: Any) -> None:
    while (job := pipe.recv()) is not None:
        url, spec, options = job
        registry = history(**spec)
        start.wait()
        pipe.send(boot_once(url, registry, **options))


def boot_processes(
    url: str, count: int, spec: dict[str, Any] | None = None, **options: Any
) -> list[Booted]:
    """Boot in `count` processes at once."""
    with Fleet(count) as fleet:
        return fleet.boot(url, spec, **options)


def boot_threads(urls: list[str], registry: Registry | None = None, **options: Any) -> list[Booted]:
    """Boot in one thread for every URL at once."""
    start, booted = threading.Barrier(len(urls)), []
    shared = registry or history()

    def run(url: str) -> None:
        start.wait()
        booted.append(boot_once(url, shared, **options))

    threads = [threading.Thread(target=run, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return booted


def with_effects(id: str = "r1") -> Registry:
    """A history to go on with: its first revision makes `effects`, and nothing else."""
    registry = Registry()

    @registry.revision(id, down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("effects", sa.Column("revision", sa.String(20)))

    return registry


def effects(engine: sa.Engine) -> list[str]:
    """What the bodies left behind, sorted."""
    with engine.connect() as connection:
        return sorted(connection.execute(sa.select(EFFECTS.c.revision)).scalars())


def takes(engine: sa.Engine, statement: str) -> bool:
    """Whether the server takes the statement, tried and rolled back."""
    with engine.connect() as connection:
        try:
            connection.execute(sa.text(statement))
        except sa.exc.DBAPIError:
            return False
        finally:
            connection.rollback()
    return True


def versions(engine: sa.Engine) -> list[str]:
    """The rows of the version table."""
    with engine.connect() as connection:
        return sorted(
            connection.execute(sa.text("SELECT version_num FROM embedmig_version")).scalars()
        )


def history_rows(engine: sa.Engine) -> list[tuple[str, str, str, int]]:
    """(revision, direction, status, operations done) of every run, in order."""
    with engine.connect() as connection:
        query = (
            "SELECT revision, direction, status, operations_done FROM embedmig_history ORDER BY id"
        )
        return [tuple(row) for row in connection.execute(sa.text(query))]


def history_of(*bodies: Callable[[Operations], None]) -> Registry:
    """Revisions r0, r1, … with these bodies."""
    registry, parent = Registry(), None
    for number, body in enumerate(bodies):
        registry.revision(f"r{number}", down_revision=parent)(body)
        parent = f"r{number}"
    return registry


def makes(name: str) -> Callable[[Operations], None]:
    """A body that makes a table."""

    def body(op: Operations) -> None:
        op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))

    return body


def records(db: Database) -> list[sa.Row[Any]]:
    """The rows of the history, in order."""
    with db.engine().connect() as connection:
        return list(connection.execute(sa.text("SELECT * FROM embedmig_history ORDER BY id")))


def tables_of(db: Database) -> set[str]:
    """The names of the tables that there are."""
    return set(sa.inspect(db.engine()).get_table_names())


def boot_and_die(url: str, at: int, when: str, spec: dict[str, Any]) -> None:
    """Boot, and be killed before or after the n-th statement reaches the driver."""
    seen = 0

    def die(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, when, die)
    boot_once(url, history(**spec))


def started_until(function: Callable[..., None], *args: Any, ready_within: float = 30) -> Any:
    """Start `function(*args, ready)` in a process; returns it as soon as it has set `ready`."""
    ready = CONTEXT.Event()
    process = CONTEXT.Process(target=function, args=(*args, ready))
    process.start()
    assert ready.wait(ready_within), f"the process is not ready: exit code {process.exitcode}"
    return process


def in_thread(function: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Run it beside this thread; the list has its result when the thread has ended."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    return thread, results
