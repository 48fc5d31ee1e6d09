"""What a database tells of one table or sequence, as the catalog keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from ..errors import UnknownTable
from .state import TableState

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import Inspector


def table(connection: Connection, name: str, schema: str | None) -> TableState:
    """The table as it is in the database; raises UnknownTable."""
    try:
        found = sa.Table(
            name, sa.MetaData(), schema=schema, autoload_with=connection, resolve_fks=False
        )
    except sa.exc.NoSuchTableError as error:
        raise UnknownTable(name, schema) from error
    state = TableState.of(found)
    if any(isinstance(c, sa.TextClause) for index in state.indexes for c in index.columns):
        _sort_expressions(state, sa.inspect(connection))
    return state


def sequence(connection: Connection, name: str, schema: str | None) -> dict[str, Any] | None:
    """The options of a sequence, as far as the database tells; None where there is none."""
    inspector = sa.inspect(connection)
    if not inspector.has_sequence(name, schema=schema):
        return None
    if not inspector.has_table("sequences", schema="information_schema"):
        return {}
    where = {"name": name, "schema": schema or inspector.default_schema_name}
    return _sequence_options(connection.execute(_SEQUENCE, where).one())


def _sort_expressions(state: TableState, inspector: Inspector) -> None:
    """Give an index's expressions back their DESC and NULLS LAST, which a reflected Table lacks."""
    found = {i["name"]: i for i in inspector.get_indexes(state.name, schema=state.schema)}
    for place, index in enumerate(state.indexes):
        seen: Any = found.get(cast("str", index.index_name), {})
        sorting = seen.get("column_sorting")
        if sorting and seen.get("expressions"):
            pairs = zip(index.columns, seen["expressions"], strict=True)
            columns = tuple(_sorted(column, sorting.get(text)) for column, text in pairs)
            state.indexes[place] = replace(index, columns=columns)


def _sorted(column: Any, options: tuple[str, ...] | None) -> Any:
    if not options or not isinstance(column, sa.TextClause):
        return column
    return sa.text(" ".join([column.text, *(o.replace("_", " ").upper() for o in options)]))


_SEQUENCE = sa.text(
    "SELECT start_value, increment, minimum_value, maximum_value, cycle_option"
    " FROM information_schema.sequences"
    " WHERE sequence_name = :name AND sequence_schema = :schema"
)


def _sequence_options(row: Any) -> dict[str, Any]:
    return {
        "start": int(row.start_value),
        "increment": int(row.increment),
        "minvalue": int(row.minimum_value),
        "maxvalue": int(row.maximum_value),
        "cycle": str(row.cycle_option).upper() in ("YES", "1", "TRUE"),
    }
