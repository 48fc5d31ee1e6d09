"""Compare 1,000 tables in which nothing differs: embedmig, SQLAlchemy's own reflection, Alembic.

    python -m benchmarks.autogenerate [--tables 1000] [--rounds 3] [--on sqlite …]

Ten columns, two indexes and a foreign key a table. Every sample is a fresh process on the same
database, and the three take turns; a sample begins when the metadata is there and the connection
is open. *floor* is SQLAlchemy's bulk reflection alone, which compares nothing; *queries* are what
was sent. Alembic compares types and server defaults, as embedmig does. Exits with 1 where embedmig
takes more than a third of Alembic's time.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Final

import sqlalchemy as sa

from tests.databases import SqliteFiles, find_mariadb, find_postgresql, fresh

LIMIT: Final = 1 / 3
DATABASES: Final = ("sqlite", "postgresql", "mariadb")
WAYS: Final = ("embedmig", "floor", "alembic")


def metadata(tables: int) -> sa.MetaData:
    """The same tables every time."""
    made = sa.MetaData()
    for number in range(tables):
        sa.Table(
            f"table_{number:05d}",
            made,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("parent_id", sa.ForeignKey(f"table_{max(number - 1, 0):05d}.id"), index=True),
            sa.Column("name", sa.String(50), nullable=False, server_default="x"),
            sa.Column("code", sa.String(20), unique=True),
            sa.Column("amount", sa.Numeric(10, 2), nullable=False),
            sa.Column("count", sa.Integer, nullable=False, server_default=sa.text("0")),
            sa.Column("note", sa.Text),
            sa.Column("made_at", sa.DateTime, server_default=sa.text("CURRENT_TIMESTAMP")),
            sa.Column("due", sa.Date),
            sa.Column("big", sa.BigInteger),
            sa.Index(f"ix_table_{number:05d}_two", "name", "due"),
        )
    return made


# -- one sample, in a process of its own -----------------------------------------------------------


def sample(way: str, url: str, tables: int) -> tuple[float, int]:
    """Seconds and queries."""
    wanted, engine = metadata(tables), sa.create_engine(url)
    queries: list[str] = []
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        sa.event.listen(connection, "before_cursor_execute", lambda *a: queries.append(a[2]))
        compare = {"embedmig": embedmig, "floor": floor, "alembic": alembic}[way]
        start = perf_counter()
        left = compare(connection, wanted)
        seconds = perf_counter() - start
    assert not left or way == "alembic", left
    return seconds, len(queries)


def embedmig(connection: sa.Connection, wanted: sa.MetaData) -> object:
    from embedmig.autogen.compare import diff
    from embedmig.dialects import dialect_for
    from embedmig.options import CompareOptions

    dialect = dialect_for(connection.dialect)
    return diff(connection, wanted, dialect=dialect, options=CompareOptions())


def floor(connection: sa.Connection, wanted: sa.MetaData) -> object:
    inspector = sa.inspect(connection)
    inspector.get_multi_columns()
    inspector.get_multi_pk_constraint()
    inspector.get_multi_unique_constraints()
    inspector.get_multi_foreign_keys()
    inspector.get_multi_indexes()
    return ()


def alembic(connection: sa.Connection, wanted: sa.MetaData) -> object:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    options = {"compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), wanted)


# -- all of them ----------------------------------------------------------------------------------


@contextmanager
def database(name: str) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    with tempfile.TemporaryDirectory() as home:
        finders = {"postgresql": find_postgresql, "mariadb": find_mariadb}
        find = finders.get(name, lambda _: SqliteFiles(Path(home)))
        with fresh(name, find(None)) as made:
            yield made.dsn


def measure(name: str, tables: int, rounds: int) -> bool:
    """Print one database's line; whether embedmig is quick enough."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    queries: dict[str, int] = {}
    with database(name) as url:
        engine = sa.create_engine(url)
        metadata(tables).create_all(engine)
        engine.dispose()
        for _ in range(rounds):
            for way in WAYS:
                command = [sys.executable, "-m", "benchmarks.autogenerate", "--sample", way, url]
                output = subprocess.check_output([*command, "--tables", str(tables)], text=True)
                seconds, count = output.split()
                found[way].append(float(seconds))
                queries[way] = int(count)
    medians = {way: statistics.median(times) for way, times in found.items()}
    share = medians["embedmig"] / medians["alembic"]
    times = "  ".join(f"{way} {medians[way]:6.3f} s ({queries[way]} queries)" for way in WAYS)
    print(f"{name:<11} {times}  {share:.2f} of Alembic's time", flush=True)
    return share <= LIMIT


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--on", nargs="*", choices=DATABASES, default=DATABASES)
    parser.add_argument("--sample", nargs=2, metavar=("WAY", "URL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sample:
        print(*sample(*arguments.sample, arguments.tables))
        return 0
    quick = [measure(name, arguments.tables, arguments.rounds) for name in arguments.on]
    return 0 if all(quick) else 1


if __name__ == "__main__":
    raise SystemExit(main())
