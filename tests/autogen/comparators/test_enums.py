"""The steps between two lists of values lead there, whatever the lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from embedmig.autogen.comparators.enums import common_subsequence, compare_values
from embedmig.autogen.pairing import Context
from embedmig.dialects.snapshot import EnumState
from embedmig.ops import AddEnumValue, DropEnumValue, Operation

values = st.lists(st.sampled_from("abcdef"), unique=True, min_size=1)


class Silent(Context):
    """Nothing was told about renames."""

    def __init__(self) -> None:
        pass

    def renamed_values(self, key: object) -> dict[str, str]:
        return {}


def applied(values: list[str], op: Operation) -> list[str]:
    """What a server makes of the operation."""
    if isinstance(op, DropEnumValue):
        return [value for value in values if value != op.value]
    assert isinstance(op, AddEnumValue)
    place = len(values) if op.before is None else values.index(op.before)
    return [*values[:place], op.value, *values[place:]]


@given(one=values, other=values)
def test_the_steps_lead_there_and_back(one: list[str], other: list[str]) -> None:
    enum = EnumState((None, "e"), tuple(one))
    steps = list(compare_values(Silent(), enum, other))
    now = list(one)
    for step in steps:
        now = applied(now, step)
    assert now == other
    for step in reversed(steps):
        now = applied(now, step.reverse())
    assert now == one


@given(one=values, other=values)
def test_what_stays_stands_on_both_sides_in_the_same_order(
    one: list[str], other: list[str]
) -> None:
    kept = common_subsequence(one, other)
    assert kept == [v for v in one if v in kept] == [v for v in other if v in kept]


def test_only_what_must_go_goes() -> None:
    assert common_subsequence("abcd", "bcda") == ["b", "c", "d"]
