"""A client that dies at any line of a script leaves what upgrade() takes to the same end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.script import statements
from tests.clients import emptied, for_the_client, run, state
from tests.databases import Database

pytestmark = [pytest.mark.faults, pytest.mark.slow]


def history() -> Registry:
    """One statement of schema for each operation, data between them, and both directions."""
    registry = Registry()

    @registry.revision("one", down_revision=None)
    def one(op: Operations) -> None:
        table = op.create_table(
            "t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.String(20))
        )
        op.bulk_insert(table, [{"id": 1, "n": "a"}, {"id": 2, "n": "b;"}])
        op.add_column("t", sa.Column("m", sa.Integer, server_default="5"))

    @registry.revision("two", down_revision="one", transactional=False)
    def two(op: Operations) -> None:
        op.execute("UPDATE t SET m = m + 1")
        op.create_index("ix_t_n", "t", ["n"], postgresql_concurrently=True)
        op.execute("UPDATE t SET m = m * 10")

    @registry.revision("three", down_revision="two")
    def three(op: Operations) -> None:
        op.execute("UPDATE t SET m = m + 3")
        with op.autocommit_block():
            op.create_index("ix_t_m", "t", ["m"], postgresql_concurrently=True)
        op.execute("UPDATE t SET m = m * 7")

    @three.downgrade
    def back(op: Operations) -> None:
        op.execute("UPDATE t SET m = 1")
        op.drop_index("ix_t_m", "t")

    return registry


def facts(engine: sa.Engine) -> dict[str, object]:
    """Without the history's progress: whoever takes over begins it anew."""
    found = state(engine)
    history = found.pop("history", [])
    found["applied"] = sorted({row[:6] for row in history if row[3] == "done"})
    found["unfinished"] = [row for row in history if row[3] == "running"]
    return found


def ends(script: str, texts: list[str]) -> set[int]:
    """Where a statement ends: the client has sent it, and nothing of the next, when it dies."""
    places, place = set(), 0
    for text in texts:
        place = script.index("\n", script.index(text, place) + len(text)) + 1
        places.add(place)
    return places


def cuts(script: str) -> list[int]:
    """The end of every line after the header; within a statement, what is there of it runs."""
    place, places = script.index("\n\n"), []
    while (place := script.find("\n", place + 1)) >= 0:
        if not script[: place + 1].endswith("\n\n"):
            places.append(place + 1)
    return places


@pytest.mark.parametrize("way", ["up", "down"])
def test_upgrade_goes_on_from_any_line(db: Database, tmp_path: Path, way: str) -> None:
    registry = history()
    elsewhere = db.another().engine()
    undisturbed = Migrator(elsewhere, None, registry)
    undisturbed.upgrade()
    if way == "down":
        undisturbed.downgrade("two")
    wanted = facts(elsewhere)
    target = "heads" if way == "up" else "heads:two"
    script = undisturbed.render_sql(target, **for_the_client(db))
    texts = statements(registry.graph, target, dialect=undisturbed._dialect, **job(undisturbed))
    whole = ends(script, texts)
    assert len(whole) == len(texts)
    for place in cuts(script):
        engine = emptied(db)
        migrator = Migrator(engine, None, registry)
        if way == "down":
            migrator.upgrade()
        done = run(db, script[:place], tmp_path)
        assert done.returncode == 0 or place not in whole, done.stderr
        if way == "up":
            migrator.upgrade()
        else:
            migrator.downgrade("two")
        assert facts(engine) == wanted, f"killed after: {script[:place][-200:]}"
        engine.dispose()


def job(migrator: Migrator) -> dict[str, Any]:
    return {"tables": migrator._tables, "settings": migrator._settings}
