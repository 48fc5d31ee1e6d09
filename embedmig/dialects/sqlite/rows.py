"""How the rows of a table come over: which value every column of the new table gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .table_change import TableChange
from .table_text import Column, TableText
from .tokens import fold, quote

#: https://www.sqlite.org/datatype3.html#determination_of_column_affinity, in its order.
_AFFINITIES = (
    ("INT", "INTEGER"),
    ("CHAR", "TEXT"),
    ("CLOB", "TEXT"),
    ("TEXT", "TEXT"),
    ("BLOB", "BLOB"),
    ("REAL", "REAL"),
    ("FLOA", "REAL"),
    ("DOUB", "REAL"),
)
_ROWID_NAMES = ("rowid", "_rowid_", "oid")


@dataclass(frozen=True, slots=True)
class Value:
    """What a column of the new table is filled with."""

    column: Column
    #: The column of the old table that it comes from, as it was called before the change.
    origin: Column | None
    #: The type it is converted to, as SQLite's CAST names it; None: it is taken as it is.
    cast: str | None
    #: What a new column gets in the rows that are there.
    fill: str | None = None

    @property
    def is_never_null(self) -> bool:
        """Whether a constant is at hand for rows that have no value."""
        if self.origin is None:
            return _is_constant(self.fill)
        return not self.column.nullable and _is_constant(self.column.default)

    def expression(self, held_name: Callable[[str], str]) -> str:
        """The value in SQL; `held_name` gives the name of a column in the table with the rows."""
        if self.origin is None:
            return f"({self.fill})" if self.fill is not None else "NULL"
        default = self.column.default
        value = quote(held_name(self.origin.name))
        if self.cast is not None:
            value = f"CAST({value} AS {self.cast})"
        filled = not self.column.nullable and self.origin.nullable and default is not None
        return f"coalesce({value}, {default})" if filled else value


def _is_constant(default: str | None) -> bool:
    return default is not None and not default.startswith("(") and default.upper() != "NULL"


def affinity(declared: str) -> str:
    """What SQLite makes of a declared type."""
    if not declared.strip():
        return "BLOB"
    upper = declared.upper()
    return next((found for part, found in _AFFINITIES if part in upper), "NUMERIC")


def conversion(old: str, new: str) -> str | None:
    """The CAST that takes a value from one declared type to another; None where none is due.

    SQLite gives DATE, JSON, BOOLEAN and all names it does not know the affinity NUMERIC; a CAST to
    it would turn '2024-01-31' into 2024, so such values are left as they are.
    """
    target, upper = affinity(new), new.upper()
    if target == affinity(old) or upper == "ANY":
        return None
    if target == "NUMERIC" and not ("NUMERIC" in upper or "DEC" in upper):
        return None
    return target if new.strip() else None


def values(change: TableChange) -> Iterator[Value]:
    """The columns of the new table that can be written, each with where it comes from."""
    before = change.table_before
    for column in change.table.columns:
        if column.is_generated:
            continue
        origin_name = change.origins[fold(column.name)]
        origin = before.column(origin_name) if origin_name is not None else None
        cast = conversion(origin.type, column.type) if origin is not None else None
        yield Value(column, origin, cast, change.fills.get(fold(column.name)))


def rowid_name(table: TableText) -> str | None:
    """A name by which the rowid can be reached; None if there is none, or columns hide it."""
    if not table.has_rowid:
        return None
    return next((name for name in _ROWID_NAMES if table.column(name) is None), None)


def key_columns(table: TableText) -> list[str]:
    """What tells one row from another, as SQL: the primary key, or else the rowid."""
    if table.primary_key:
        return [quote(name) for name in table.primary_key]
    rowid = rowid_name(table)
    return [rowid] if rowid else [quote(table.columns[0].name)]
