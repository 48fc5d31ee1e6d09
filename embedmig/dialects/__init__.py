"""How each database does it: the only place that knows a database's name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

    from .base import Dialect
    from .session import Session

#: SQLAlchemy's dialect name → the module whose `dialect(sa_dialect)` makes ours, and its session,
#: which is all that a boot with nothing pending needs.
DIALECTS: tuple[tuple[str, str, str], ...] = (
    ("postgresql", "postgresql", "postgresql_session:PostgreSQLSession"),
    ("sqlite", "sqlite", "sqlite.session:SQLiteSession"),
    ("mysql", "mysql", "mysql_session:MySQLSession"),
    ("mariadb", "mysql", "mysql_session:MySQLSession"),
    ("mssql", "mssql", "mssql_session:MSSQLSession"),
    ("oracle", "oracle", "oracle_session:OracleSession"),
)

#: Installed packages may add a database: name = "package.module:function(sa_dialect) -> Dialect".
ENTRY_POINTS = "embedmig.dialects"


def dialect_for(sa_dialect: SQLAlchemyDialect) -> Dialect:
    """Our dialect for SQLAlchemy's; raises ConfigurationError where there is none."""
    name = sa_dialect.name
    for known, module, _ in DIALECTS:
        if known == name:
            made: Dialect = import_module(f".{module}", __name__).dialect(sa_dialect)
            return made
    return _from_entry_point(sa_dialect)


def session_for(sa_dialect: SQLAlchemyDialect) -> Session:
    """The session of our dialect, without importing the rest of it where that can be."""
    for known, _, place in DIALECTS:
        if known == sa_dialect.name:
            module, _, name = place.partition(":")
            made: Session = getattr(import_module(f".{module}", __name__), name)()
            return made
    return _from_entry_point(sa_dialect).session


def _from_entry_point(sa_dialect: SQLAlchemyDialect) -> Dialect:
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS, name=sa_dialect.name):
        made: Dialect = entry.load()(sa_dialect)
        return made
    known = ", ".join(name for name, *_ in DIALECTS)
    raise ConfigurationError(
        f"embedmig does not know the database {sa_dialect.name!r} (it knows {known}); a package "
        f"can add it through the entry point group {ENTRY_POINTS!r}"
    )
