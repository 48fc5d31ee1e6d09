"""NULL or NOT NULL, and nothing else of the column."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.comparators.nullability import compare_nullability
from tests.autogen.contexts import context_of, metadata, table


def test_it_is_found_both_ways() -> None:
    some, none = (metadata(table(sa.Column("a", sa.Integer, nullable=n))) for n in (True, False))
    (tighter,) = compare_nullability(context_of(some, none))
    (looser,) = compare_nullability(context_of(none, some))
    assert (tighter.nullable, looser.nullable) == (False, True)
    assert not tighter.changes("type_")
