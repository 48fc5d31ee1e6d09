"""A target that counts steps is counted once, from where the database stood when it was asked."""

from __future__ import annotations

import pytest

from embedmig import Migrator, Operations, Registry
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
