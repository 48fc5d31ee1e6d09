"""NULL or NOT NULL."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import AlterColumn, Operation
from ..pairing import Context


def compare_nullability(context: Context) -> Iterator[Operation]:
    """Whether a column takes NULL."""
    for pair in context.columns:
        if pair.current.nullable != pair.wanted.nullable:
            yield AlterColumn(
                pair.table.name,
                pair.column.name,
                schema=pair.table.schema,
                nullable=pair.wanted.nullable,
            )
