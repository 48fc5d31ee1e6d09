"""What a dialect would have learned from a connection, it is told where there is none."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.dialects.offline import DATABASES, offline_dialect
from embedmig.errors import ConfigurationError
from tests.databases import Database

#: What says nothing about the SQL, or belongs to a driver.
_ASIDE = {
    "client_encoding",
    "compiler_linting",
    "dbapi_version",
    "default_isolation_level",
    "default_schema_name",
    "name",
    "paramstyle",
    "positional",
    "supports_server_side_cursors",
    "use_native_hstore",
    "_connection_charset",
    "_has_native_hstore",
    "_sql_mode",
    "_user_defined_max_identifier_length",
}


def flags(dialect: Any) -> dict[str, Any]:
    simple = (bool, int, str, tuple, type(None))
    return {
        name: value
        for name, value in vars(dialect).items()
        if isinstance(value, simple) and name not in _ASIDE
    }


def test_every_flag_is_as_a_connection_leaves_it(db: Database, engine: sa.Engine) -> None:
    """Told only the server's version."""
    with engine.connect():
        pass
    live: Any = engine.dialect
    version = ".".join(map(str, live.server_version_info))
    product = "mariadb" if getattr(live, "is_mariadb", False) else live.name
    told: Any = offline_dialect(product, server_version=version)
    assert {name: getattr(told, name, None) for name in flags(live)} == flags(live)


def test_an_engine_that_has_connected_tells_its_server(db: Database, engine: sa.Engine) -> None:
    with engine.connect():
        pass
    made: Any = offline_dialect(engine.dialect)
    assert made.server_version_info == engine.dialect.server_version_info
    assert made.name == engine.dialect.name
    assert made.dbapi is None


def test_an_engine_that_has_not_connected_stands_for_the_default() -> None:
    made: Any = offline_dialect(sa.create_engine("postgresql+psycopg://nowhere/x").dialect)
    assert made.server_version_info == (16,)


@pytest.mark.parametrize(
    ("name", "version", "flag", "value"),
    [
        ("postgresql", "17.2", "supports_virtual_generated_columns", False),
        ("postgresql", "18", "supports_virtual_generated_columns", True),
        ("mysql", "8.0.12", "_support_default_function", False),
        ("mariadb", "10.6", "supports_native_uuid", False),
        ("mariadb", "10.11", "supports_native_uuid", True),
        ("oracle", "11.2", "supports_identity_columns", False),
        ("oracle", "23", "supports_native_boolean", True),
        ("oracle", "12.1", "max_identifier_length", 30),
        ("mssql", "2022", "server_version_info", (16,)),
    ],
)
def test_a_version_brings_its_flags(name: str, version: str, flag: str, value: Any) -> None:
    assert getattr(offline_dialect(name, server_version=version), flag) == value


def test_unknown_names_and_versions_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="no database is called 'postgres16'"):
        offline_dialect("postgres16")
    with pytest.raises(ConfigurationError, match=r"write it like '16\.4'"):
        offline_dialect("postgresql", server_version="v16")


def test_no_driver_is_imported() -> None:
    """Not one of them, for any of the six."""
    code = (
        "import sys\n"
        "from embedmig.dialects.offline import DATABASES, offline_dialect\n"
        "[offline_dialect(name) for name in DATABASES]\n"
        "drivers = {'psycopg', 'psycopg2', 'pymysql', 'MySQLdb', 'pyodbc', 'oracledb', 'sqlite3'}\n"
        "print(sorted(drivers & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
    assert len(DATABASES) == 6
