"""SQLite's session: what it sets for a run, and leaves as it was."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.events import Event, RevisionFinished


def mode_of(connection: sa.Connection) -> Any:
    return connection.exec_driver_sql("PRAGMA journal_mode").scalar()


def upgraded(engine: sa.Engine, **options: Any) -> list[Any]:
    """The journal modes within two revisions."""
    registry, seen = Registry(), []

    def body(op: Operations) -> None:
        op.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER)")
        seen.append(mode_of(op.connection))

    registry.revision("a1", down_revision=None)(body)
    registry.revision("b1", down_revision="a1")(body)
    Migrator(engine, None, registry, **options).upgrade()
    return seen


def test_a_run_keeps_one_journal_and_leaves_none(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")
    with engine.connect() as kept_in_the_pool:
        assert mode_of(kept_in_the_pool) == "delete"
    assert upgraded(engine) == ["persist", "persist"]
    with engine.connect() as connection:
        assert mode_of(connection) == "delete"
    assert [path.name for path in tmp_path.iterdir()] == ["app.db"]


@pytest.mark.parametrize("mode", ["truncate", "memory", "wal"])
def test_a_mode_that_was_chosen_stays(tmp_path: Path, mode: str) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")

    @sa.event.listens_for(engine, "connect")
    def choose(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA journal_mode = {mode}")

    with engine.connect() as connection:
        assert mode_of(connection) == mode
    assert upgraded(engine) == [mode, mode]
    with engine.connect() as connection:
        assert mode_of(connection) == mode


def test_a_mode_that_somebody_chooses_meanwhile_stays(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")

    def choose(event: Event) -> None:
        if isinstance(event, RevisionFinished) and event.revision == "a1":
            connection = sqlite3.connect(tmp_path / "app.db")
            connection.execute("PRAGMA journal_mode = wal")
            connection.close()

    assert upgraded(engine, on_event=choose) == ["persist", "wal"]
    with engine.connect() as connection:
        assert mode_of(connection) == "wal"
