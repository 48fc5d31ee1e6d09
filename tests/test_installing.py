"""The two tables are made where they are missing, and a version table that is there is adopted."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from embedmig.dialects import dialect_for
from embedmig.errors import VersionTableError
from embedmig.history import Tables
from embedmig.installing import install
from tests.databases import Database

TABLES = Tables("v", "h")


def install_missing(engine: sa.Engine) -> list[str]:
    """What was missing, and is there now."""
    with engine.begin() as connection:
        missing = TABLES.missing(connection)
        install(connection, TABLES, missing, dialect_for(connection.dialect))
        return [table.name for table in missing]


def widths(engine: sa.Engine) -> dict[str, int | None]:
    columns = sa.inspect(engine).get_columns("v")
    return {column["name"]: getattr(column["type"], "length", None) for column in columns}


def test_both_are_made_once(db: Database) -> None:
    engine = db.engine()
    assert install_missing(engine) == ["v", "h"]
    assert install_missing(engine) == []
    assert widths(engine) == {"version_num": 255}


def test_a_narrow_version_table_is_adopted_and_keeps_its_rows(db: Database) -> None:
    engine = db.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE v (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO v VALUES ('r1')")
    assert install_missing(engine) == ["h"]
    assert widths(engine) == {"version_num": 32 if db.name == "sqlite" else 255}
    with engine.connect() as connection:
        assert TABLES.heads(connection) == ("r1",)


def test_the_databases_refusal_names_the_table(db: Database) -> None:
    engine = db.engine()
    other = Tables("v", "h", schema="nowhere")
    with engine.connect() as connection, pytest.raises(VersionTableError, match=r"nowhere\.v"):
        install(connection, other, [other.version], dialect_for(connection.dialect))
