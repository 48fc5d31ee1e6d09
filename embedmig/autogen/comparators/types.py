"""Types, with their arguments and collation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import _sa
from ...dialects.snapshot import ColumnState
from ...ops import AlterColumn, Operation
from ...options import ColumnComparison
from ..pairing import ColumnPair, Context


def compare_types(context: Context) -> Iterator[Operation]:
    """A column's type, as the database prints it."""
    if context.options.compare_type is False:
        return
    for pair in context.columns_to_ask(context.options.compare_type):
        if is_different(context, pair):
            before = context.before(pair.table).c[pair.current.name].type
            yield AlterColumn(
                pair.table.name,
                pair.column.name,
                schema=pair.table.schema,
                type_=collated(pair, pair.wanted, _sa.unbound_type(pair.column.type)),
                existing_type=collated(pair, pair.current, before),
            )


def collated(pair: ColumnPair, state: ColumnState, type_: Any) -> Any:
    """The type with its collation said, where that changes and a table has one of its own."""
    table = pair.table.current if state is pair.current else pair.table.wanted
    collation = state.collation or (table.collation if table is not None else None)
    if pair.current.collation == pair.wanted.collation or collation is None:
        return type_
    if getattr(type_, "collation", collation) is not None or getattr(type_, "charset", None):
        return type_
    copy = _sa.copy_type(type_)
    copy.collation = collation
    return copy


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
