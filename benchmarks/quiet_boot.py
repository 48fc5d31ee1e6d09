"""A boot that finds nothing pending: in one process, cold with 1,000 modules, and the import alone.

    python -m benchmarks.quiet_boot [--rounds 15]

*warm*: `Migrator.upgrade()` beside a bare SELECT through the same engine (connect, execute, fetch,
close), for histories of 1, 1,000 and 10,000 revisions, on servers whose data lies in memory.
*cold*: a fresh process with 1,000 revisions in 1,000 modules, beside importing these modules, and
Alembic.
*import*: what `import embedmig` adds to an imported SQLAlchemy. Bytecode is there each time.
Minima are compared. Exits with 1 where warm takes more than 1.2 ×, cold more than 1.3 ×, or the
import more than 10 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import sqlalchemy as sa

from benchmarks.fresh_boot import write_alembic, write_embedmig
from embedmig import Migrator, Registry
from tests.servers import MariaDB, PostgreSQL, ram_directory, running

WARM, COLD, IMPORT_MS = 1.2, 1.3, 10.0
LENGTHS: Final = (1, 1_000, 10_000)


def line_of(length: int) -> Registry:
    registry, parent = Registry(), None
    for number in range(length):
        registry.revision(f"r{number}", down_revision=parent)(lambda op: None)
        parent = f"r{number}"
    return registry


def bare(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT version_num FROM embedmig_version")).all()


def interleaved(calls: list[Callable[[], object]], rounds: int) -> list[float]:
    """The best of many samples of each, in milliseconds; they take turns."""
    best = [float("inf")] * len(calls)
    for _ in range(rounds * 20):
        for position, call in enumerate(calls):
            started = perf_counter()
            for _ in range(10):
                call()
            best[position] = min(best[position], (perf_counter() - started) * 100)
    return best


def warm(name: str, url: str, rounds: int) -> bool:
    ok = True
    for length in LENGTHS:
        engine = sa.create_engine(url)
        registry = line_of(length)
        migrator = Migrator(engine, None, registry)
        migrator.stamp("head", purge=True)
        floor, ours = interleaved([partial(bare, engine), migrator.upgrade], rounds)
        ok &= ours <= floor * WARM
        print(
            f"warm   {name:11}{length:>7} revisions  SELECT {floor:6.3f} ms"
            f"  embedmig {ours:6.3f} ms  {ours / floor:5.2f} (bound {WARM})",
            flush=True,
        )
        engine.dispose()
    return ok


COLD_CODE: Final = {
    "modules": (
        "import sys; sys.path.insert(0, {path!r}); import sqlalchemy, embedmig, pkgutil\n"
        "from time import perf_counter; s = perf_counter()\n"
        "import importlib, history\n"
        "for m in pkgutil.iter_modules(history.__path__, 'history.'):\n"
        "    importlib.import_module(m.name)\n"
        "print(perf_counter() - s)"
    ),
    "embedmig": (
        "import sys; sys.path.insert(0, {path!r}); import sqlalchemy as sa, embedmig\n"
        "from time import perf_counter; e = sa.create_engine({url!r}); e.connect().close()\n"
        "s = perf_counter()\n"
        "embedmig.Migrator(e, None, 'history').upgrade()\n"
        "print(perf_counter() - s)"
    ),
    "alembic": (
        "import sqlalchemy as sa, alembic.command, alembic.config\n"
        "from time import perf_counter\n"
        "c = alembic.config.Config(); c.set_main_option('script_location', {alembic!r})\n"
        "c.set_main_option('url', {url!r})\n"
        "s = perf_counter()\n"
        "alembic.command.upgrade(c, 'heads')\n"
        "print(perf_counter() - s)"
    ),
}


def fresh(code: str) -> float:
    """What a fresh process with bytecode prints."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    return float(answer.stdout.split()[-1])


def cold(rounds: int) -> bool:
    with ram_directory() as home, tempfile.TemporaryDirectory() as scripts:
        write_embedmig(Path(scripts, "e"), "create table", 1000)
        write_alembic(Path(scripts, "a"), "create table", 1000)
        url = f"sqlite:///{home}/cold.db"
        places = {"path": str(Path(scripts, "e")), "alembic": str(Path(scripts, "a")), "url": url}
        codes = {name: code.format(**places) for name, code in COLD_CODE.items()}
        fresh(codes["embedmig"])
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            copy = "CREATE TABLE alembic_version AS SELECT * FROM embedmig_version"
            connection.exec_driver_sql(copy)
        fresh(codes["alembic"])
        times = {name: [] for name in codes}
        for _ in range(rounds):
            for name, code in codes.items():
                times[name].append(fresh(code))
        best = {name: min(samples) * 1000 for name, samples in times.items()}
        ratio = best["embedmig"] / best["modules"]
        print(
            f"cold   1,000 modules: importing {best['modules']:.0f} ms,"
            f" embedmig {best['embedmig']:.0f} ms, Alembic {best['alembic']:.0f} ms;"
            f" {ratio:.2f} (bound {COLD})"
        )
        return ratio <= COLD


def import_time(rounds: int) -> bool:
    code = (
        "import sqlalchemy; from time import perf_counter; s = perf_counter()\n"
        "import embedmig\nprint(perf_counter() - s)"
    )
    samples = [fresh(code) * 1000 for _ in range(rounds + 1)][1:]
    best = min(samples)
    print(
        f"import embedmig: {best:.1f} ms (median {statistics.median(samples):.1f}) on top of"
        f" SQLAlchemy (bound {IMPORT_MS:.0f} ms)"
    )
    return best <= IMPORT_MS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    ok = import_time(rounds)
    ok &= cold(min(rounds, 7))
    with ExitStack() as stack:
        home = stack.enter_context(ram_directory())
        ok &= warm("sqlite", f"sqlite:///{home}/warm.db", rounds)
        for kind in (PostgreSQL, MariaDB):
            server = stack.enter_context(running(kind))
            url = sa.make_url(server.url)
            if kind is MariaDB:
                engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
                with engine.connect() as connection:
                    connection.exec_driver_sql("CREATE DATABASE warm")
                url = url.set(database="warm")
            ok &= warm(kind.__name__.lower(), url.render_as_string(hide_password=False), rounds)
    return int(not ok)


if __name__ == "__main__":
    raise SystemExit(main())
