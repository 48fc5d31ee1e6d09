"""Primary keys: their columns, their order, their name."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.schema import conv

from ...dialects.describe import is_unnamed
from ...dialects.snapshot import KeyState
from ...ops import Operation, RenameConstraint
from ..operations import create, drop
from ..pairing import Context


def compare_primary_keys(context: Context) -> Iterator[Operation]:
    """A key that differs is dropped and made again."""
    for pair in context.common:
        current, wanted = pair.both
        if current.primary_key == wanted.primary_key:
            continue
        if (name := new_name(context, current.primary_key, wanted.primary_key)) is not None:
            old = current.primary_key.name if current.primary_key is not None else None
            yield RenameConstraint(pair.name, old or "", conv(name), schema=pair.schema)
            continue
        if current.primary_key is not None:
            yield drop(context, pair, "primary", current.primary_key)
        if wanted.primary_key is not None:
            item = pair.sources["primary", wanted.primary_key]
            yield create(context, pair, item, wanted.primary_key.name)


def new_name(context: Context, current: KeyState | None, wanted: KeyState | None) -> str | None:
    """The key's new name, where that is all that changes and the database can change it."""
    if current is None or wanted is None or not context.comparison.renames("primary"):
        return None
    same = current._replace(name=None) == wanted._replace(name=None)
    named = current.name is not None and not (is_unnamed(current.name) or is_unnamed(wanted.name))
    return wanted.name if same and named else None
