"""Rebuilds a table in forked children and kills them; prints what was found, as JSON.

A process of its own, with one thread, so that a fork is a moment's work and the children spend
their time in the rebuild and not in importing.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry

ROWS = 10_000
registry = Registry()


@registry.revision("r1", down_revision=None)
def rebuild(op: Operations) -> None:
    """One table rebuilt twice, and a stored text edited in between."""
    op.alter_column("t", "a", type_=sa.Integer())
    op.alter_column("t", "b", server_default="new")
    with op.batch_alter_table("t") as batch:
        batch.create_unique_constraint("uq", ["c"])
        batch.add_column(sa.Column("d", sa.Integer, server_default="1"), insert_before="b")


def make(path: Path, journal: str) -> None:
    """A table with an index, a trigger, a child and rows."""
    with sqlite3.connect(path) as connection:
        connection.executescript(
            f"""
            PRAGMA journal_mode = {journal};
            CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b DEFAULT 'x', c INT);
            CREATE INDEX i ON t (a DESC);
            CREATE TABLE child (t_id REFERENCES t ON DELETE CASCADE);
            CREATE TRIGGER tr AFTER DELETE ON t BEGIN DELETE FROM child; END;
            """
        )
        rows = ((str(i), "b" * 50, i) for i in range(ROWS))
        connection.executemany("INSERT INTO t(a, b, c) VALUES (?, ?, ?)", rows)
        connection.execute("INSERT INTO child SELECT id FROM t")
    connection.close()


class Clock:
    """Counts what SQLite does, and dies when it has done so much: the same on a busy machine."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.ticks = 0
        self.dies_at = dies_at

    def __call__(self) -> int:
        self.ticks += 1
        if self.ticks == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0


def migrate(path: Path, clock: Clock | None = None) -> None:
    """Upgrade as an application would; a small cache makes SQLite write before the commit."""
    engine = sa.create_engine(f"sqlite:///{path}")

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        for pragma in ("foreign_keys = ON", "cache_size = 20", "synchronous = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        if clock is not None:
            connection.set_progress_handler(clock, 100)

    Migrator(engine, sa.MetaData(), registry).upgrade()
    engine.dispose()


def warm_up(folder: Path) -> int:
    """Import what an upgrade imports, so that the children need not; how long it is in ticks."""
    make(folder / "warm.db", "delete")
    clock = Clock()
    migrate(folder / "warm.db", clock)
    return clock.ticks


def state(path: Path) -> str:
    """What a reader finds: "before", "after", or what is wrong."""
    connection = sqlite3.connect(path)
    try:
        (fault,) = connection.execute("PRAGMA integrity_check").fetchone()
        if fault != "ok":
            return str(fault)
        if found := connection.execute("PRAGMA foreign_key_check").fetchone():
            return f"foreign key {found}"
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        texts = {name: sql for name, sql in rows if not name.startswith("embedmig")}
        count, total, kinds = connection.execute(
            "SELECT count(*), sum(c), group_concat(DISTINCT typeof(a)) FROM t"
        ).fetchone()
        children = connection.execute("SELECT count(*) FROM child").fetchone()[0]
        recorded = "embedmig_version" in str(connection.execute(
            "SELECT group_concat(name) FROM sqlite_master").fetchone()) and connection.execute(
            "SELECT count(*) FROM embedmig_version").fetchone()[0]  # fmt: skip
    finally:
        connection.close()
    whole = (count, total, children) == (ROWS, ROWS * (ROWS - 1) // 2, ROWS)
    named = set(texts) == {"t", "i", "child", "tr", "sqlite_sequence"}
    if whole and named and kinds == "text" and "uq" not in texts["t"] and not recorded:
        return "before"
    if whole and named and kinds == "integer" and "uq" in texts["t"] and recorded == 1:
        return "after"
    return f"between: {count} {children} {kinds} {recorded} {texts}"


def forked(work: Any) -> int:
    """Run in a child process; its id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def kills(folder: Path, journal: str, rounds: int) -> dict[str, Any]:
    """Kill -9 at random moments of the upgrade: half by what was done, half by the wall clock."""
    template, path = folder / "template.db", folder / "victim.db"
    make(template, journal)
    whole = warm_up(folder)
    found: dict[str, Any] = {"states": [], "killed": 0, "hot": 0}
    generator = random.Random(20)
    for number in range(rounds):
        for leftover in folder.glob("victim.db*"):
            leftover.unlink()
        shutil.copy(template, path)
        timed = number % 2
        clock = Clock(None if timed else generator.randrange(1, whole))
        child = forked(lambda clock=clock: migrate(path, clock))
        if timed:
            time.sleep(generator.uniform(0.01, 0.3))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        found["killed"] += os.WIFSIGNALED(status)
        found["hot"] += any(p.stat().st_size > 0 for p in folder.glob("victim.db-*[lj]"))
        found["states"].append(state(path))
    migrate(path)
    found["finally"] = state(path)
    return found


def full_disk(folder: Path, journal: str, rounds: int) -> dict[str, Any]:
    """A file that may not grow beyond some size, at many sizes."""
    template, path = folder / "template.db", folder / "victim.db"
    make(template, journal)
    warm_up(folder)
    size = template.stat().st_size
    found: dict[str, Any] = {"states": [], "failed": 0}

    def limited(limit: int) -> None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        migrate(path)

    for number in range(rounds):
        for leftover in folder.glob("victim.db*"):
            leftover.unlink()
        shutil.copy(template, path)
        limit = size + int(size * 2 * number / rounds)
        _, status = os.waitpid(forked(lambda limit=limit: limited(limit)), 0)
        found["failed"] += status != 0
        found["states"].append(state(path))
    migrate(path)
    found["finally"] = state(path)
    return found


if __name__ == "__main__":
    what, where, mode, times = sys.argv[1:]
    work = {"kills": kills, "full_disk": full_disk}[what]
    print(json.dumps(work(Path(where), mode, int(times))))
