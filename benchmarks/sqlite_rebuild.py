"""Change a SQLite table of a million rows: embedmig, the hand-written statements, and Alembic.

    python -m benchmarks.sqlite_rebuild [--rows 1000000] [--rounds 3] [--without-alembic]

The table has ten columns and three indexes. Every sample is a fresh process on a fresh copy of one
file, and the competitors take turns. *rebuild* changes a column's type; the others are changes for
which SQLite documents a way without a rebuild, given as a share of the hand-written rebuild.
*memory* is what the process grew by at its peak. All of SQLite's work is done in the process, so
the rebuilds are judged by their processor time, which a busy machine disturbs least. Exits with 1
where a rebuild takes more than 1.15 × the hand-written one, or a change without one more than its
limit.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

REBUILD_LIMIT: Final = 1.15
EDIT_LIMIT: Final = 0.05
#: The changes that need no rebuild, and what each may take: a share of the rebuild, or seconds.
WITHOUT_REBUILD: Final = {
    "rename column": ("seconds", 0.05),
    "add column": ("seconds", 0.05),
    "drop column": ("share", 0.5),
    "change default": ("share", EDIT_LIMIT),
    "drop not null": ("share", EDIT_LIMIT),
    "drop check": ("share", EDIT_LIMIT),
    "drop foreign key": ("share", EDIT_LIMIT),
}
COLUMNS = (
    "id INTEGER PRIMARY KEY, a INT, b TEXT NOT NULL, c TEXT, d REAL, e INT, f TEXT DEFAULT 'x', "
    "g INT CONSTRAINT positive CHECK (g >= 0), h INT, i {}, "
    "CONSTRAINT fk_h FOREIGN KEY (h) REFERENCES parent (id)"
)
INDEXES = (
    "CREATE INDEX ix_a ON big (a)",
    "CREATE INDEX ix_b ON big (b)",
    "CREATE INDEX ix_e_g ON big (e, g)",
)


def make(path: Path, rows: int) -> None:
    """The file that every sample begins with."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    connection.execute("INSERT INTO parent VALUES (1)")
    connection.execute(f"CREATE TABLE big ({COLUMNS.format('TEXT')})")
    connection.executemany(
        "INSERT INTO big VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (n, n % 1000, f"name {n}", "some text here", n * 0.5, n, "x", n % 7, 1, str(n % 9))
            for n in range(rows)
        ),
    )
    for index in INDEXES:
        connection.execute(index)
    connection.commit()
    connection.close()


# -- competitors ---------------------------------------------------------------------------------


def by_hand(path: Path) -> Callable[[], None]:
    """The shortest rebuild that is right for this table."""
    connection = sqlite3.connect(path, isolation_level=None)

    def run() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"CREATE TABLE new ({COLUMNS.format('INTEGER')})")
        connection.execute("INSERT INTO new SELECT a.* FROM big AS a")
        connection.execute("DROP TABLE big")
        connection.execute("ALTER TABLE new RENAME TO big")
        for index in INDEXES:
            connection.execute(index)
        connection.execute("COMMIT")

    return run


def embedmig(path: Path, change: str) -> Callable[[], None]:
    """One revision, applied as at boot."""
    import sqlalchemy as sa

    from embedmig import Migrator, Operations, Registry

    changes: dict[str, Callable[[Operations], None]] = {
        "rebuild": lambda op: op.alter_column("big", "i", type_=sa.Integer()),
        "rename column": lambda op: op.alter_column("big", "c", new_column_name="cc"),
        "add column": lambda op: op.add_column("big", sa.Column("j", sa.Integer)),
        "drop column": lambda op: op.drop_column("big", "c"),
        "change default": lambda op: op.alter_column("big", "f", server_default="y"),
        "drop not null": lambda op: op.alter_column("big", "b", nullable=True),
        "drop check": lambda op: op.drop_constraint("positive", "big", "check"),
        "drop foreign key": lambda op: op.drop_constraint("fk_h", "big", "foreignkey"),
    }
    registry = Registry()
    registry.revision("first", down_revision=None)(lambda op: None)
    registry.revision("second", down_revision="first")(changes[change])
    engine = sa.create_engine(f"sqlite:///{path}")
    migrator = Migrator(engine, sa.MetaData(), registry)
    migrator.upgrade("first")
    return migrator.upgrade


