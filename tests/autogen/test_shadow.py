"""The shadow is asked only where spelling may be to blame; what it cannot tell stays as it is."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.autogen.shadow import give_up, is_unsettled
from tests.autogen.contexts import context_of, metadata, table


def changed(*items: Any, **options: Any) -> sa.MetaData:
    return metadata(table(*items, **options))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (changed(), changed(sa.Column("a", sa.Integer))),
        (changed(), changed(sa.CheckConstraint("id > 1", name="ck"))),
        (changed(sa.CheckConstraint("id > 1", name="ck")), changed()),
        (changed(), changed(comment="x")),
        (
            changed(sa.Column("a", sa.Integer)),
            changed(sa.Column("a", sa.Integer, nullable=False, comment="x")),
        ),
    ],
    ids=["a new column", "a new check", "no check", "a comment", "nullability"],
)
def test_what_needs_no_asking(before: sa.MetaData, after: sa.MetaData) -> None:
    (pair,) = context_of(before, after).all_common
    assert pair.differs
    assert not is_unsettled(pair)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (changed(sa.Column("a", sa.Integer)), changed(sa.Column("a", sa.Text))),
        (
            changed(sa.Column("a", sa.Integer, server_default="1")),
            changed(sa.Column("a", sa.Integer, server_default=sa.text("1 + 0"))),
        ),
        (
            changed(sa.CheckConstraint("id > 1", name="ck")),
            changed(sa.CheckConstraint("id > (1)", name="ck")),
        ),
        (
            changed(sa.Index("ix", sa.text("abs(id)"))),
            changed(sa.Index("ix", sa.text("abs((id))"))),
        ),
        (changed(), changed(postgresql_tablespace="fast")),
    ],
    ids=["a type", "a default", "a check", "an index", "an option"],
)
def test_what_may_be_the_same_in_other_words(before: sa.MetaData, after: sa.MetaData) -> None:
    (pair,) = context_of(before, after).all_common
    assert is_unsettled(pair)


def test_what_stays_unknown_is_listed_and_left_and_the_rest_is_compared() -> None:
    before = changed(
        sa.Column("a", sa.Integer, server_default="1"), sa.CheckConstraint("a > 1", name="ck")
    )
    after = changed(
        sa.Column("a", sa.Integer, server_default="2", nullable=False),
        sa.CheckConstraint("a > 2", name="ck"),
    )
    context = context_of(before, after)
    give_up(context, context.all_common, "why")
    assert [str(each) for each in context.uncompared] == [
        "column t.a: why",
        "checks of table t: why",
    ]
    (pair,) = context.all_common
    current, wanted = pair.both
    assert wanted.columns["a"].default == current.columns["a"].default == "1"
    assert wanted.columns["a"].nullable is False
    assert wanted.checks == current.checks
