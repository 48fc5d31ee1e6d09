"""The script of 1,000 revisions: embedmig and Alembic, and SQLAlchemy's own compile of the tables.

    python -m benchmarks.render_sql [--count 1000] [--rounds 5]

Every sample is a fresh process; the tools take turns. What is measured is the CPU time of the
rendering (nothing waits in it), with the revisions loaded by it, after imports. embedmig's script
holds guards, the lock and a history row for every revision, Alembic's none of them. Exits with 1
where embedmig takes more than 0.6 × of Alembic's time.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time
from typing import Final

import sqlalchemy as sa

from benchmarks.fresh_boot import BODIES, write_alembic, write_embedmig

BOUND: Final = 0.6
KIND: Final = "create table"
ENV: Final = """
from alembic import context
context.configure(url="postgresql+psycopg://", literal_binds=True,
                  dialect_opts={"paramstyle": "named"}, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
"""


def run_alembic(directory: Path, _count: int) -> float:
    from alembic import command
    from alembic.config import Config

    config = Config(output_buffer=io.StringIO())
    config.set_main_option("script_location", str(directory))
    started = process_time()
    command.upgrade(config, "heads", sql=True)
    return process_time() - started


def run_embedmig(directory: Path, count: int) -> float:
    sys.path.insert(0, str(directory))
    import embedmig.dialects.postgresql
    import embedmig.dialects.postgresql_script
    import embedmig.script  # noqa: F401 - Alembic's are imported by now, too
    from embedmig import Migrator

    engine = sa.create_engine("postgresql+psycopg://")
    started = process_time()
    script = Migrator(engine, None, "history").render_sql()
    taken = process_time() - started
    assert script.count("\nCREATE TABLE t") == count
    return taken


def run_floor(_directory: Path, count: int) -> float:
    from sqlalchemy.dialects.postgresql.base import PGDialect

    dialect, makers = PGDialect(), []
    for number in range(count):
        body = BODIES[KIND].format(n=number).removeprefix("op.create_table(")
        source = "sa.Table(" + body.replace(",", ", sa.MetaData(),", 1)
        makers.append(eval(f"lambda: {source}", {"sa": sa}))
    started = process_time()
    tables = [maker() for maker in makers]
    texts = [str(sa.schema.CreateTable(table).compile(dialect=dialect)) for table in tables]
    taken = process_time() - started
    assert len(texts) == count
    return taken


RUNNERS: Final = {"alembic": run_alembic, "embedmig": run_embedmig, "floor": run_floor}


def sample(tool: str, directory: Path, count: int) -> float:
    code = (
        "import benchmarks.render_sql as b, pathlib;"
        f"print(b.RUNNERS[{tool!r}](pathlib.Path({str(directory)!r}), {count}))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    return float(answer.stdout.split()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scripts:
        write_alembic(Path(scripts, "alembic"), KIND, arguments.count)
        Path(scripts, "alembic", "env.py").write_text(ENV)
        write_embedmig(Path(scripts, "embedmig"), KIND, arguments.count)
        times: dict[str, list[float]] = {tool: [] for tool in RUNNERS}
        for _ in range(arguments.rounds + 1):
            for tool in RUNNERS:
                times[tool].append(sample(tool, Path(scripts, tool), arguments.count))
    # The first round has compiled the modules.
    medians = {tool: statistics.median(taken[1:]) for tool, taken in times.items()}
    ratio = medians["embedmig"] / medians["alembic"]
    print(f"{arguments.count} revisions, one CREATE TABLE each, PostgreSQL")
    for tool, taken in medians.items():
        print(f"{tool:10}{taken * 1000:9.0f} ms {taken / medians['alembic']:8.2f}")
    print(f"bound {BOUND}: {'ok' if ratio <= BOUND else 'FAILED'}")
    return int(ratio > BOUND)


if __name__ == "__main__":
    raise SystemExit(main())
