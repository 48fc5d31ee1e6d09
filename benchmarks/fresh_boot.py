"""An empty database, 1,000 pending revisions, one transaction each: embedmig and Alembic.

    python -m benchmarks.fresh_boot [--count 1000] [--rounds 5]

Databases lie in memory. Every sample is a fresh process and a fresh database; the tools take turns,
and the best round of each counts: a busy machine only ever adds.
What is timed is the upgrade alone, after either tool's own imports and the driver's, with the
revisions loaded by it. embedmig writes a history row for every revision, Alembic writes none.
Exits with 1 where embedmig takes more than 0.5 × of Alembic's time on SQLite, or 0.7 × on the
servers.

"by hand" is the same without a tool: importing the modules, SQLAlchemy's own Table
and its compilation, and the statements of one transaction on the driver's cursor, records included.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import sqlalchemy as sa

from tests.servers import MariaDB, PostgreSQL, ram_directory, running

BOUNDS: Final = {"sqlite": 0.5, "postgresql": 0.7, "mariadb": 0.7}
BODIES: Final = {
    "create table": (
        'op.create_table("t{n}", sa.Column("id", sa.Integer, primary_key=True),'
        ' sa.Column("name", sa.String(50), nullable=False), sa.Column("at", sa.DateTime))'
    ),
    # Over 20 tables, where ALTER TABLE is quickest everywhere: with fewer the tables are too wide,
    # and with more SQLite reads a longer schema again for every statement.
    "add column": 'op.add_column("t{table}", sa.Column("c{n}", sa.Integer))',
}
TABLES: Final = (
    "for n in range(20):\n"
    '        op.create_table(f"t{n}", sa.Column("id", sa.Integer, primary_key=True))'
)
ENV: Final = """
import sqlalchemy as sa
from alembic import context
engine = sa.create_engine(context.config.get_main_option("url"))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""


def ids(count: int) -> list[str]:
    return [f"{number:012x}" for number in range(1, count + 1)]


def body(kind: str, number: int) -> str:
    if kind == "add column" and number == 1:
        return TABLES
    return BODIES[kind].format(n=number, table=number % 20)


def write_alembic(directory: Path, kind: str, count: int) -> None:
    (directory / "versions").mkdir(parents=True)
    (directory / "env.py").write_text(ENV)
    parent = None
    for number, id in enumerate(ids(count), 1):
        (directory / "versions" / f"{id}.py").write_text(
            "from alembic import op\nimport sqlalchemy as sa\n"
            f"revision = {id!r}\ndown_revision = {parent!r}\n"
            f"def upgrade():\n    {body(kind, number)}\n"
        )
        parent = id


def write_embedmig(directory: Path, kind: str, count: int) -> None:
    package = directory / "history"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from embedmig import Registry\nregistry = Registry(__name__)\n"
    )
    parent = None
    for number, id in enumerate(ids(count), 1):
        (package / f"m{number:05}.py").write_text(
            "import sqlalchemy as sa\nfrom . import registry\n"
            f"@registry.revision({id!r}, down_revision={parent!r})\n"
            f"def upgrade(op):\n    {body(kind, number)}\n"
        )
        parent = id


def write_by_hand(directory: Path, kind: str, count: int) -> None:
    package = directory / "functions"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("functions = []\n")
    for number in range(1, count + 1):
        (package / f"m{number:05}.py").write_text(
            "import sqlalchemy as sa\nfrom . import functions\n"
            f"@functions.append\ndef upgrade(op):\n    {body(kind, number)}\n"
        )


def run_alembic(directory: Path, url: str) -> float:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(directory))
    config.set_main_option("url", url)
    started = perf_counter()
    command.upgrade(config, "heads")
    return perf_counter() - started


def run_embedmig(directory: Path, url: str) -> float:
    sys.path.insert(0, str(directory))
    from embedmig import Migrator, Registry
    from embedmig.dialects import dialect_for

    # Alembic imports all it needs at once, embedmig when it is needed: that is not timed either.
    Migrator(sa.create_engine("sqlite://"), None, Registry()).upgrade()
    dialect_for(sa.make_url(url).get_dialect()())

    started = perf_counter()
    Migrator(sa.create_engine(url), None, "history").upgrade()
    return perf_counter() - started


