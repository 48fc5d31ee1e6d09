"""Making the version table and the history table, or adopting a version table that is there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from .catalog import LiveCatalog
from .errors import VersionTableError
from .history import ID_LENGTH
from .ops.columns import AlterColumn
from .redaction import describe_error
from .sinks import LiveSink

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from .dialects.base import Dialect
    from .history import Tables


def install(
    connection: Connection, tables: Tables, missing: Sequence[Table], dialect: Dialect
) -> None:
    """Create what is missing, under the lock; adopt a version table that somebody else made.

    The lock is that of one version table: a history table that several share may come from others
    meanwhile. Raises VersionTableError where the database refuses.
    """
    session = dialect.session
    for table in missing:
        try:
            with connection.begin_nested() if session.waits_for_creation else nullcontext():
                connection.execute(tables.creation(table))
        except DBAPIError as error:
            if error.connection_invalidated or session.is_not_ready(error):
                raise
            may_go_on = session.waits_for_creation or not session.transactional_ddl
            is_there = may_go_on and session.is_already_there(error)
            if not is_there or table in tables.missing(connection):
                raise VersionTableError(table.fullname, describe_error(error)) from error
    if missing and tables.version not in missing:
        _widen_version_column(connection, tables, dialect)


def _widen_version_column(connection: Connection, tables: Tables, dialect: Dialect) -> None:
    """A version table of Alembic's holds 32 characters; ours hold 255."""
    version = tables.version
    columns: Any = inspect(connection).get_columns(version.name, schema=version.schema)
    length = getattr(columns[0]["type"], "length", None)
    if length is None or length >= ID_LENGTH or not dialect.session.enforces_length:
        return
    wider = AlterColumn(
        version.name,
        columns[0]["name"],
        schema=version.schema,
        type_=version.c.version_num.type,
        existing_type=columns[0]["type"],
        existing_nullable=False,
    )
    LiveSink(dialect, LiveCatalog(connection), connection).apply(wider)
