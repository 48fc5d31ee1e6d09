"""Sequences that no column owns."""

from __future__ import annotations

from collections.abc import Iterator

from ...dialects.snapshot import full_name
from ...ops import AlterSequence, CreateSequence, DropSequence, Operation
from ..diff import Unmanaged
from ..pairing import Context


def compare_sequences(context: Context) -> Iterator[Operation]:
    """A sequence's options are compared; where it stands is data."""
    for key, wanted in context.wanted_sequences.items():
        current = context.current.sequences.get(key)
        schema = context.written_schema(key)
        if current is None:
            yield CreateSequence(key[1], schema=schema, options=wanted.options)
        elif current.options != wanted.options:
            before, after = (
                {**context.comparison.usual_sequence(state.options), **state.options}
                for state in (current, wanted)
            )
            changed = sorted(o for o in {*before, *after} if before.get(o) != after.get(o))
            yield AlterSequence(
                key[1],
                schema=schema,
                options={option: after.get(option) for option in changed},
                existing={option: before.get(option) for option in changed},
            )
    for key, current in context.current.sequences.items():
        if key in context.wanted_sequences or current.foreign:
            continue
        if context.managed(key):
            schema = context.written_schema(key)
            original = CreateSequence(key[1], schema=schema, options=current.options)
            yield DropSequence(key[1], schema=schema, original=original)
        else:
            reason = "no revision is known to have made it"
            context.unmanaged.append(Unmanaged("sequence", full_name(key), reason))
