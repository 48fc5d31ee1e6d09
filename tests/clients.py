"""Running a script through a database's own client, or through a plain DB-API cursor."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.databases import Database, required

CLIENTS = {"sqlite": ("sqlite3",), "postgresql": ("psql",), "mariadb": ("mariadb", "mysql")}


def client(name: str) -> str:
    """The client's path; the test is skipped where there is none, unless it is required."""
    for candidate in CLIENTS[name]:
        if found := shutil.which(candidate):
            return found
    if name in required(os.environ):
        pytest.fail(f"{CLIENTS[name][0]} is required")
    pytest.skip(f"{CLIENTS[name][0]} is not installed")


def run(database: Database, script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """The script in a file, run as its header says."""
    file = directory / "script.sql"
    file.write_bytes(script.encode())
    url, program = database.url, client(database.name)
    environment = dict(os.environ)
    if database.name == "sqlite":
        command, source = [program, "-bail", str(url.database)], file
    elif database.name == "postgresql":
        target = url.set(drivername="postgresql").render_as_string(hide_password=False)
        command = [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(file), target]
        source = None
    else:
        environment["MYSQL_PWD"] = url.password or ""
        place = ["-h", url.host or "127.0.0.1", "-P", str(url.port or 3306)]
        command = [program, *place, "-u", url.username or "", str(url.database)]
        source = file
    with open(source or os.devnull, "rb") as stdin:
        return subprocess.run(
            command, stdin=stdin, capture_output=True, text=True, timeout=120, env=environment
        )


def must_run(database: Database, script: str, directory: Path) -> None:
    """Run it; an error is a failure that shows what the client said."""
    done = run(database, script, directory)
    assert done.returncode == 0, f"{done.stderr or done.stdout}\n{script}"


def execute_each(engine: sa.Engine, statements: list[str]) -> None:
    """Each statement through a cursor of the driver's, in autocommit mode, without parameters."""
    pooled = engine.raw_connection()
    driver: Any = pooled.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.isolation_level = None
    elif callable(getattr(driver, "autocommit", None)):
        driver.autocommit(True)  # PyMySQL's
    else:
        driver.autocommit = True
    cursor = driver.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()
    pooled.invalidate()


RECORDED = (
    "revision, down_revisions, direction, status, operations_done, digest, progress, app_version, "
    "app_requires"
)


def reflected(connection: sa.Connection) -> dict[str, Any]:
    """Every table as reflection sees it, in a form that compares."""
    inspector, found = sa.inspect(connection), {}
    for name in inspector.get_table_names():
        columns = [
            {**column, "type": column["type"].compile(dialect=connection.dialect)}
            for column in inspector.get_columns(name)
        ]
        found[name] = {
            "columns": columns,
            "primary": inspector.get_pk_constraint(name),
            "foreign": sorted(map(repr, inspector.get_foreign_keys(name))),
            "unique": sorted(map(repr, inspector.get_unique_constraints(name))),
            "checks": sorted(map(repr, inspector.get_check_constraints(name))),
            "indexes": sorted(map(repr, inspector.get_indexes(name))),
        }
        if connection.dialect.supports_comments:
            found[name]["comment"] = inspector.get_table_comment(name)
    return found


def state(engine: sa.Engine) -> dict[str, Any]:
    """Everything that a script and upgrade() must leave alike: schema, rows, version, history."""
    with engine.connect() as connection:
        found: dict[str, Any] = {"schema": reflected(connection), "rows": {}}
        quote = connection.dialect.identifier_preparer.quote
        for name in found["schema"]:
            if name == "embedmig_history":
                query = f"SELECT {RECORDED} FROM embedmig_history ORDER BY id"
                found["history"] = [tuple(row) for row in connection.execute(sa.text(query))]
            else:
                rows = connection.exec_driver_sql(f"SELECT * FROM {quote(name)}")
                found["rows"][name] = sorted(map(repr, rows))
        if connection.dialect.name == "sqlite":
            # A newer SQLite alters in place what a script rebuilds: the same text, other spaces.
            texts = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master")
            found["texts"] = sorted((t, n, "".join((sql or "").split())) for t, n, sql in texts)
    return found


def for_the_client(db: Database) -> dict[str, str]:
    """What render_sql must be told where the client is older than the library of Python."""
    if db.name != "sqlite":
        return {}
    said = subprocess.run(["sqlite3", "--version"], capture_output=True, text=True, check=True)
    client = tuple(map(int, said.stdout.split()[0].split(".")))
    oldest = min(client, tuple(sqlite3.sqlite_version_info))
    return {"server_version": ".".join(map(str, oldest))}


def emptied(database: Database) -> sa.Engine:
    """An engine on the database without anything in it: far quicker than another database."""
    if database.name == "sqlite":
        for suffix in ("", "-journal"):
            Path(f"{database.url.database}{suffix}").unlink(missing_ok=True)
        return database.engine()
    engine = database.engine(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if database.name == "postgresql":
            for name in sa.inspect(connection).get_schema_names():
                if name != "information_schema":
                    connection.exec_driver_sql(f'DROP SCHEMA "{name}" CASCADE')
            connection.exec_driver_sql("CREATE SCHEMA public")
        else:
            connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
            for name in sa.inspect(connection).get_table_names():
                connection.exec_driver_sql(f"DROP TABLE `{name}`")
    engine.dispose()
    return database.engine()
