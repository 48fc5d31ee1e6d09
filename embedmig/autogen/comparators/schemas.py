"""Schemas that the metadata needs."""

from __future__ import annotations

from collections.abc import Iterator

from ...ops import CreateSchema, Operation
from ..pairing import Context


def compare_schemas(context: Context) -> Iterator[Operation]:
    """A schema is made for the first thing in it; none is dropped, since others may use it."""
    if not context.comparison.has_schemas:
        return
    keys = [*context.pairs, *context.wanted_enums, *context.wanted_sequences]
    needed = {schema for schema, _ in keys if schema is not None}
    for schema in sorted(needed - context.current.schemas):
        yield CreateSchema(schema)
