"""The façade: every argument is looked at when it is given, and nothing is connected to."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Registry
from embedmig.errors import ConfigurationError, InvalidTarget

NOWHERE = "postgresql+psycopg://nobody:secret@127.0.0.1:1/nowhere"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"lock_timeout": -1}, "lock_timeout"),
        ({"lock_timeout": "60"}, "lock_timeout"),
        ({"ddl_lock_timeout": -0.1}, "ddl_lock_timeout"),
        ({"ddl_lock_timeout": float("inf")}, "ddl_lock_timeout"),
        ({"connect_timeout": float("nan")}, "connect_timeout"),
        ({"transaction": "one"}, "transaction"),
        ({"on_ahead": "ignore"}, "on_ahead"),
        ({"version_table": "x", "history_table": "x"}, "two tables"),
        ({"migrations": 7}, "migrations"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Migrator(sa.create_engine("sqlite://"), **options)


def test_making_one_connects_to_nothing() -> None:
    """Nor do the questions that the registered history alone can answer."""
    registry = Registry()
    registry.revision("a", down_revision=None)(lambda op: None)
    migrator = Migrator(sa.create_engine(NOWHERE), sa.MetaData(), registry)
    assert migrator.heads() == ("a",)
    assert [revision.id for revision in migrator.history()] == ["a"]
    assert "INSERT INTO" in migrator.render_sql()


def test_a_timeout_may_be_nothing_or_whole_seconds() -> None:
    engine = sa.create_engine("sqlite://")
    Migrator(engine, lock_timeout=0, ddl_lock_timeout=None)
    Migrator(engine, lock_timeout=60, ddl_lock_timeout=3)


def test_the_registry_may_be_bound_after_the_migrator_is_made() -> None:
    metadata = sa.MetaData()
    migrator = Migrator(sa.create_engine("sqlite://"), metadata)
    registry = Registry(metadata=metadata)
    assert migrator.registry is registry


def test_a_downgrade_has_one_target() -> None:
    registry = Registry()
    registry.revision("a", down_revision=None)(lambda op: None)
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    migrator = Migrator(engine, None, registry)
    with pytest.raises((ConfigurationError, InvalidTarget)):
        migrator.plan(["a", "base"], direction="downgrade")


def test_a_database_without_a_dialect_of_ours_is_told() -> None:
    class Strange:
        name = "strange"

    engine = sa.create_mock_engine("sqlite://", lambda *_: None)
    with pytest.raises(ConfigurationError, match="Engine or a Connection"):
        Migrator(engine)  # type: ignore[arg-type]  # the point
    from embedmig.dialects import dialect_for

    with pytest.raises(ConfigurationError, match=r"'strange'.*embedmig\.dialects"):
        dialect_for(Strange())  # type: ignore[arg-type]  # the point
