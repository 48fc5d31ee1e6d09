"""Named things of a table, compared as values."""

from __future__ import annotations

from collections.abc import Iterator

from ..ops import Operation
from .operations import create, drop
from .pairing import Context


def compare_items(context: Context, attribute: str, kind: str) -> Iterator[Operation]:
    """Drop what only the database has, create what only the metadata has."""
    for pair in context.common:
        current, wanted = pair.both
        here, there = getattr(current, attribute), getattr(wanted, attribute)
        kept = set(here) & set(there)
        for item in here:
            if item not in kept:
                yield drop(context, pair, kind, item.name)
        for item in there:
            if item not in kept:
                yield create(context, pair, pair.sources[kind, item], item.name)
