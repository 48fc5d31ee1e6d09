"""How a database's script is written: statements as text, and what holds the script together.

A script is run later, by a client that knows nothing of embedmig, on a database that nobody has
looked at. So whatever the runner asks of a database, the script asks by itself: for the lock, for
where the database stands, for rows that do not fit; and it stops where the answer is no.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.ddl import ExecutableDDLElement

from .. import _sa
from ..errors import InvalidOperation
from .literals import Literals
from .session import LockKey

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ClauseElement

    from .base import Statement
    from .ddl import DDL

#: Rows that one INSERT takes.
ROWS = 100
#: Values that one IN takes, and one line: SQL*Plus refuses lines of more than 2,499 characters.
VALUES = 100


@dataclass(frozen=True, slots=True)
class ScriptTables:
    """Where embedmig keeps its own tables, for the lock's name and the guards."""

    version: str
    history: str
    schema: str | None = None

    @property
    def key(self) -> LockKey | None:
        """The key of the lock; None where only the database knows the schema's name."""
        return None if self.schema is None else LockKey(f"{self.schema}\0{self.version}")


@dataclass(frozen=True, slots=True)
class Check:
    """A question of a guard: what must hold, and what is said where it does not."""

    condition: str
    message: str


class ScriptSpelling:
    """The generic script: statements and their ends; it has no lock and cannot stop itself."""

    literals_of: ClassVar[type[Literals]] = Literals
    #: What begins and ends a transaction.
    begin: ClassVar[str] = "BEGIN"
    commit: ClassVar[str] = "COMMIT"
    #: Why a revision cannot be guarded by a block; empty where it can.
    no_blocks: ClassVar[str] = "it has no block that could hold statements back"
    #: How to run the script with the database's own client.
    how_to_run: ClassVar[str] = "with a client that stops at the first error"
    #: UTC now, and when the transaction began.
    clock: ClassVar[str] = "CURRENT_TIMESTAMP"
    began: ClassVar[str] = "CURRENT_TIMESTAMP"
    #: Seconds since the transaction began, and since the history row's `started_at`.
    since_begin: ClassVar[str] = "NULL"
    since_start: ClassVar[str] = "NULL"
    #: What begins a comment that ends with its line.
    comments: ClassVar[tuple[str, ...]] = ("--",)
    #: What a SELECT without a table must name.
    dual: ClassVar[str] = ""

    def __init__(self, ddl: DDL) -> None:
        self.ddl = ddl
        self.spell = ddl.spell
        plain = self.spell.dialect
        self.literals = self.literals_of(plain)
        self.dialect = _sa.literal_dialect(plain, self.literals.operand)

    # -- statements --------------------------------------------------------------------------

    def texts(self, statement: Statement) -> list[str]:
        """A statement as text, complete and without its end; several for many rows."""
        if statement.check is not None:
            return self.checks(statement)
        sql: Any = statement.sql
        if isinstance(sql, str):
            return [self.trimmed(sql)]
        if statement.parameters is None:
            return [self.compiled(sql)]
        return list(self.rows(sql, statement.parameters))

    def checks(self, statement: Statement) -> list[str]:
        """What stops the script where rows do not fit, as it stops upgrade()."""
        if statement.forbids is None:
            return []
        sql: Any = statement.sql
        query = sql if isinstance(sql, str) else self.compiled(sql)
        message = f"embedmig: {statement.forbids}"
        return self.stop_unless(Check(f"NOT EXISTS ({query})", message))

    def trimmed(self, sql: str) -> str:
        """Without what surrounds it, and without an end of its own."""
        return sql.strip().rstrip(";").rstrip()

    def compiled(self, sql: ClauseElement) -> str:
        """A construct with every value written out."""
        if isinstance(sql, ExecutableDDLElement):
            return self.trimmed(str(sql.compile(dialect=self.dialect)))
        if isinstance(sql, sa.Insert):
            sql = sql.inline()
        sql = _sa.with_client_defaults(sql, self.dialect)
        try:
            made = sql.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True})
        except sa.exc.CompileError as error:
            raise InvalidOperation(f"{type(sql).__name__}: {error}") from error
        return self.trimmed(str(made))

    def rows(self, sql: Any, rows: Sequence[Any]) -> Iterable[str]:
        """An INSERT of many rows with the same columns, a hundred at a time."""
        table: sa.TableClause = sql.table
        filled = [_sa.with_column_defaults(table, row) for row in rows]
        columns = [column for column in table.c if column.key in filled[0]]
        if not columns or any(_sa.has_bind_expression(c.type, self.dialect) for c in columns):
            yield from (self.compiled(sql.values(row)) for row in filled)
            return
        writers = [(column.key, self.literals.writer(column.type)) for column in columns]
        lines = [f"({', '.join(write(row[key]) for key, write in writers)})" for row in filled]
        names = self.spell.names(column.name for column in columns)
        head = f"INSERT INTO {self.spell.qualified(table.name, _schema(table))} ({names})"
        yield from self.inserts(head, lines)

    def inserts(self, head: str, lines: list[str]) -> Iterable[str]:
        """The statements that insert these rows."""
        for start in range(0, len(lines), ROWS):
            yield f"{head} VALUES\n  " + ",\n  ".join(lines[start : start + ROWS])

    def ended(self, text: str) -> str:
        """A statement as it stands in the file."""
        return self.closed(text, self.ddl.script_end)

    def closed(self, text: str, end: str) -> str:
        """A statement and its end, which a comment must not hide."""
        last = text.rpartition("\n")[2]
        hidden = any(mark in last for mark in self.comments)
        return f"{text}\n{end.lstrip()}" if hidden else f"{text}{end}"

    def among(self, column: str, values: Iterable[str]) -> str:
        """A condition: the column has one of these values."""
        written = [self.literals.text(value) for value in values]
        parts = [
            f"{column} IN ({', '.join(written[i : i + VALUES])})"
            for i in range(0, len(written), VALUES)
        ]
        whole = "\n  OR ".join(parts)
        return f"({whole})" if len(parts) > 1 else whole

    # -- the frame ---------------------------------------------------------------------------

    def commands(self) -> list[str]:
        """Lines for the client alone, before everything."""
        return []

    def opening(self, tables: ScriptTables, lock_timeout: float) -> list[str]:
        """Session settings, and the same lock as upgrade()'s, waited for so many seconds."""
        return []

    def closing(self, tables: ScriptTables) -> list[str]:
        """What gives the lock back and tidies up."""
        return []

    def is_locked(self, tables: ScriptTables) -> str | None:
        """A condition: this session holds the lock; None where that cannot be asked."""
        return None

    def stop_unless(self, check: Check) -> list[str]:
        """What stops the script where the condition does not hold."""
        return []

    def create_if_missing(self, table: sa.Table) -> str:
        """CREATE TABLE for one of embedmig's own tables."""
        return self.spell.element(CreateTable(table, if_not_exists=True))

    def block(self, check: Check, statements: list[str]) -> list[str]:
        """Statements that run only where the condition holds; the message names the block."""
        raise NotImplementedError(self.no_blocks)

    def before_transaction(self, statements: list[str]) -> list[str]:
        """What these statements need done before their transaction begins."""
        return []

    def before_commit(self, statements: list[str]) -> list[str]:
        """What these statements need checked before their transaction ends."""
        return []


def _schema(table: sa.TableClause) -> str | None:
    return getattr(table, "schema", None)


def indented(lines: Iterable[str], by: str = "  ") -> str:
    """Statements inside a block. Lines of a statement after its first stay as they are: they may
    stand in the middle of a string."""
    return "".join(f"{by}{line}\n" for line in lines)


def dollar_quoted(text: str) -> str:
    """A string between tags that it does not contain."""
    tag, number = "$embedmig$", 0
    while tag in text:
        number += 1
        tag = f"$embedmig{number}$"
    return f"{tag}{text}{tag}"


IS_BLOCK = re.compile(
    r"(?is)\A\s*(?:BEGIN|DECLARE|CREATE\s+(?:OR\s+REPLACE\s+)?"
    r"(?:(?:NON)?EDITIONABLE\s+)?(?:PROCEDURE|FUNCTION|TRIGGER|PACKAGE|TYPE))\b"
)