def alembic(path: Path, change: str) -> Callable[[], None]:
    """The same change in a batch block, as Alembic's documentation has it for SQLite."""
    import sqlalchemy as sa
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    changes: dict[str, Callable[[Any], None]] = {
        "rebuild": lambda batch: batch.alter_column("i", type_=sa.Integer()),
        "rename column": lambda batch: batch.alter_column("c", new_column_name="cc"),
        "add column": lambda batch: batch.add_column(sa.Column("j", sa.Integer)),
        "drop column": lambda batch: batch.drop_column("c"),
        "change default": lambda batch: batch.alter_column("f", server_default="y"),
        "drop not null": lambda batch: batch.alter_column("b", nullable=True),
        "drop check": lambda batch: batch.drop_constraint("positive", "check"),
        "drop foreign key": lambda batch: batch.drop_constraint("fk_h", "foreignkey"),
    }
    engine = sa.create_engine(f"sqlite:///{path}")

    def run() -> None:
        with engine.begin() as connection:
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("big") as batch:
                changes[change](batch)

    return run


def sample(name: str, change: str, path: Path) -> dict[str, float]:
    """Time and memory of one change, in this process."""
    makers: dict[str, Callable[[], Callable[[], None]]] = {
        "by hand": lambda: by_hand(path),
        "embedmig": lambda: embedmig(path, change),
        "alembic": lambda: alembic(path, change),
    }
    run = makers[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, started_cpu = perf_counter(), process_time()
    run()
    seconds, cpu = perf_counter() - started, process_time() - started_cpu
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "cpu": cpu, "kilobytes": after - before}


# -- the run -------------------------------------------------------------------------------------


def measured(name: str, change: str, template: Path) -> dict[str, float]:
    """One sample in a process of its own, on a copy of the file."""
    path = template.with_name("copy.db")
    shutil.copy(template, path)
    command = [sys.executable, "-m", "benchmarks.sqlite_rebuild"]
    command += ["--sample", name, change, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    path.unlink()
    found: dict[str, float] = json.loads(done.stdout)
    return found


def competitors(change: str, *, with_alembic: bool) -> list[str]:
    """Who takes part: nobody needs a hand-written column rename."""
    names = ["by hand", "embedmig"] if change == "rebuild" else ["embedmig"]
    return [*names, "alembic"] if with_alembic else names


def compare(template: Path, rounds: int, *, with_alembic: bool) -> dict[tuple[str, str], Any]:
    """The best of every round, the competitors taking turns: a busy machine only ever adds."""
    best = {}
    for change in ["rebuild", *WITHOUT_REBUILD]:
        names = competitors(change, with_alembic=with_alembic)
        samples: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                samples[name].append(measured(name, change, template))
        for name in names:
            found = {key: min(s[key] for s in samples[name]) for key in samples[name][0]}
            best[change, name] = found
            print(
                f"{change:18} {name:10} {found['seconds']:8.3f} s  {found['cpu']:8.3f} s cpu  "
                f"{found['kilobytes'] / 1024:6.1f} MB",
                flush=True,
            )
    return best


def faults(best: dict[tuple[str, str], Any]) -> list[str]:
    """What took longer than it may."""
    floor = best["rebuild", "by hand"]["cpu"]
    ratio = best["rebuild", "embedmig"]["cpu"] / floor
    print(f"rebuild: {ratio:.2f} × the hand-written one (limit {REBUILD_LIMIT})")
    found = [f"rebuild: {ratio:.2f}"] if ratio > REBUILD_LIMIT else []
    for change, (unit, limit) in WITHOUT_REBUILD.items():
        mine = best[change, "embedmig"]
        value = mine["seconds"] if unit == "seconds" else mine["cpu"] / floor
        print(f"{change}: {value:.3f} {unit} (limit {limit})")
        found += [f"{change}: {value:.3f}"] if value > limit else []
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-alembic", action="store_true")
    parser.add_argument("--sample", nargs=3, metavar=("NAME", "CHANGE", "PATH"))
    options = parser.parse_args()
    if options.sample:
        name, change, path = options.sample
        print(json.dumps(sample(name, change, Path(path))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        make(template, options.rows)
        found = faults(compare(template, options.rounds, with_alembic=not options.without_alembic))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
