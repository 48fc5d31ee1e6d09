"""Named things of a table, compared as values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from sqlalchemy.schema import conv

from ..dialects.describe import is_unnamed
from ..ops import Operation, RenameConstraint, RenameIndex
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
        gone = [item for item in here if item not in kept]
        new = [item for item in there if item not in kept]
        for old, item in renamed(context, kind, gone, new):
            if not held(context, pair, old, in_the_way):
                gone.remove(old)
                new.remove(item)
                yield rename(pair, kind, old.name, item.name)
        for item in gone:
            yield drop(context, pair, kind, item)
        for item in new:
            yield create(context, pair, pair.sources[kind, item], item.name)


def renamed(context: Context, kind: str, gone: list[Any], new: list[Any]) -> list[tuple[Any, Any]]:
    """Those that differ in nothing but their names, where a name can be changed."""
    if not context.comparison.renames(kind):
        return []
    taken = {item.name for item in gone}
    old = {item._replace(name=None): item for item in gone if not is_unnamed(item.name)}
    return [
        (old.pop(item._replace(name=None)), item)
        for item in new
        if item._replace(name=None) in old and not is_unnamed(item.name) and item.name not in taken
    ]


def held(context: Context, pair: TablePair, item: Any, in_the_way: InTheWay | None) -> bool:
    """Whether the thing must go anyhow, so that a new name is not enough."""
    return bool(remade(context, pair, [item])) or bool(in_the_way and in_the_way(pair, item))


def rename(pair: TablePair, kind: str, old: str, new: str) -> Operation:
    """The operation that gives an index or a constraint its new name."""
    name = conv(new)
    if kind == "index":
        return RenameIndex(old, name, pair.name, schema=pair.schema)
    return RenameConstraint(pair.name, old, name, schema=pair.schema)


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
