"""Who numbers the rows is compared; how far the numbers are is not."""

from __future__ import annotations

import sqlalchemy as sa

from embedmig.autogen.comparators.autoincrement import compare_autoincrement
from tests.autogen.contexts import context_of, metadata


def numbered(flag: bool) -> sa.MetaData:
    column = sa.Column("id", sa.Integer, primary_key=True, autoincrement=flag)
    return metadata(lambda made: sa.Table("t", made, column))


def test_numbering_is_given_and_taken_away() -> None:
    for before, after in ((True, False), (False, True)):
        (op,) = compare_autoincrement(context_of(numbered(before), numbered(after)))
        assert (op.existing_autoincrement, op.autoincrement) == (before, after)


def test_an_identity_is_no_numbering_of_this_kind() -> None:
    identity = sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)
    after = metadata(lambda made: sa.Table("t", made, identity))
    assert list(compare_autoincrement(context_of(numbered(False), after))) == []
