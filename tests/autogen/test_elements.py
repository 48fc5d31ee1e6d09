"""What a table is made of, as source: everything that is said, in an order that is always one."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from embedmig.autogen import elements, layout
from embedmig.autogen.context import Context
from embedmig.errors import CannotRender


def table(*items: Any) -> sa.Table:
    columns = [sa.Column(name, sa.Integer) for name in "ab"]
    metadata = sa.MetaData()
    sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="s")
    return sa.Table("t", metadata, *columns, *items)


def written(item: Any) -> str:
    table(item)
    write = elements.index if isinstance(item, sa.Index) else elements.constraint
    return write(item, Context(postgresql.dialect()))


@pytest.mark.parametrize(
    ("item", "source"),
    [
        (
            lambda: sa.PrimaryKeyConstraint("a", name="pk", deferrable=True),
            'sa.PrimaryKeyConstraint("a", name="pk", deferrable=True)',
        ),
        (
            lambda: sa.UniqueConstraint(
                "b", "a", name="uq", comment="it's", initially="DEFERRED", postgresql_include=["a"]
            ),
            'sa.UniqueConstraint("b", "a", name="uq", comment="it\'s", initially="DEFERRED", '
            'postgresql_include=["a"])',
        ),
        (
            lambda: sa.ForeignKeyConstraint(
                ["a"], ["s.parent.id"], name="fk", ondelete="CASCADE", use_alter=True, match="FULL"
            ),
            'sa.ForeignKeyConstraint(["a"], ["s.parent.id"], name="fk", ondelete="CASCADE", '
            'use_alter=True, match="FULL")',
        ),
        (
            lambda: sa.CheckConstraint("a > ':b'", postgresql_not_valid=True),
            "sa.CheckConstraint(\"a > ':b'\", postgresql_not_valid=True)",
        ),
        (
            lambda: ExcludeConstraint(("a", "="), name="ex", where=sa.text("b > 1"), using="gist"),
            'postgresql.ExcludeConstraint(("a", "="), name="ex", where=sa.text("b > 1"), '
            'using="gist")',
        ),
        (
            lambda: sa.Index("ix", "a", unique=True, postgresql_where=sa.text("b > 1")),
            'sa.Index("ix", "a", unique=True, postgresql_where=sa.text("b > 1"))',
        ),
    ],
    ids=["primary key", "unique", "foreign key", "check", "exclude", "index"],
)
def test_everything_that_is_said_is_written(item: Any, source: str) -> None:
    assert layout.expression(written(item())) == layout.expression(source)


def test_a_column_says_its_keys_only_where_it_stands_alone() -> None:
    column = sa.Column("x", sa.ForeignKey("s.parent.id"), unique=True, index=True)
    made = table(column)
    context = Context(sqlite.dialect())
    assert "ForeignKey" not in elements.column(made.c.x, context)
    assert "unique" not in elements.column(made.c.x, context)
    alone = elements.column(made.c.x, context, alone=True)
    assert 'sa.ForeignKey("s.parent.id")' in alone
    assert alone.endswith("unique=True, index=True)")


def test_the_elements_of_a_table_stand_in_one_order_however_they_came() -> None:
    made = [
        lambda: sa.Index("ix_b", "b"),
        lambda: sa.UniqueConstraint("b", name="uq"),
        lambda: sa.CheckConstraint("a > 1", name="ck"),
        lambda: sa.Index("ix_a", "a"),
        lambda: sa.PrimaryKeyConstraint("a"),
    ]
    context = Context(sqlite.dialect())
    one, other = (
        elements.elements(table(*[item() for item in order]), context)
        for order in (made, reversed(made))
    )
    assert one == other
    kinds = [text.partition("(")[0].removeprefix("sa.") for text in one]
    assert kinds == [
        "Column",
        "Column",
        "PrimaryKeyConstraint",
        "CheckConstraint",
        "UniqueConstraint",
        "Index",
        "Index",
    ]


@pytest.mark.skipif(not hasattr(sa, "ForeignKeyTarget"), reason="SQLAlchemy 2.1 has targets")
def test_a_dot_in_a_name_is_no_schema() -> None:
    metadata = sa.MetaData()
    parent = sa.Table("a.b", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="s")
    child = sa.Table("c", metadata, sa.Column("p", sa.ForeignKey(parent.c.id)))
    (key,) = child.foreign_key_constraints
    text = elements.constraint(key, Context())
    assert 'sa.ForeignKeyTarget("a.b", "id", schema="s")' in text


def test_a_constraint_of_an_unknown_kind_is_an_error() -> None:
    class Strange(sa.Constraint):
        pass

    with pytest.raises(CannotRender, match="a kind of constraint that is not known"):
        elements.constraint(Strange(), Context())


def test_info_of_the_application_stays_with_it() -> None:
    assert elements.info({"label": "x", "renamed_from": "y"}, Context()) == '{"label": "x"}'
    assert elements.info({"form": object()}, Context()) is None
    assert elements.info({"renamed_from": "y"}, Context()) is None
