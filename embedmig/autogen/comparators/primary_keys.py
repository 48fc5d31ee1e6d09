"""Primary keys: their columns, their order, their name."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import Operation
from ..operations import create, drop
from ..pairing import Context


def compare_primary_keys(context: Context) -> Iterator[Operation]:
    """A key that differs is dropped and made again."""
    for pair in context.common:
        current, wanted = pair.both
        if current.primary_key == wanted.primary_key:
            continue
        if current.primary_key is not None:
            yield drop(context, pair, "primary", current.primary_key)
        if wanted.primary_key is not None:
            item = pair.sources["primary", wanted.primary_key]
            yield create(context, pair, item, wanted.primary_key.name)
