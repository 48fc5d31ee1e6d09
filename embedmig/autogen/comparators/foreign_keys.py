"""Foreign keys, with what they do, how they match, and their names."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import Operation
from ..items import compare_items
from ..pairing import Context


def compare_foreign_keys(context: Context) -> Iterator[Operation]:
    """One that differs in anything is dropped and made again.

    So is one that stands in the way: it points to a key that is made anew, or the type of one of
    its columns changes.
    """
    return compare_items(context, "foreign_keys", "foreignkey", in_the_way=context.is_held)
