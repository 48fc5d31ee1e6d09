"""A database that Alembic has migrated goes on as it stands, and ids have 255 characters."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext

from embedmig import Migrator, Operations, Registry
from tests.boot import history, history_rows
from tests.databases import Database

LONG = ["x" * 255, "y" * 254 + "z"]


def long_ids() -> Registry:
    registry = Registry()
    registry.revision("short", down_revision=None)(lambda op: None)
    for id, parent in zip(LONG, ["short", LONG[0]], strict=True):

        def upgrade(op: Operations) -> None: ...

        registry.revision(id, down_revision=parent)(upgrade).downgrade(upgrade)
    return registry


def rows(db: Database, table: str) -> list[str]:
    with db.engine().connect() as connection:
        query = sa.text(f"SELECT version_num FROM {table}")
        return sorted(connection.execute(query).scalars())


def width(db: Database, table: str) -> Any:
    (column,) = sa.inspect(db.engine()).get_columns(table)
    assert column["nullable"] is False
    return column["type"].length  # type: ignore[attr-defined]  # a VARCHAR


def stamp_with_alembic(db: Database, revision: str) -> None:
    """Alembic itself makes its table and its row."""
    with db.engine().begin() as connection:
        context = MigrationContext.configure(connection)
        context._ensure_version_table()
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:id)"), {"id": revision})


def adopting(db: Database, registry: Registry) -> Migrator:
    return Migrator(db.engine(), None, registry, version_table="alembic_version")


def test_a_database_of_alembics_goes_on_where_it_stands(db: Database) -> None:
    """The version row moves on in Alembic's own table; a history table comes beside it."""
    migrator_before = Migrator(
        db.engine(), None, history(3), version_table="throwaway_v", history_table="throwaway_h"
    )
    migrator_before.upgrade("r1")  # the tables as r1 has left them
    stamp_with_alembic(db, "r1")

    migrator = adopting(db, history(3))
    assert migrator.current() == ("r1",)
    assert [r.id for r in migrator.pending()] == ["r2", "r3"]
    report = migrator.upgrade()

    assert [s.revision for s in report.steps] == ["r2", "r3"]
    assert rows(db, "alembic_version") == ["r3"]
    assert [row[0] for row in history_rows(db.engine())] == ["r2", "r3"]
    with db.engine().connect() as connection:
        assert MigrationContext.configure(connection).get_current_heads() == ("r3",)


def test_a_database_of_alembics_that_is_done_is_left_alone(db: Database) -> None:
    """One query, as always: no table is widened and none is made."""
    stamp_with_alembic(db, "r3")
    assert not adopting(db, history(3)).upgrade()
    assert sa.inspect(db.engine()).get_table_names() == ["alembic_version"]


def test_a_narrow_column_is_widened_for_long_ids(db: Database) -> None:
    """VARCHAR(32) is too short for what we promise; it becomes VARCHAR(255) under the lock."""
    stamp_with_alembic(db, "short")
    if db.name != "sqlite":  # which enforces no length
        assert width(db, "alembic_version") == 32

    migrator = adopting(db, long_ids())
    migrator.upgrade()

    assert rows(db, "alembic_version") == [LONG[-1]]
    if db.name != "sqlite":
        assert width(db, "alembic_version") == 255
    assert sa.inspect(db.engine()).get_pk_constraint("alembic_version")["constrained_columns"] == [
        "version_num"
    ]
    migrator.downgrade("short")
    assert rows(db, "alembic_version") == ["short"]


def test_an_empty_table_of_alembics_is_a_base(db: Database) -> None:
    stamp_with_alembic(db, "r1")
    with db.engine().begin() as connection:
        connection.execute(sa.text("DELETE FROM alembic_version"))
    adopting(db, history(2)).upgrade()
    assert rows(db, "alembic_version") == ["r2"]


def test_long_ids_need_no_adoption(db: Database) -> None:
    """255 characters fit in every table of ours, history included."""
    migrator = Migrator(db.engine(), None, long_ids())
    migrator.upgrade()
    assert rows(db, "embedmig_version") == [LONG[-1]]
    assert [row[0] for row in history_rows(db.engine())] == ["short", *LONG]
    assert migrator.status().is_current


@pytest.mark.only_on("postgresql", "mariadb")
def test_the_tables_may_live_in_a_schema_of_their_own(db: Database) -> None:
    """Both tables, lock and all; two schemas do not know of each other."""
    other = db.another() if db.name == "mariadb" else None
    schema = str(other.url.database) if other else "ops"
    if not other:
        with db.engine().begin() as connection:
            connection.execute(sa.text("CREATE SCHEMA ops"))
    migrator = Migrator(db.engine(), None, history(2), version_table_schema=schema)
    migrator.upgrade()
    assert set(sa.inspect(db.engine()).get_table_names(schema=schema)) >= {
        "embedmig_version",
        "embedmig_history",
    }
    assert "embedmig_version" not in sa.inspect(db.engine()).get_table_names()
    assert migrator.status().is_current
    assert Migrator(db.engine(), None, history(2)).current() == ()
