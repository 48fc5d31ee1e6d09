"""Named things of a table, compared as values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from ..ops import Operation
from .operations import create, drop
from .pairing import Context, TablePair

InTheWay = Callable[[TablePair, Any], bool]


def compare_items(
    context: Context, attribute: str, kind: str, *, in_the_way: InTheWay | None = None
) -> Iterator[Operation]:
    """Drop what only the database has, create what only the metadata has.

    What stands on a column that is dropped and added again goes and comes with it, as does what
    is in the way of another change.
    """
    for pair in context.common if in_the_way is None else context.all_common:
        current, wanted = pair.both
        here, there = getattr(current, attribute), getattr(wanted, attribute)
        if not here and not there:
            continue
        kept = set(here) & set(there) - remade(context, pair, here)
        if in_the_way is not None:
            kept = {item for item in kept if not in_the_way(pair, item)}
        for item in here:
            if item not in kept:
                yield drop(context, pair, kind, item)
        for item in there:
            if item not in kept:
                yield create(context, pair, pair.sources[kind, item], item.name)


def remade(context: Context, pair: TablePair, items: Collection[Any]) -> set[Any]:
    """Those of the items that cannot stay while other things of the table change."""
    columns = context.remade_columns(pair)
    return {item for item in items if columns and speaks_of(item, columns)}


def speaks_of(item: Any, columns: Collection[str]) -> bool:
    """Whether a key, foreign key, index or CHECK names one of the columns."""
    named = getattr(item, "columns", getattr(item, "elements", ()))
    text = getattr(item, "expression", "")
    words = {word for part in (*named, text) for word in re.findall(r"\w+", part)}
    return any(column in words for column in columns)
