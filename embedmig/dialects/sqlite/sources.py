"""Where the stored texts are read: from the database at hand, or from a replay in memory."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy.exc import DBAPIError

from ..._sa import driver_connection, send
from ...errors import ForeignKeysMustBeOff
from . import text_edits
from .schema_edit import schema_edit
from .schema_texts import SchemaText, Texts, of_table, read_texts
from .session import FOREIGN_KEYS_OFF
from .table_change import TableChange
from .tokens import literal, quote
from .ways import Ways

if TYPE_CHECKING:
    from sqlalchemy import Connection

_COLUMNS = "type, name, tbl_name, sql"
_PROBE = "embedmig_probe"
#: No value of an application's is this one.
_SENTINEL = "x'656d6265646d69672064656661756c74'"


class Source(Protocol):
    """What is asked about the database that a change is for."""

    @property
    def version(self) -> tuple[int, ...]:
        """The version of the SQLite library."""

    @property
    def ways(self) -> Ways:
        """What the database allows."""

    def connect(self) -> Any:
        """A private database in memory, of the same library."""

    def texts(self, schema: str | None) -> Texts:
        """Every stored text of a schema."""

    def own_texts(self, table: str, schema: str | None) -> Texts:
        """The stored texts of one table and of its indexes."""

    @property
    def enforces_foreign_keys(self) -> bool:
        """Whether foreign keys are enforced now."""


class LiveSource:
    """The database behind the migration's connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.module: Any = _sqlite_module(connection)

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(self.module.sqlite_version_info)

    def connect(self) -> Any:
        return self.module.connect(":memory:", isolation_level=None)

    def texts(self, schema: str | None) -> Texts:
        master = f"{quote(schema or 'main')}.sqlite_master"
        rows = self._all(f"SELECT {_COLUMNS} FROM {master} ORDER BY rowid")
        return tuple(
            self._with_columns(text, schema) if text.is_virtual else text
            for text in [*read_texts(rows), *self._temporary_triggers(schema)]
        )

    def own_texts(self, table: str, schema: str | None) -> Texts:
        master = f"{quote(schema or 'main')}.sqlite_master"
        rows = self._all(
            f"SELECT {_COLUMNS} FROM {master} WHERE tbl_name = {literal(table)} COLLATE NOCASE "
            "AND type IN ('table', 'index') ORDER BY rowid"
        )
        return tuple(read_texts(rows))

    def _temporary_triggers(self, schema: str | None) -> Iterator[SchemaText]:
        """Triggers of this connection alone, which a dropped table takes with it as well."""
        if schema == "temp":
            return
        rows = self._all(f"SELECT {_COLUMNS} FROM sqlite_temp_master WHERE type = 'trigger'")
        for type_, name, table, sql in rows:
            yield SchemaText(type_, name, table, sql, is_temporary=True)

    def _with_columns(self, text: SchemaText, schema: str | None) -> SchemaText:
        info = f"PRAGMA {quote(schema or 'main')}.table_xinfo({quote(text.name)})"
        try:
            columns = tuple(row[1] for row in self._all(info))
        except DBAPIError:  # its module is not loaded here
            columns = ()
        return SchemaText(text.type, text.name, text.table, text.sql, columns=columns)

    @property
    def enforces_foreign_keys(self) -> bool:
        return bool(self._value("PRAGMA foreign_keys"))

    @property
    def ways(self) -> Ways:
        legacy = bool(self._value("PRAGMA legacy_alter_table"))
        return Ways(
            edits_schema=self.edits_schema,
            reads_default=self.reads_default,
            require_unenforced=self.require_unenforced,
            finds_row=self.finds_row,
            restore=partial(self.restore, legacy),
            legacy_alter_table=legacy,
            checks_at_commit=bool(self.connection.info.get(FOREIGN_KEYS_OFF)),
        )

    def restore(self, legacy_alter_table: bool) -> None:  # noqa: FBT001
        """Take back what a change had set when it failed; tolerates a dead connection."""
        if not self.connection.closed and not self.connection.invalidated:
            self._run("PRAGMA writable_schema = OFF")
            self._run(f"PRAGMA legacy_alter_table = {int(legacy_alter_table)}")

    def require_unenforced(self, change: TableChange) -> None:
        """Raise ForeignKeysMustBeOff where a rebuild would delete what refers to the table."""
        if self.enforces_foreign_keys:
            raise ForeignKeysMustBeOff(change.name)

    def finds_row(self, query: str) -> bool:
        """Whether the query finds a row; also where the table is not yet as the query has it."""
        try:
            return bool(self._all(query))
        except DBAPIError:
            return True

    def edits_schema(self) -> bool:
        """Whether the connection lets stored texts be edited: not in defensive mode."""
        with self._writable_schema():
            try:
                self._run("UPDATE sqlite_master SET sql = sql WHERE 0")
            except DBAPIError:
                return False
        return True

    @contextmanager
    def _writable_schema(self) -> Iterator[None]:
        before = self._value("PRAGMA writable_schema")
        self._run("PRAGMA writable_schema = ON")
        try:
            yield
        finally:
            self._run(f"PRAGMA writable_schema = {before or 0}")

    def reads_default(self, change: TableChange, column: str) -> bool:
        """Whether a row reads the column's default from the text.

        Rows that were there when `ADD COLUMN` brought the column end before it, and SQLite fills in
        the default of the text: another default would change them. Nothing tells such rows from
        the others but to look while the text has a default that no row can hold.
        """
        row = next(t for t in change.before if t.type == "table" and t.name == change.name)
        watched = text_edits.set_default(row.sql, column, _SENTINEL)
        query = (
            f"SELECT 1 FROM {change.full_name} NOT INDEXED "
            f"WHERE {quote(column)} = {_SENTINEL} LIMIT 1"
        )
        with self._taken_back():
            self._edit(change, watched)
            return bool(self._all(query))

    @contextmanager
    def _taken_back(self) -> Iterator[None]:
        """Undo what is done inside; nobody else ever sees it, also where this process dies."""
        inside = driver_connection(self.connection).in_transaction
        self._run(f"SAVEPOINT {_PROBE}" if inside else "BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._run(f"ROLLBACK TO {_PROBE}" if inside else "ROLLBACK")
            if inside:
                self._run(f"RELEASE {_PROBE}")

    def _edit(self, change: TableChange, sql: str) -> None:
        for statement in schema_edit(change.name, change.schema, sql):
            self._run(str(statement.sql))

    def _run(self, sql: str) -> None:
        send(self.connection, sql, fetch=False)

    def _all(self, sql: str) -> Sequence[Any]:
        return send(self.connection, sql).rows

    def _value(self, sql: str) -> Any:
        return send(self.connection, sql).scalar()


def _sqlite_module(connection: Connection) -> Any:
    """The DB-API module of the connection; of aiosqlite, the module that it drives."""
    dbapi: Any = connection.dialect.dbapi
    return getattr(dbapi, "sqlite", dbapi)


#: The SQLite that a script is for, where nobody says which.
ASSUMED_VERSION = (3, 40)


class MemorySource:
    """A replay: a database in memory that holds what the operations so far have made.

    `version` is the SQLite that they are spelled for; Python's own must understand them too.
    """

    enforces_foreign_keys = False

    def __init__(self, version: tuple[int, ...] | None) -> None:
        self.version = min(version or ASSUMED_VERSION, tuple(sqlite3.sqlite_version_info))
        self.database = self.connect()
        weakref.finalize(self, self.database.close)

    def connect(self) -> Any:
        # One thread at a time uses it, but the collector may close it in any.
        return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)

    def texts(self, schema: str | None) -> Texts:
        try:
            rows = self.database.execute(
                f"SELECT {_COLUMNS} FROM {quote(schema or 'main')}.sqlite_master ORDER BY rowid"
            )
        except sqlite3.OperationalError:  # nothing was made in this schema
            return ()
        return tuple(read_texts(rows))

    def own_texts(self, table: str, schema: str | None) -> Texts:
        texts = self.texts(schema)
        own = [t for t in texts if t.type == "table" and t.name.lower() == table.lower()]
        return (*own, *of_table(texts, table, "index"))

    @property
    def ways(self) -> Ways:
        """Nobody knows what the script's connection will allow, so it needs nothing special."""
        return Ways(
            edits_schema=lambda: False,
            reads_default=lambda change, column: False,
            require_unenforced=lambda change: None,
            finds_row=lambda query: True,
            restore=lambda: None,
        )
