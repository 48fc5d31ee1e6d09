"""Indexes, with every option."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import Operation
from ..items import compare_items
from ..pairing import Context


def compare_indexes(context: Context) -> Iterator[Operation]:
    """One that differs in anything is dropped and made again."""
    return compare_items(context, "indexes", "index")
