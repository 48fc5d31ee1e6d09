"""Enums that are types of their own: new, gone, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...dialects.snapshot import EnumState, full_name
from ...ops import AddEnumValue, CreateEnum, DropEnum, DropEnumValue, Operation, RenameEnumValue
from ..diff import Unmanaged
from ..pairing import Context


def compare_enums(context: Context) -> Iterator[Operation]:
    """Values are added where they belong, never by rewriting a table; a removal is checked."""
    if not context.comparison.has_enums:
        return
    for key, enum in context.wanted_enums.items():
        current = context.current.enums.get(key)
        if current is None:
            yield CreateEnum(enum.key[1], enum.values, schema=context.written_schema(key))
        elif current.values != enum.values:
            yield from compare_values(context, current, enum.values)
    for key, current in context.current.enums.items():
        if key not in context.wanted_enums and not current.foreign:
            yield from drop_unused(context, current)


def compare_values(context: Context, enum: EnumState, wanted: Sequence[str]) -> Iterator[Operation]:
    """The steps from one list of values to another."""
    name, schema = enum.key[1], context.written_schema(enum.key)
    values = list(enum.values)
    for old, new in context.renamed_values(enum.key).items():
        if old in values and new in wanted and new not in values:
            values[values.index(old)] = new
            yield RenameEnumValue(name, old, new, schema=schema)
    kept = common_subsequence(values, wanted)
    for value in [v for v in values if v not in kept]:
        place = values.index(value)
        values.remove(value)
        where = position(values, place)
        original = AddEnumValue(name, value, schema=schema, before=where)
        yield DropEnumValue(name, value, schema=schema, original=original)
    for place, value in enumerate(wanted):
        if value not in values:
            values.insert(place, value)
            where = position([*wanted[:place], *values[place + 1 :]], place)
            yield AddEnumValue(name, value, schema=schema, before=where)


def position(others: Sequence[str], place: int) -> str | None:
    """The value that one at this place stands before; None for the end."""
    return others[place] if place < len(others) else None


def common_subsequence(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """The longest run of values that stand on both sides in the same order."""
    best: list[list[str]] = [[] for _ in range(len(other) + 1)]
    for value in one:
        row: list[list[str]] = [[]]
        for j, candidate in enumerate(other):
            if value == candidate:
                row.append([*best[j], value])
            else:
                row.append(max(best[j + 1], row[j], key=len))
        best = row
    return best[-1]


def drop_unused(context: Context, enum: EnumState) -> Iterator[Operation]:
    """Drop an enum that only tables of ours used; list one that nobody is known to use."""
    if enum.key in context.enums_left_behind:
        yield DropEnum(
            enum.key[1],
            schema=context.written_schema(enum.key),
            if_exists=True,
            existing_values=enum.values,
        )
    elif not context.is_enum_used(enum.key):
        reason = "no table of the metadata ever used it"
        context.unmanaged.append(Unmanaged("enum", full_name(enum.key), reason))
