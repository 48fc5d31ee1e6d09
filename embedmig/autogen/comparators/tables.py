"""Tables that are new, and tables that are gone."""

from __future__ import annotations

from collections.abc import Iterator

from ...dialects.snapshot import full_name
from ...ops import Operation
from ..creation import create_tables, drop_tables
from ..diff import Unmanaged
from ..pairing import Context


def compare_tables(context: Context) -> Iterator[Operation]:
    """CREATE TABLE with all that is in it; DROP TABLE for what a revision is known to have made."""
    yield from create_tables(context)
    yield from drop_tables(context)
    dropped = {pair.key for pair in context.dropped}
    for pair in context.missing:
        if pair.key not in dropped:
            assert pair.current is not None
            reason = pair.current.foreign or "no revision is known to have made it"
            context.unmanaged.append(Unmanaged("table", full_name(pair.key), reason))
