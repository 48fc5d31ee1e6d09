"""Columns and constraints of SQLAlchemy as SQLite writes them inside a `CREATE TABLE`.

SQLAlchemy compiles a whole table; the pieces are then cut out of its text, so that every type,
default and conflict clause is spelled as `create_all` would spell it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from ..spelling import Spelling
from .table_text import CHECK, FOREIGN_KEY, Clause, Column, TableText, parse
from .tokens import significant


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column's text with its constraints inline, as `ADD COLUMN` takes it, taken apart."""

    table: TableText

    @property
    def parsed(self) -> Column:
        """The column's parts."""
        return self.table.columns[0]

    @property
    def text(self) -> str:
        """The whole definition, as it stands between commas."""
        return self.table.sql[self.parsed.start : self.parsed.end]

    def part(self, kind: str) -> str | None:
        """The text of the column's clause of one kind."""
        clauses = self.parsed.of(kind)
        return self.table.sql[clauses[0].start : clauses[0].end] if clauses else None


def table_text(table: sa.Table, spell: Spelling) -> str:
    """The `CREATE TABLE` of a whole Table."""
    return spell.element(CreateTable(table))


def column_definition(table: sa.Table, spell: Spelling) -> ColumnDefinition:
    """The column of a table that has only one."""
    parsed = parse(table_text(table, spell))
    own = parsed.columns[0]
    pieces = [parsed.sql[own.start : own.end]]
    pieces += [_inline(parsed, clause) for clause in parsed.constraints]
    return ColumnDefinition(parse(f"CREATE TABLE t ({' '.join(pieces)})"))


def facets(type_: Any, server_default: Any, spell: Spelling) -> ColumnDefinition:
    """A nameless column with this type and default, to take the spelling of either from."""
    column = sa.Column("c", type_, server_default=server_default)
    return column_definition(sa.Table("t", sa.MetaData(), column), spell)


def _inline(table: TableText, clause: Clause) -> str:
    """A constraint of one column as the column's own clause."""
    text = table.sql[clause.start : clause.end]
    if clause.kind == CHECK:
        return text
    tokens = significant(text)
    opening = next(token.start for token in tokens if token.text == "(")
    closing = next(token.end for token in tokens if token.text == ")")
    keyword = text[:opening].rstrip()
    if clause.kind == FOREIGN_KEY:
        keyword = keyword[: -len("FOREIGN KEY")].rstrip()
    return f"{keyword} {text[closing:].strip()}".strip()
