"""Types, with their arguments and collation."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import AlterColumn, Operation
from ...options import ColumnComparison
from ..pairing import ColumnPair, Context


def compare_types(context: Context) -> Iterator[Operation]:
    """A column's type, as the database prints it."""
    if context.options.compare_type is False:
        return
    for pair in context.columns_to_ask(context.options.compare_type):
        if is_different(context, pair):
            yield AlterColumn(
                pair.table.name, pair.column.name, schema=pair.table.schema, type_=pair.column.type
            )


def is_different(context: Context, pair: ColumnPair) -> bool:
    """Whether the types differ, by the user's function first."""
    current, wanted = pair.current, pair.wanted
    asked = context.options.compare_type
    if callable(asked):
        answer = asked(
            ColumnComparison(
                pair.table.schema,
                pair.table.name,
                pair.column.name,
                context.before(pair.table).c[current.name],
                pair.column,
                current.type,
                wanted.type,
            )
        )
        if answer is not None:
            return answer
    return (current.type, current.collation) != (wanted.type, wanted.collation)
