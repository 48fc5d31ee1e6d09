"""A revision says which code it needs; code that lacks the revision still hears it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import DatabaseAhead, HistoryError
from tests.databases import Database


def history(length: int, requires: str | None) -> Registry:
    """v1 and, in newer code, v2 with its requirement."""
    registry = Registry()

    @registry.revision("v1", down_revision=None)
    def first(op: Operations) -> None:
        op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True))

    if length == 2:

        @registry.revision("v2", down_revision="v1", app_requires=requires)
        def second(op: Operations) -> None:
            op.add_column("thing", sa.Column("more", sa.Integer))

    return registry


@pytest.mark.parametrize("on_ahead", ["raise", "warn"])
def test_old_code_that_is_too_old_refuses(db: Database, on_ahead: str) -> None:
    """Whatever on_ahead says: the requirement stands in the history."""
    engine = db.engine()
    Migrator(engine, None, history(2, ">=2.4"), app_version="2.4").upgrade()

    old = Migrator(engine, None, history(1, None), app_version="2.3.9", on_ahead=on_ahead)  # type: ignore[arg-type]

    with pytest.raises(DatabaseAhead) as caught:
        old.upgrade()
    assert caught.value.requires == ">=2.4"
    assert "2.3.9" in str(caught.value)
    for call in (old.verify, old.wait):
        with pytest.raises(DatabaseAhead):
            call()


def test_old_code_that_is_new_enough_boots(db: Database) -> None:
    """Ahead, but every newer revision says that this version may run."""
    engine = db.engine()
    Migrator(engine, None, history(2, ">=2.4"), app_version="2.5").upgrade()

    old = Migrator(engine, None, history(1, None), app_version="2.4.1")
    old.verify()
    for report in (old.upgrade(), old.wait(0)):
        assert not report
        assert report.after == ("v2",)


def test_code_without_a_version_refuses(db: Database) -> None:
    """A requirement cannot be met by nobody knows what."""
    engine = db.engine()
    Migrator(engine, None, history(2, ">=2.4"), app_version="2.5").upgrade()

    with pytest.raises(DatabaseAhead, match="app_version"):
        Migrator(engine, None, history(1, None), on_ahead="warn").upgrade()


def test_a_bad_specifier_is_told_when_the_revision_is_registered() -> None:
    """Not years later, in old code."""
    with pytest.raises(HistoryError, match="app_requires"):
        history(2, "at least two")


def test_two_versions_boot_in_any_order(db: Database) -> None:
    """Old, new, old again, new again: a rolling deploy with a compatible change."""
    engine = db.engine()
    old = Migrator(engine, None, history(1, None), app_version="1.0")
    new = Migrator(engine, None, history(2, ">=1.0"), app_version="2.0")

    for migrator in (old, new, old, new, old):
        migrator.upgrade()

    assert new.current() == ("v2",)
