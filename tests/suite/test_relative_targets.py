"""A relative target is counted once, from where the database stood when the call began."""

from __future__ import annotations

from typing import Any

from embedmig import Migrator, Registry
from tests.databases import Database


def history() -> Registry:
    registry = Registry()
    for id, parent in (("aaaa", None), ("bbbb", "aaaa"), ("cccc", "bbbb"), ("dddd", "cccc")):

        @registry.revision(id, down_revision=parent)
        def nothing(op: Any) -> None: ...

    return registry


def test_one_step_is_one_step(db: Database) -> None:
    migrator = Migrator(db.engine(), migrations=history())
    migrator.upgrade("+2")
    assert migrator.current() == ("bbbb",)
    migrator.upgrade()
    migrator.downgrade("-1")
    assert migrator.current() == ("cccc",)
    migrator.downgrade("-2")
    assert migrator.current() == ("aaaa",)
    migrator.upgrade("+1")
    assert migrator.current() == ("bbbb",)


def test_the_same_in_a_transaction_of_the_callers(db: Database) -> None:
    if db.name == "mariadb":
        return  # DDL commits there: a caller's transaction is refused
    engine = db.engine()
    Migrator(engine, migrations=history()).upgrade()
    with engine.begin() as connection:
        Migrator(connection, migrations=history()).downgrade("-1")
    assert Migrator(engine, migrations=history()).current() == ("cccc",)
