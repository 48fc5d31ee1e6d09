"""Server defaults, identities and generated columns: what fills a column by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from ...dialects.materialize import default_of, sql_text
from ...ops import AlterColumn, Operation
from ...options import ColumnComparison
from ..pairing import ColumnPair, Context


def compare_defaults(context: Context) -> Iterator[Operation]:
    """What a row gets where nothing is given, as the database prints it."""
    if context.options.compare_server_default is False:
        return
    for pair in context.columns_to_ask(context.options.compare_server_default):
        if is_different(context, pair):
            yield AlterColumn(
                pair.table.name,
                pair.column.name,
                schema=pair.table.schema,
                server_default=wanted_default(context, pair),
                existing_server_default=default_of(pair.current, pair.wanted),
            )


def facets(column: Any) -> tuple[Any, ...]:
    """What the database prints for a column's way of filling itself."""
    return column.default, column.generated, column.persisted, column.identity


def is_different(context: Context, pair: ColumnPair) -> bool:
    """Whether the defaults differ, by the user's function first."""
    current, wanted = pair.current, pair.wanted
    asked = context.options.compare_server_default
    if callable(asked):
        answer = asked(
            ColumnComparison(
                pair.table.schema,
                pair.table.name,
                pair.column.name,
                context.before(pair.table).c[current.name],
                pair.column,
                current.generated or current.default,
                wanted.generated or wanted.default,
            )
        )
        if answer is not None:
            return answer
    return facets(current) != facets(wanted)


def wanted_default(context: Context, pair: ColumnPair) -> Any:
    """The metadata's default as an operation carries it: it belongs to no column."""
    column, wanted = pair.column, pair.wanted
    text = context.comparison.describer.text
    if wanted.generated is not None and column.computed is not None:
        sqltext = sql_text(text(column.computed.sqltext))
        return sa.Computed(sqltext, persisted=wanted.persisted)
    if wanted.identity is not None:
        return default_of(wanted, pair.current)
    if wanted.default is None:
        return None
    default = column.server_default
    if not isinstance(default, sa.DefaultClause):
        return sa.FetchedValue()
    arg = default.arg
    return arg if isinstance(arg, str) else sql_text(text(arg))
