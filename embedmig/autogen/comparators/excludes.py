"""EXCLUDE constraints."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import Operation
from ..items import compare_items
from ..pairing import Context


def compare_excludes(context: Context) -> Iterator[Operation]:
    """One that differs in anything is dropped and made again."""
    return compare_items(context, "excludes", "exclude")
