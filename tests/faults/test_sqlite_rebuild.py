"""A rebuild that dies, and one that finds no room: the file is as before or as after."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator
from embedmig.errors import EmbedmigError
from tests.faults import sqlite_victim as victim

pytestmark = [pytest.mark.faults, pytest.mark.slow]

JOURNALS = ["delete", "wal"]


def run(what: str, folder: Path, journal: str, rounds: int) -> dict[str, Any]:
    """Run the victims in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.sqlite_victim", what, folder, journal, str(rounds)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("journal", JOURNALS)
def test_kill_9_at_any_moment(tmp_path: Path, journal: str) -> None:
    """Fifty kills each: never a state between, never a leftover, and the next boot gets through."""
    found = run("kills", tmp_path, journal, 50)
    assert set(found["states"]) <= {"before", "after"}, Counter(found["states"])
    assert found["killed"] >= 25, "half of the victims count what they do, and die of it"
    assert found["hot"] > 10, "too few kills came while the rebuild was being written"
    assert found["finally"] == "after"


@pytest.mark.parametrize("journal", JOURNALS)
def test_a_full_disk_at_any_moment(tmp_path: Path, journal: str) -> None:
    """The file may not grow beyond one of twenty sizes; with room, the next boot gets through."""
    found = run("full_disk", tmp_path, journal, 20)
    assert set(found["states"]) <= {"before", "after"}, Counter(found["states"])
    assert found["failed"] > 5
    assert found["finally"] == "after"


@pytest.mark.parametrize("journal", JOURNALS)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 1.2])
def test_a_database_that_may_not_grow(tmp_path: Path, journal: str, share: float) -> None:
    """SQLITE_FULL in the middle of the same process: rolled back, the connection is good again."""
    path = tmp_path / "app.db"
    victim.make(path, journal)
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    @sa.event.listens_for(engine, "connect")
    def limit(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {int(pages * (1 + share))}")

    engine.dispose()
    try:
        Migrator(engine, sa.MetaData(), victim.registry).upgrade()
    except (EmbedmigError, sa.exc.DBAPIError):
        assert victim.state(path) == "before"
    else:
        assert victim.state(path) == "after"
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == victim.ROWS
    engine.dispose()
