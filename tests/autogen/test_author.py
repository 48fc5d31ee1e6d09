"""From models to migrations and back: what the Migrator compares, writes and refuses."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Registry
from embedmig.errors import (
    ConfigurationError,
    PendingMigrations,
    SchemaDrift,
)
from embedmig.options import CompareOptions
from tests.autogen.sources import execute
from tests.databases import Database

CONVENTION = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(column_0_label)s",
}


def first(convention: Any = None) -> sa.MetaData:
    metadata = sa.MetaData(naming_convention=convention)
    sa.Table(
        "customer",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mail", sa.String(50), nullable=False, unique=True),
        sa.Column("state", sa.Enum("new", "old", name="state"), server_default="new"),
    )
    return metadata


def second(convention: Any = None) -> sa.MetaData:
    """Another table, another column, another type, nullability, default, value, CHECK and index."""
    metadata = sa.MetaData(naming_convention=convention)
    sa.Table(
        "customer",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mail", sa.String(80), server_default="it's", index=True),
        sa.Column("state", sa.Enum("new", "gone", "old", name="state"), server_default="old"),
        sa.Column("born", sa.DateTime, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("mail <> ''", name="not_empty"),
    )
    sa.Table(
        "ticket",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.ForeignKey("customer.id", ondelete="CASCADE")),
    )
    return metadata


def evolve(engine: sa.Engine, metadata: sa.MetaData, registry: Registry, message: str) -> str:
    """Autogenerate, register, upgrade; nothing differs then."""
    migrator = Migrator(engine, metadata, registry)
    source = migrator.autogenerate(message)
    execute(source, registry)
    with pytest.raises(PendingMigrations):
        migrator.autogenerate()
    migrator.upgrade()
    assert migrator.autogenerate() == "", str(migrator.diff())
    migrator.check()
    return source


@pytest.mark.parametrize("convention", [None, CONVENTION], ids=["plain", "convention"])
def test_models_become_migrations_that_go_there_and_back(db: Database, convention: Any) -> None:
    engine, registry = db.engine(), Registry()
    evolve(engine, first(convention), registry, "first")
    evolve(engine, second(convention), registry, "second")
    migrator = Migrator(engine, first(convention), registry)
    migrator.downgrade("-1")
    assert not migrator.diff(), str(migrator.diff())
    Migrator(engine, second(convention), registry).upgrade()
    migrator.downgrade("base")
    assert "customer" not in sa.inspect(engine).get_table_names()


@pytest.mark.parametrize("convention", [None, CONVENTION], ids=["plain", "convention"])
def test_the_same_without_a_database(db: Database, convention: Any) -> None:
    """`against="migrations"` needs nothing but the history, and comes to the same tables."""
    engine, registry = db.engine(), Registry()
    unreachable = sa.create_engine(db.url, creator=lambda: pytest.fail("no connection"))
    for metadata, message in ((first(convention), "first"), (second(convention), "second")):
        offline = Migrator(unreachable, metadata, registry)
        execute(offline.autogenerate(message, against="migrations"), registry)
        assert offline.autogenerate(against="migrations") == ""
    migrator = Migrator(engine, second(convention), registry)
    migrator.upgrade()
    assert not migrator.diff(), str(migrator.diff())


def test_what_a_replay_cannot_see_is_told_in_the_source(sqlite_db: Database) -> None:
    registry = Registry()

    @registry.revision("aaaa", down_revision=None)
    def raw(op: Any) -> None:
        op.execute("CREATE TABLE other (id INTEGER)")
        op.connection.execute(sa.text("SELECT 1"))

    migrator = Migrator(sqlite_db.engine(), first(), registry)
    source = migrator.autogenerate("first", against="migrations")
    comments = " ".join(line.strip(" #") for line in source.splitlines() if "    # " in line)
    assert "Not compared: revision aaaa" in comments
    assert "it asks the database (op.connection)" in comments
    assert "execute CREATE" in comments


def test_a_rename_is_one_where_it_is_told(db: Database) -> None:
    engine, registry = db.engine(), Registry()
    evolve(engine, first(), registry, "first")
    renamed = sa.MetaData()
    table = first().tables["customer"]
    columns = [
        sa.Column("email", sa.String(50), nullable=False, unique=True)
        if column.name == "mail"
        else sa.Column(
            column.name,
            column.type,
            primary_key=column.primary_key,
            server_default="new" if column.name == "state" else None,
        )
        for column in table.columns
    ]
    sa.Table("customer", renamed, *columns)
    migrator = Migrator(engine, renamed, registry)
    unhinted = migrator.autogenerate("guess")
    assert '    # op.rename_column("customer", "mail", "email")\n' in unhinted
    assert '    op.drop_column("customer", "mail")\n' in unhinted
    hinted = migrator.autogenerate("told", renames={"customer.mail": "email"})
    assert '    op.rename_column("customer", "mail", "email")\n' in hinted
    assert "drop_column" not in hinted


def test_check_says_what_differs(sqlite_db: Database) -> None:
    migrator = Migrator(sqlite_db.engine(), first(), Registry())
    with pytest.raises(SchemaDrift, match="create table customer") as caught:
        migrator.check()
    assert [op.verb for op in caught.value.diff.operations] == ["create_table"]


def test_tables_that_no_revision_made_are_left_alone(db: Database) -> None:
    engine, registry = db.engine(), Registry()
    evolve(engine, first(), registry, "first")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE foreigner (id INTEGER)"))
    migrator = Migrator(engine, first(), registry)
    found = migrator.diff()
    assert not found
    assert [each.name for each in found.unmanaged] == ["foreigner"]
    asked = Migrator(engine, first(), registry, compare=CompareOptions(drop_unmanaged=True))
    assert [op.verb for op in asked.diff().operations] == ["drop_table"]


def test_a_table_that_a_revision_made_may_be_dropped(db: Database) -> None:
    engine, registry = db.engine(), Registry()
    evolve(engine, second(), registry, "first")
    source = evolve(engine, first(), registry, "second")
    assert '    op.drop_table("ticket"' in source


def test_without_metadata_there_is_nothing_to_compare(sqlite_db: Database) -> None:
    with pytest.raises(ConfigurationError, match="no metadata to compare"):
        Migrator(sqlite_db.engine(), migrations=Registry()).diff()


def test_the_other_sources_and_the_drawing(sqlite_db: Database) -> None:
    registry = Registry()
    migrator = Migrator(sqlite_db.engine(), migrations=registry)
    execute(migrator.new_revision("one", revision_id="aaaa"), registry)
    execute(migrator.new_revision("two", revision_id="bbbb"), registry)
    execute(
        migrator.new_revision("side", revision_id="cccc", down_revision="aaaa", splice=True),
        registry,
    )
    execute(migrator.merge(revision_id="dddd"), registry)
    migrator.upgrade()
    assert migrator.current() == ("dddd",)
    assert 'replaces=("aaaa", "' in migrator.squash("aaaa:dddd")
    assert "●" in migrator.draw(mark_current=True)
    assert "○" in migrator.draw()
    assert migrator.draw("mermaid").startswith("flowchart")
    assert migrator.draw("svg").startswith("<svg")
    with pytest.raises(ConfigurationError, match="format"):
        migrator.draw("png")  # type: ignore[arg-type]
