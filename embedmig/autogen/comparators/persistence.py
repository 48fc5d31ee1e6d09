"""Tables whose changes skip the log: PostgreSQL's UNLOGGED."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import AlterTableOptions, Operation
from ..creation import sort_tables
from ..pairing import Context


def compare_persistence(context: Context) -> Iterator[Operation]:
    """A logged table refers to logged ones only, so that the order is that of the foreign keys."""
    changed = {p.key: p for p in context.common if p.both[0].unlogged != p.both[1].unlogged}
    order = sort_tables({key: pair.both[1] for key, pair in changed.items()}, {})
    logged = [key for key in order if changed[key].both[0].unlogged]
    unlogged = [key for key in reversed(order) if key not in logged]
    for key in (*unlogged, *logged):
        pair = changed[key]
        yield AlterTableOptions(
            pair.name,
            {"postgresql_unlogged": pair.both[1].unlogged},
            schema=pair.schema,
            existing={"postgresql_unlogged": pair.both[0].unlogged},
        )
