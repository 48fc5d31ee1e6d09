"""Columns that are new, and columns that are gone."""

from __future__ import annotations

from collections.abc import Iterator

from ... import _sa
from ...ops import AddColumn, DropColumn, Operation
from ..pairing import Context


def compare_columns(context: Context) -> Iterator[Operation]:
    """ADD COLUMN in the metadata's order, DROP COLUMN in the database's.

    A generated column that no ALTER can change is dropped and added again.
    """
    for pair in context.common:
        current, wanted = pair.both
        assert pair.described is not None
        remade = context.remade_columns(pair)
        for name in wanted.columns:
            if name not in current.columns or name in remade:
                column = _sa.bare_column(pair.described.columns[name])
                yield AddColumn(pair.name, column, schema=pair.schema)
        for name in current.columns:
            if name not in wanted.columns or name in remade:
                before = context.before(pair).c[name]
                yield DropColumn(
                    pair.name, name, schema=pair.schema, original=_sa.bare_column(before)
                )
