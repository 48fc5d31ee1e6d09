"""A database, operations applied to it as the runner does, and its whole state to compare."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Self

import pytest
import sqlalchemy as sa

from embedmig import ops
from embedmig._sa import send
from embedmig.catalog import LiveCatalog
from embedmig.dialects import dialect_for
from embedmig.dialects.base import Statement
from embedmig.sinks import execute

try:
    import pysqlite3.dbapi2 as newest
except ImportError:  # no wheel for this Python
    newest = None

#: The SQLite that Python brings, and the newest one there is.
MODULES = [pytest.param(sqlite3, id="bundled")]
if newest is not None:
    MODULES.append(pytest.param(newest, id="newest"))


class Database:
    """One SQLite database and one connection to it, in autocommit mode."""

    def __init__(self, url: str = "sqlite://", module: Any = None) -> None:
        self.engine = sa.create_engine(url, **({"module": module} if module else {}))
        self.connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self.dialect = dialect_for(self.engine.dialect)
        self.sent: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.engine.dispose()

    def run(self, *statements: str) -> list[Any]:
        """Execute as it stands; the rows of the last one."""
        rows: Sequence[Any] = ()
        for statement in statements:
            rows = send(self.connection, statement).rows
        return [tuple(row) for row in rows]

    def apply(self, *operations: ops.Operation, naming_convention: Any = None) -> list[str]:
        """Apply operations in one transaction; what was sent, without the checks."""
        self.sent = []
        self.run("BEGIN IMMEDIATE")
        try:
            for operation in operations:
                catalog = LiveCatalog(self.connection, naming_convention=naming_convention)
                for statement in self.dialect.ddl.statements(operation, catalog):
                    self._send(statement)
        except BaseException:
            self.run("ROLLBACK")
            raise
        self.run("COMMIT")
        return self.sent

    def _send(self, statement: Statement) -> None:
        execute(self.connection, statement)
        if statement.check is None:
            self.sent.append(str(statement.sql))

    # -- what is there -----------------------------------------------------------------------

    def texts(self) -> dict[str, str]:
        """Every stored text, by type and name."""
        rows = self.run("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {f"{type_} {name}": sql for type_, name, sql in rows}

    def text(self, table: str) -> str:
        """The table's stored text."""
        return self.texts()[f"table {table}"]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every row of a table, its rowid among the columns where it has one."""
        quoted = '"' + table.replace('"', '""') + '"'
        info = self.run(f"PRAGMA table_xinfo({quoted})")
        names = ", ".join('"' + row[1].replace('"', '""') + '"' for row in info)
        rows = self.run(f"SELECT {names} FROM {quoted}")
        return [dict(zip([row[1] for row in info], row, strict=True)) for row in rows]

    def rowids(self, table: str) -> list[Any]:
        """The rowids in their order."""
        return self.run(f'SELECT rowid FROM "{table}" ORDER BY rowid')

    def dump(self) -> tuple[Any, ...]:
        """Texts, rows and counters: everything a failed change must leave as it was."""
        texts = self.texts()
        tables = [key.removeprefix("table ") for key in texts if key.startswith("table ")]
        return texts, {table: repr(self.rows(table)) for table in tables}

    def complaints(self) -> list[Any]:
        """What SQLite finds wrong with the file, ["ok"] if nothing."""
        return [row[0] for row in self.run("PRAGMA integrity_check")]

    def assert_sound(self, complaints: list[Any] | None = None) -> None:
        """SQLite's own checks (no new complaint), and no leftovers of ours."""
        assert set(self.complaints()) <= {"ok", *(complaints or [])}
        assert not [key for key in self.texts() if "embedmig" in key]

    def was_rebuilt(self) -> bool:
        """Whether the last `apply` rebuilt a table."""
        return any("INSERT OR ABORT INTO" in sql for sql in self.sent)
