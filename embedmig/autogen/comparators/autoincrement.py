"""Whether the database numbers the rows by a column."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import AlterColumn, Operation
from ..pairing import Context


def compare_autoincrement(context: Context) -> Iterator[Operation]:
    """SERIAL, AUTO_INCREMENT and their like."""
    for pair in context.columns:
        if pair.current.autoincrement != pair.wanted.autoincrement:
            yield AlterColumn(
                pair.table.name,
                pair.column.name,
                schema=pair.table.schema,
                autoincrement=pair.wanted.autoincrement,
                existing_autoincrement=pair.current.autoincrement,
            )
