"""SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

    from ..base import Dialect


def dialect(sa_dialect: SQLAlchemyDialect) -> Dialect:
    """embedmig's SQLite for SQLAlchemy's."""
    # Imported here: the session lies in this package too, and a quiet boot needs nothing else.
    from ..base import Dialect
    from .ddl import SQLiteDDL
    from .session import SQLiteSession

    ddl = SQLiteDDL(sa_dialect)
    return Dialect("sqlite", sa_dialect, ddl, SQLiteSession(), _comparison, _script)


def _comparison(sa_dialect: SQLAlchemyDialect) -> Any:
    from .comparison import SQLiteComparison

    return SQLiteComparison(sa_dialect)


def _script(ddl: Any) -> Any:
    from .script import SQLiteScript

    return SQLiteScript(ddl)