class Cursor:
    """`op` without anything that a migration tool is for."""

    def __init__(self, connection: sa.Connection) -> None:
        self.dialect = connection.dialect
        self.cursor = connection.connection.cursor()
        self.compiler = connection.dialect.ddl_compiler(connection.dialect, None)  # type: ignore[arg-type]  # it compiles no statement

    def create_table(self, name: str, *columns: sa.Column[Any]) -> None:
        table = sa.Table(name, sa.MetaData(), *columns)
        self.cursor.execute(str(sa.schema.CreateTable(table).compile(dialect=self.dialect)))

    def add_column(self, name: str, column: sa.Column[Any]) -> None:
        sa.Table(name, sa.MetaData(), column)
        written = self.compiler.get_column_specification(column)
        self.cursor.execute(f"ALTER TABLE {name} ADD COLUMN {written}")


def run_by_hand(directory: Path, url: str) -> float:
    sys.path.insert(0, str(directory))
    started = perf_counter()
    functions = importlib.import_module("functions").functions
    for module in sorted(directory.glob("functions/m*.py")):
        importlib.import_module(f"functions.{module.stem}")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    mark = "?" if engine.dialect.paramstyle == "qmark" else "%s"
    begin = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "BEGIN"
    row = (1, "down", "upgrade", "done", 1, "0" * 64, None, "2020-01-01", "2020-01-01", 0.1)
    with engine.connect() as connection:
        op = Cursor(connection)
        execute = op.cursor.execute
        execute("CREATE TABLE v (n VARCHAR(255) PRIMARY KEY)")
        execute(f"CREATE TABLE h ({', '.join(f'c{n} VARCHAR(255)' for n in range(len(row)))})")
        execute("INSERT INTO v VALUES ('0')")
        for number, function in enumerate(functions, 1):
            execute(begin)
            execute("SELECT n FROM v")
            op.cursor.fetchall()
            function(op)
            execute(f"UPDATE v SET n = {mark} WHERE n = {mark}", (str(number), str(number - 1)))
            execute(f"INSERT INTO h VALUES ({', '.join([mark] * len(row))})", row)
            execute("COMMIT")
    return perf_counter() - started


WRITERS: Final = {"alembic": write_alembic, "by_hand": write_by_hand, "embedmig": write_embedmig}
RUNNERS: Final = {"alembic": run_alembic, "by_hand": run_by_hand, "embedmig": run_embedmig}


def sample(tool: str, directory: Path, url: str) -> float:
    code = (
        "import benchmarks.fresh_boot as b, pathlib; "
        f"b.sa.make_url({url!r}).get_dialect().import_dbapi(); "
        f"print(b.RUNNERS[{tool!r}](pathlib.Path({str(directory)!r}), {url!r}))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    return float(answer.stdout.split()[-1])


_numbers = itertools.count()


def fresh_url(name: str, server: str) -> str:
    if name == "sqlite":
        return f"sqlite:///{server}/b{next(_numbers)}.db"
    database = f"b{next(_numbers)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {database}")
    engine.dispose()
    return sa.make_url(server).set(database=database).render_as_string(hide_password=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--on", choices=BOUNDS, action="append")
    arguments = parser.parse_args()
    failed = False
    print(f"{'':26}{'Alembic':>10}{'by hand':>17}{'embedmig':>17}{'bound':>8}")
    with ExitStack() as stack:
        home = stack.enter_context(ram_directory())
        kinds = {"postgresql": PostgreSQL, "mariadb": MariaDB}
        for name in arguments.on or BOUNDS:
            kind_of_server = kinds.get(name)
            server = str(home)
            if kind_of_server is not None:
                server = stack.enter_context(running(kind_of_server)).url
            for kind in BODIES:
                with tempfile.TemporaryDirectory() as scripts:
                    for tool, write in WRITERS.items():
                        write(Path(scripts, tool), kind, arguments.count)
                    times: dict[str, list[float]] = {tool: [] for tool in RUNNERS}
                    for _ in range(arguments.rounds):
                        for tool in RUNNERS:
                            url = fresh_url(name, server)
                            times[tool].append(sample(tool, Path(scripts, tool), url))
                theirs, floor, ours = (min(times[tool]) for tool in RUNNERS)
                failed |= ours / theirs > BOUNDS[name]
                print(
                    f"{name:11}{kind:15}{theirs:9.2f}s{floor:9.2f}s ({floor / theirs:.2f})"
                    f"{ours:9.2f}s ({ours / theirs:.2f}){BOUNDS[name]:8.2f}"
                    f"{'' if ours / theirs <= BOUNDS[name] else '  FAILED'}",
                    flush=True,
                )
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
