"""New tables whose columns say everything: the everyday case, which needs no Table to be spelled.

Putting a Table together costs several times what it costs to write these down, and what comes out
is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import _sa

if TYPE_CHECKING:
    from .tables import CreateTable

Columns = tuple["sa.Column[Any]", ...]


def plain_columns(op: CreateTable) -> Columns | None:
    """The columns of a new table that has nothing else; None where a Table must tell."""
    if op.comment is not None or op.prefixes or op.options or op.info or _sa.tables_are_watched():
        return None
    columns: Any = op.elements
    if not all(map(is_plain_column, columns)):
        return None
    return columns if len({column.name for column in columns}) == len(columns) else None


def is_plain_column(column: Any) -> bool:
    """Whether it has nothing but a name, a type, a NOT NULL and a place in the primary key.

    SQLAlchemy 2.0 numbers a key that is a Numeric, 2.1 does not: that is left to it.
    """
    return (
        type(column) is sa.Column
        and _sa.is_plain(column.type)
        and column.server_default is None
        and column.default is None
        and column.autoincrement == "auto"
        and column.key == column.name
        and not (column.foreign_keys or column.constraints)
        and not (column.unique or column.index or column.system)
        and column.comment is None
        and not (column.primary_key and isinstance(column.type, sa.Numeric | sa.Float))
        and not _sa.given_options(column)
        and not getattr(column.type, "create_constraint", False)
        and getattr(column, "table", None) is None
    )


def primary_key(columns: Iterable[sa.Column[Any]]) -> list[sa.Column[Any]]:
    """The columns of the primary key, in order."""
    return [column for column in columns if column.primary_key]


def numbered_column(columns: Iterable[sa.Column[Any]]) -> sa.Column[Any] | None:
    """The column that the database numbers: a primary key that is one integer."""
    key = primary_key(columns)
    return key[0] if len(key) == 1 and isinstance(key[0].type, sa.Integer) else None
