"""SQLAlchemy's dialects without driver and server, as a connection would have left them.

SQLAlchemy's dialects learn from the first connection what the server is: its version and the flags
that follow from it. A script is rendered without one, so they are told here
(`initialize()` in https://github.com/sqlalchemy/sqlalchemy/tree/main/lib/sqlalchemy/dialects).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from .. import _sa
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Offline:
    """One database: SQLAlchemy's class for it, and the server that a script is for by default."""

    cls: str
    default: str
    learned: Callable[[Version], Mapping[str, Any]]

    def make(self) -> SQLAlchemyDialect:
        """A dialect that knows no driver."""
        module, _, name = self.cls.partition(":")
        made: SQLAlchemyDialect = getattr(import_module(f"sqlalchemy.dialects.{module}"), name)()
        return made


def _postgresql(version: Version) -> Mapping[str, Any]:
    return {
        "supports_smallserial": True,
        "supports_identity_columns": version >= (10,),
        "supports_virtual_generated_columns": version >= (18,),
        "_backslash_escapes": False,
        "_supports_drop_index_concurrently": True,
        "_supports_jsonb_subscripting": version >= (14,),
    }


def _sqlite(_version: Version) -> Mapping[str, Any]:
    return {}


def _mysql(version: Version) -> Mapping[str, Any]:
    return {
        "supports_for_update_of": version >= (8,),
        "use_mysql_for_share": version >= (8, 0, 1),
        "_needs_correct_for_88718_96365": (8,) <= version < (8, 0, 14),
        "_requires_alias_for_on_duplicate_key": version >= (8, 0, 20),
        "_support_default_function": version >= (8, 0, 13),
        "_support_float_cast": version >= (8, 0, 17),
        **_SQL_MODE,
    }


def _mariadb(version: Version) -> Mapping[str, Any]:
    return {
        "supports_sequences": version >= (10, 3),
        "delete_returning": True,
        "insert_returning": version >= (10, 5),
        "supports_native_uuid": version >= (10, 7),
        "_allows_uuid_binds": True,
        "_support_default_function": version >= (10, 2, 1),
        "_support_float_cast": version >= (10, 4, 5),
        **_SQL_MODE,
    }


#: The script sets the mode that it is written for.
_SQL_MODE: Final = {"_backslash_escapes": True, "_server_ansiquotes": False, "_sql_mode": ""}


def _mssql(version: Version) -> Mapping[str, Any]:
    return {
        "supports_multivalues_insert": version >= (10,),
        "deprecate_large_types": version >= (11,),
        "supports_comments": True,
        "_supports_offset_fetch": version >= (11,),
        "_supports_nvarchar_max": version >= (9,),
    }


def _oracle(version: Version) -> Mapping[str, Any]:
    return {
        "supports_identity_columns": version >= (12,),
        "supports_native_boolean": version >= (23,),
        "max_identifier_length": 128 if version >= (12, 2) else 30,
        "_supports_offset_fetch": version >= (12,),
        "_supports_oracle_json": version >= (21,),
    }


#: SQLAlchemy's name → how it is made. The defaults are part of `render_sql`'s documentation.
DATABASES: Final[Mapping[str, Offline]] = {
    "postgresql": Offline("postgresql.base:PGDialect", "16", _postgresql),
    "sqlite": Offline("sqlite.base:SQLiteDialect", "3.40", _sqlite),
    "mysql": Offline("mysql.base:MySQLDialect", "8.4", _mysql),
    "mariadb": Offline("mysql.mariadb:MariaDBDialect", "10.11", _mariadb),
    "mssql": Offline("mssql.base:MSDialect", "15.0", _mssql),
    "oracle": Offline("oracle.base:OracleDialect", "19", _oracle),
}
#: Products whose name is not their version.
_RELEASES: Final = {"mssql": {2016: 13, 2017: 14, 2019: 15, 2022: 16, 2025: 17}}
_WITHOUT_DECIMAL: Final = frozenset({"sqlite"})
#: What an engine was told by its owner, beside what it learned.
_TOLD: Final = (
    "_json_serializer",
    "_json_deserializer",
    "default_schema_name",
    "max_identifier_length",
)


def offline_dialect(
    given: SQLAlchemyDialect | str, *, server_version: str | None = None
) -> SQLAlchemyDialect:
    """A dialect by its name, or like that of an engine, as if it had met a server.

    An engine that has connected tells the server's version and flags. Otherwise the version is
    `server_version`, such as "16.4", or the default of `DATABASES`. No driver is imported. Raises
    ConfigurationError for a name that SQLAlchemy does not know and for a version that is none.
    """
    name = given if isinstance(given, str) else given.name
    own = DATABASES.get(product(given))
    if own is None:
        return _foreign(given, _parsed(name, server_version) if server_version else None)
    met = None if isinstance(given, str) else getattr(given, "server_version_info", None)
    version = met if met and not server_version else _parsed(name, server_version or own.default)
    learned = dict(own.learned(version))
    if met and not server_version:
        learned |= {flag: getattr(given, flag) for flag in learned if hasattr(given, flag)}
    if not isinstance(given, str):
        learned |= {flag: getattr(given, flag) for flag in _TOLD if hasattr(given, flag)}
    made = own.make()
    if name not in _WITHOUT_DECIMAL:
        learned["supports_native_decimal"] = True  # as every driver says of itself
    _sa.teach(made, {**learned, **_fixed(own), "server_version_info": version, "name": name})
    return made


def _fixed(own: Offline) -> Mapping[str, Any]:
    """What the script itself sets on the server, whatever an engine has met there."""
    return {flag: value for flag, value in own.learned((0,)).items() if flag in _SQL_MODE}


def product(given: SQLAlchemyDialect | str) -> str:
    """MariaDB also behind a `mysql://` URL, once that is known."""
    if isinstance(given, str):
        return given
    return "mariadb" if getattr(given, "is_mariadb", False) else given.name


def _foreign(given: SQLAlchemyDialect | str, version: Version | None) -> SQLAlchemyDialect:
    """A database that another package brings; it learns no more than its version."""
    if not isinstance(given, str):
        return given
    try:
        made: SQLAlchemyDialect = sa.URL.create(given).get_dialect()()
    except sa.exc.SQLAlchemyError as error:
        raise ConfigurationError(
            f"no database is called {given!r} (SQLAlchemy knows {', '.join(DATABASES)})"
        ) from error
    if version is not None:
        _sa.teach(made, {"server_version_info": version})
    return made


def _parsed(name: str, version: str) -> Version:
    if not re.fullmatch(r"\d+(\.\d+)*", version):
        raise ConfigurationError(f"server_version={version!r}: write it like '16.4'")
    numbers = tuple(int(part) for part in version.split("."))
    return (_RELEASES.get(name, {}).get(numbers[0], numbers[0]), *numbers[1:])
