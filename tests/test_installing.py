"""The two tables are made where they are missing, and a version table that is there is adopted."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Registry
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


@pytest.mark.only_on("postgresql")
def test_a_history_table_that_others_make_meanwhile_is_shared(db: Database) -> None:
    """Each has a version table of its own, and so a lock of its own."""
    count = 4
    started = threading.Barrier(count)

    def migrate(number: int) -> tuple[str, ...]:
        engine, registry = db.engine(), Registry()
        registry.revision(f"r{number}", down_revision=None)(lambda op: None)
        with engine.connect():
            started.wait()
        return Migrator(engine, None, registry, version_table=f"v{number}").upgrade().after

    with ThreadPoolExecutor(count) as pool:
        results = list(pool.map(migrate, range(count)))
    assert results == [(f"r{number}",) for number in range(count)]


@pytest.mark.only_on("postgresql")
def test_a_creator_that_has_not_committed_is_waited_for(db: Database) -> None:
    """Also inside a transaction of the caller's, which goes on."""
    engine = db.engine()
    dialect = dialect_for(engine.dialect)
    with engine.connect() as first, engine.connect() as second, ThreadPoolExecutor(1) as pool:
        missing = TABLES.missing(second)
        install(first, TABLES, TABLES.missing(first), dialect)
        waiting = pool.submit(install, second, TABLES, missing, dialect)
        waits = "SELECT 1 FROM pg_locks WHERE NOT granted"
        while not first.exec_driver_sql(waits).first():
            assert not waiting.done()
        first.commit()
        waiting.result(10)
        assert TABLES.heads(second) == ()


def test_something_else_of_that_name_is_refused(db: Database) -> None:
    """What "exists already" is not the table."""
    engine = db.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
        connection.exec_driver_sql("CREATE INDEX v ON t (a)")
    if db.name == "mariadb":  # whose indexes have names of their own
        assert install_missing(engine) == ["v", "h"]
        return
    with pytest.raises(VersionTableError, match="'v'"):
        install_missing(engine)
