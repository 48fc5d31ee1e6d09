"""The three laws of autogenerate, with random pairs of schemas.

`create_all(A)` → `diff(A)` is empty; A → `diff(B)` → apply → `diff(B)` is empty; and the derived
way back brings back A.
"""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa
from hypothesis import given, settings

from tests.autogen.laws import laws
from tests.autogen.schemas import SchemaSpec, build, schema_specs
from tests.databases import Database

EXAMPLES = 25
MANY = int(os.environ.get("EMBEDMIG_LAW_EXAMPLES", "500"))


def emptied(db: Database) -> sa.Engine:
    """An engine on the database with nothing in it."""
    if db.name == "sqlite":
        return sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    engine = db.engine(pool_size=2) if not db._engines else db._engines[0]
    with engine.begin() as connection:
        if db.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS s CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA s")
        else:
            connection.exec_driver_sql("SET foreign_key_checks = 0")
            for name in sa.inspect(connection).get_table_names():
                connection.exec_driver_sql(f"DROP TABLE `{name}`")
            connection.exec_driver_sql("SET foreign_key_checks = 1")
    return engine


def hold(db: Database, before: SchemaSpec, after: SchemaSpec) -> None:
    engine = emptied(db)
    try:
        laws(engine, build(before, db.name), build(after, db.name))
    finally:
        if db.name == "sqlite":
            engine.dispose()


@pytest.mark.slow
@settings(max_examples=EXAMPLES)
@given(before=schema_specs(), after=schema_specs())
def test_the_three_laws_hold(db: Database, before: SchemaSpec, after: SchemaSpec) -> None:
    hold(db, before, after)


@pytest.mark.long
@settings(max_examples=MANY)
@given(before=schema_specs(), after=schema_specs())
def test_the_three_laws_hold_for_many(db: Database, before: SchemaSpec, after: SchemaSpec) -> None:
    hold(db, before, after)
