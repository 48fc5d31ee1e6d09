"""The three laws again, through source: what is written, saved and run is what was compared."""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa
from hypothesis import given, settings

from embedmig import Migrator, Registry
from embedmig.errors import MigrationFailed
from tests.autogen.schemas import SchemaSpec, build, schema_specs
from tests.autogen.sources import execute
from tests.databases import Database
from tests.suite.test_diff_laws import emptied

EXAMPLES = 15
MANY = int(os.environ.get("EMBEDMIG_LAW_EXAMPLES", "500"))


def move(migrator: Migrator, message: str) -> str:
    """Write what differs as a module, run that module's revision; nothing differs then.

    Nor does the metadata differ from what the revisions make of an empty database.
    """
    source = migrator.autogenerate(message)
    if source:
        execute(source, migrator.registry)
        try:
            migrator.upgrade()
        except MigrationFailed as error:
            pytest.fail(f"{source}\n--- fails ---\n{error}", pytrace=False)
        left = migrator.diff()
        assert not left, f"{source}\n--- leaves ---\n{left}"
        replayed = migrator.autogenerate(against="migrations")
        assert not replayed, f"{source}\n--- leaves in the replay ---\n{replayed}"
    return source


def bare(db: Database) -> sa.Engine:
    """Emptied, and without any schema but the default one: a replay begins so."""
    engine = emptied(db)
    if db.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA s CASCADE")
    return engine


def hold(db: Database, first: SchemaSpec, second: SchemaSpec) -> None:
    engine, registry = bare(db), Registry()
    before, after = (build(spec, db.name) for spec in (first, second))
    try:
        move(Migrator(engine, before, registry), "first")
        source = move(Migrator(engine, after, registry), "second")
        if source:
            assert go_back(Migrator(engine, before, registry), source) == ""
    finally:
        if db.name == "sqlite":
            engine.dispose()


def go_back(migrator: Migrator, source: str) -> str:
    """The written way back; what differs from the old metadata then."""
    migrator.downgrade("-1")
    left = migrator.diff()
    return f"{source}\n--- and back leaves ---\n{left}" if left else ""


@settings(max_examples=EXAMPLES)
@given(first=schema_specs(), second=schema_specs())
def test_source_goes_there_and_back(db: Database, first: SchemaSpec, second: SchemaSpec) -> None:
    hold(db, first, second)


@pytest.mark.long
@settings(max_examples=MANY)
@given(first=schema_specs(), second=schema_specs())
def test_source_goes_there_and_back_many_times(
    db: Database, first: SchemaSpec, second: SchemaSpec
) -> None:
    hold(db, first, second)


@settings(max_examples=EXAMPLES)
@given(first=schema_specs(), second=schema_specs())
def test_source_from_a_replay_makes_what_a_database_needs(
    db: Database, first: SchemaSpec, second: SchemaSpec
) -> None:
    """`against="migrations"`: no database until the upgrade, and nothing differs after it."""
    engine, registry = bare(db), Registry()
    # Nobody can ask which of the two a server is: the URL says so.
    url = db.with_driver("pymysql").set(drivername="mariadb+pymysql") if mariadb(engine) else db.url
    offline = sa.create_engine(url, creator=lambda: pytest.fail("no connection"))
    offline.dialect.server_version_info = server_version(engine)
    try:
        for spec, message in ((first, "first"), (second, "second")):
            migrator = Migrator(offline, build(spec, db.name), registry)
            source = migrator.autogenerate(message, against="migrations")
            if source:
                execute(source, registry)
        migrator = Migrator(engine, build(second, db.name), registry)
        migrator.upgrade()
        left = migrator.diff()
        assert not left, f"{source}\n--- leaves ---\n{left}"
    finally:
        if db.name == "sqlite":
            engine.dispose()


def server_version(engine: sa.Engine) -> tuple[int, ...] | None:
    with engine.connect() as connection:
        version: tuple[int, ...] | None = connection.dialect.server_version_info
    return version


def mariadb(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return bool(getattr(connection.dialect, "is_mariadb", False))
