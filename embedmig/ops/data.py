"""Data: statements and bulk inserts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import InvalidOperation
from .base import Operation, no_options

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.sql.elements import ClauseElement
    from sqlalchemy.sql.selectable import TableClause


@dataclass(frozen=True, slots=True, eq=False)
class ExecuteSQL(Operation):
    """Any SQL: a string (as text(), so `:name` is a bind) or a SQLAlchemy construct."""

    verb: ClassVar[str] = "execute"

    sqltext: str | ClauseElement
    execution_options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)

    def describe(self) -> str:
        if isinstance(self.sqltext, str):
            first = self.sqltext.split(None, 1)[:1]
            return f"execute {first[0].upper() if first else ''} …"
        return f"execute {type(self.sqltext).__name__}"


@dataclass(frozen=True, slots=True, eq=False)
class BulkInsert(Operation):
    """INSERT of many rows; values travel as bind parameters."""

    verb: ClassVar[str] = "bulk_insert"

    table: Table | TableClause
    rows: tuple[Mapping[str, Any], ...] = ()
    multiinsert: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        if any(not isinstance(row, Mapping) for row in self.rows):
            raise InvalidOperation("bulk_insert(table, rows): every row is a dict of column: value")

    def describe(self) -> str:
        return f"bulk insert {len(self.rows)} row(s) into {self.table.name}"
