"""Tables come after what they need and go before it, and the order is always the same."""

from __future__ import annotations

import random

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from embedmig import ops
from embedmig.autogen.creation import create_tables, cut_cycles, drop_tables, sort_tables
from embedmig.dialects.snapshot import ForeignKeyState, Key, TableState
from tests.autogen.contexts import context_of, metadata, table

NAMES = "abcdef"
edges = st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)))


def states(edges: set[tuple[str, str]]) -> dict[Key, TableState]:
    found = {(None, name): TableState((None, name)) for name in NAMES}
    for one, other in sorted(edges):
        key = ForeignKeyState(f"{one}{other}", ("x",), (None, other), ("id",))
        found[None, one].foreign_keys += (key,)
    return found


@given(edges)
def test_with_circles_cut_every_table_stands_after_what_it_refers_to(
    edges: set[tuple[str, str]],
) -> None:
    tables = states(edges)
    late = {key: [] for key in tables}
    cut_cycles(tables, late)
    order = sort_tables(tables, late)
    assert sorted(order) == sorted(tables)
    for key in order:
        kept = [fk for fk in tables[key].foreign_keys if fk not in late[key]]
        others = [fk.referent for fk in kept if fk.referent != key]
        assert all(order.index(other) < order.index(key) for other in others)


@given(edges, st.randoms(use_true_random=False))
def test_how_the_tables_came_makes_no_difference(
    edges: set[tuple[str, str]], chance: random.Random
) -> None:
    tables = states(edges)
    shuffled = list(tables.items())
    chance.shuffle(shuffled)
    orders = []
    for each in (tables, dict(shuffled)):
        late = {key: [] for key in each}
        cut_cycles(each, late)
        orders.append((sort_tables(each, late), {k: v for k, v in late.items() if v}))
    assert orders[0] == orders[1]


def test_a_circle_that_no_foreign_key_makes_is_left() -> None:
    tables = states(set())
    tables[None, "a"].needs = frozenset({(None, "b")})
    tables[None, "b"].needs = frozenset({(None, "a")})
    late = {key: [] for key in tables}
    cut_cycles(tables, late)
    assert len(sort_tables(tables, late)) == len(NAMES)
    assert not any(late.values())


def circle(**options: bool) -> sa.MetaData:
    one = sa.Column("o", sa.ForeignKey("b.id", name="fk_a"))
    other = sa.Column("o", sa.ForeignKey("a.id", name="fk_b", **options))
    return metadata(table(one, name="a"), table(other, name="b"), table(name="z"))


def described(operations: list[ops.Operation]) -> list[str]:
    return [op.describe() for op in operations]


def test_a_foreign_key_with_use_alter_opens_the_circle() -> None:
    """Else it is the one of the table that comes first by name."""
    empty = metadata(table(name="z"))
    told = described(create_tables(context_of(empty, circle(use_alter=True))))
    assert told == ["create table b", "create table a", "create foreign key fk_b on b"]
    found = described(create_tables(context_of(empty, circle())))
    assert found == ["create table a", "create table b", "create foreign key fk_a on a"]


def test_a_circle_is_opened_before_its_tables_are_dropped() -> None:
    found = drop_tables(context_of(circle(), metadata(table(name="z"))))
    assert described(found)[0].startswith("drop constraint fk_")
    for op in found:
        if isinstance(op, ops.DropTable):
            assert op.original is not None
            left = op.original.to_table().foreign_key_constraints
            assert len(left) == (0 if op.table_name == found[0].table_name else 1)  # type: ignore[attr-defined]  # a DropConstraint


def test_sqlite_needs_no_circle_opened() -> None:
    found = create_tables(context_of(metadata(table(name="z")), circle(), "sqlite"))
    assert described(found) == ["create table a", "create table b"]
