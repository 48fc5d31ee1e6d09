"""A target that counts steps is counted once, from where the database stood when it was asked."""

from __future__ import annotations

from typing import Any

import pytest

from embedmig import Migrator, Operations, Registry
from embedmig.runner import Runner
from tests.databases import Database

IDS = ("a", "b", "c", "d")


def history() -> Registry:
    registry = Registry()
    for parent, id in zip((None, *IDS), IDS, strict=False):

        def body(op: Operations) -> None: ...

        registry.revision(id, down_revision=parent)(body).downgrade(body)
    return registry


@pytest.fixture
def migrator(db: Database) -> Migrator:
    return Migrator(db.engine(), migrations=history())


def test_one_step_up_is_one_step(migrator: Migrator) -> None:
    for expected in IDS:
        assert [step.revision for step in migrator.upgrade("+1").steps] == [expected]
        assert migrator.current() == (expected,)


def test_one_step_down_is_one_step(migrator: Migrator) -> None:
    migrator.upgrade()
    for expected in reversed(IDS):
        assert [step.revision for step in migrator.downgrade("-1").steps] == [expected]
    assert migrator.current() == ()


def test_steps_from_a_named_revision(migrator: Migrator) -> None:
    migrator.upgrade("a+2")
    assert migrator.current() == ("c",)
    migrator.downgrade("c-1")
    assert migrator.current() == ("b",)


def moved_meanwhile(db: Database, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """Another process moves the database to `target` once, between our first look and the lock."""
    real, moves = Runner.on_engine, [target]

    def moving(runner: Runner, *given: Any) -> Any:
        if moves:
            other = Migrator(db.engine(), migrations=history())
            way = moves.pop()
            other.downgrade(way) if way < other.current()[0] else other.upgrade(way)
        return real(runner, *given)

    monkeypatch.setattr(Runner, "on_engine", moving)


@pytest.mark.parametrize(("start", "moved", "end"), [("a", "b", "b"), ("a", "c", "c")])
def test_one_step_up_is_counted_from_where_it_was_asked(
    db: Database, monkeypatch: pytest.MonkeyPatch, start: str, moved: str, end: str
) -> None:
    migrator = Migrator(db.engine(), migrations=history())
    migrator.upgrade(start)
    moved_meanwhile(db, monkeypatch, moved)
    assert migrator.upgrade("+1").steps == ()
    assert migrator.current() == (end,)


@pytest.mark.parametrize(
    ("start", "moved", "end", "gone"),
    [("c", "b", "b", []), ("c", "a", "a", []), ("c", "d", "b", ["d", "c"])],
)
def test_one_step_down_is_counted_from_where_it_was_asked(
    db: Database, monkeypatch: pytest.MonkeyPatch, start: str, moved: str, end: str, gone: list[str]
) -> None:
    migrator = Migrator(db.engine(), migrations=history())
    migrator.upgrade(start)
    moved_meanwhile(db, monkeypatch, moved)
    assert [step.revision for step in migrator.downgrade("-1").steps] == gone
    assert migrator.current() == (end,)
