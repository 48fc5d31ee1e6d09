"""Python values and SQL expressions as source that evaluates to the same."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
import zoneinfo
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql, sqlite

from embedmig.autogen import elements, layout, values
from embedmig.autogen.context import Context
from embedmig.errors import CannotRender


def back(value: Any) -> Any:
    context = Context()
    return context.evaluate(values.literal(value, context))


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.just(dt.UTC) | st.timezones())
    | st.timedeltas(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(), inner, max_size=3)
        | st.frozensets(st.integers())
    ),
)


@given(PLAIN)
def test_a_literal_evaluates_to_the_value(value: Any) -> None:
    assert back(value) == value
    assert type(back(value)) is type(value)


def test_the_values_that_have_no_literal_of_their_own() -> None:
    assert str(back(float("nan"))) == "nan"
    assert back(float("-inf")) == float("-inf")
    assert back(set()) == set()
    assert back(decimal.Decimal("1.50")).as_tuple() == decimal.Decimal("1.50").as_tuple()
    zoned = dt.datetime(2020, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Vienna"))
    assert back(zoned).tzinfo is zoned.tzinfo
    assert back(uuid.UUID(int=1)) == uuid.UUID(int=1)


def test_a_member_of_an_enum_is_its_value_so_that_no_class_is_needed() -> None:
    class Level(enum.IntEnum):
        high = 3

    class Word(enum.StrEnum):
        yes = "y"

    assert [back(Level.high), back(Word.yes)] == [3, "y"]


def test_an_object_is_an_error() -> None:
    with pytest.raises(CannotRender, match="no literal"):
        back(object())


def test_only_the_imports_that_are_needed_are_asked_for() -> None:
    context = Context()
    values.literal(["a", 1], context)
    assert context.imports == set()
    values.literal(decimal.Decimal(1), context)
    assert context.imports == {"import decimal"}


# -- SQL -------------------------------------------------------------------------------------

DIALECTS = [postgresql.dialect, mysql.dialect, sqlite.dialect]
T = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.String))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
@pytest.mark.parametrize(
    ("number", "expression"),
    list(
        enumerate(
            [
                T.c.a > 5,
                T.c.b == 'it\'s :x 100% \\ "q"',
                T.c.b.like("50%"),
                T.c.a.in_([1, 2]),
                sa.and_(T.c.a > 1, sa.not_(T.c.b == "x")),
                sa.func.lower(T.c.b) == "x",
                sa.cast(T.c.a, sa.String) == "1",
            ]
        )
    ),
)
def test_an_expression_becomes_text_that_compiles_to_the_same(
    dialect: Any, number: int, expression: Any
) -> None:
    context = Context(dialect())
    text = context.evaluate(values.sql(expression, context))
    assert values.compiled(text, context) == values.compiled(expression, context)


@example(":aa:")
@example("\\:")
@example("::a:b")
@given(st.text("ab:%\\'\" \n", max_size=30))
def test_any_string_in_an_expression_survives(value: str) -> None:
    context = Context(postgresql.dialect())
    text = context.evaluate(values.sql(T.c.b == value, context))
    assert values.compiled(text, context) == values.compiled(T.c.b == value, context)


@given(st.text("ab:%\\'\" \n", max_size=30))
def test_any_text_stays_as_it_was_given(value: str) -> None:
    context = Context(sqlite.dialect())
    again = context.evaluate(values.sql(sa.text(value), context))
    assert again.text == sa.text(value).text


# -- defaults --------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
@pytest.mark.parametrize(
    ("default", "source"),
    [
        ("it's", '"it\'s"'),
        ("", '""'),
        ('"', "'\"'"),
        ("{}", '"{}"'),
        (sa.text("now()"), 'sa.text("now()")'),
        (sa.text("':x'"), "sa.text(\"':x'\")"),
        (sa.func.now(), "sa.func.now()"),
        (sa.FetchedValue(), "sa.FetchedValue()"),
    ],
)
def test_a_server_default_reads_as_it_was_given(default: Any, source: str, dialect: Any) -> None:
    column = sa.Column("c", sa.String, server_default=default)
    assert elements.server_default(column.server_default, Context(dialect()), column) == source


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
@pytest.mark.parametrize(
    "default",
    [
        sa.func.coalesce("a%", ":b"),
        sa.true(),
        sa.literal(5),
        sa.func.gen_random_uuid(),
        sa.cast("x", sa.String(5)),
        sa.literal_column("1") + 1,
    ],
)
def test_a_default_expression_keeps_its_ddl(default: Any, dialect: Any) -> None:
    """SQLite and MySQL want parentheses around some of them."""
    context = Context(dialect())
    column = sa.Column("c", sa.String(20), server_default=default, nullable=False)
    again = context.evaluate(elements.column(column, context))
    specification = [
        context.ddl_compiler.get_column_specification(sa.Table("t", sa.MetaData(), each).c.c)
        for each in (column, again)
    ]
    assert specification[0] == specification[1]


@pytest.mark.parametrize("persisted", [None, True, False])
def test_a_generated_column_keeps_its_expression(persisted: bool | None) -> None:
    context = Context(sqlite.dialect())
    column = sa.Column("c", sa.Integer, sa.Computed(T.c.a + 1, persisted=persisted))
    text = elements.column(column, context)
    said = "" if persisted is None else f", persisted={persisted}"
    assert text == f'sa.Column("c", sa.Integer(), sa.Computed("a + 1"{said}))'


def test_unsaid_persistence_is_said_where_it_depends_on_versions() -> None:
    dialect = postgresql.dialect()
    dialect.server_version_info = (15, 0)
    dialect.supports_virtual_generated_columns = False
    text = elements.server_default(sa.Computed("a + 1"), Context(dialect))
    assert text == 'sa.Computed("a + 1", persisted=True)'


def test_an_identity_keeps_every_option() -> None:
    identity = sa.Identity(
        always=True, start=5, increment=2, minvalue=1, maxvalue=99, cycle=True, cache=3
    )
    text = elements.server_default(identity, Context())
    assert text == (
        "sa.Identity(always=True, start=5, increment=2, minvalue=1, maxvalue=99, cycle=True, "
        "cache=3)"
    )
    assert elements.server_default(sa.Identity(), Context()) == "sa.Identity()"


# -- elements of an index ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "source"),
    [
        ("a", '"a"'),
        (T.c.a, '"a"'),
        (T.c.a.desc(), 'sa.text("a DESC")'),
        (T.c.a.desc().nulls_last(), 'sa.text("a DESC NULLS LAST")'),
        (sa.func.lower(T.c.b), 'sa.text("lower(b)")'),
        (T.c.a + 1, 'sa.text("(a + 1)")'),
        (sa.text('b COLLATE "C"'), "sa.text('b COLLATE \"C\"')"),
        (sa.func.lower(T.c.b).label("low"), 'sa.literal_column("lower(b)").label("low")'),
    ],
)
def test_an_index_element(expression: Any, source: str) -> None:
    assert values.element(expression, Context(postgresql.dialect())) == source


def test_an_index_element_gets_the_parentheses_its_database_wants() -> None:
    context = Context(mysql.dialect())
    assert values.element(sa.func.lower(T.c.b), context) == 'sa.text("(lower(b))")'


# -- columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "source"),
    [
        (
            sa.Column("a", sa.Integer, nullable=False, comment='it\'s\n"x"'),
            'sa.Column("a", sa.Integer(), nullable=False, comment="it\'s\\n\\"x\\"")',
        ),
        (
            sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0", name="ck")),
            'sa.Column("a", sa.Integer(), sa.CheckConstraint("a > 0", name="ck"))',
        ),
        (
            sa.Column("a", sa.Integer, autoincrement=True),
            'sa.Column("a", sa.Integer(), autoincrement=True)',
        ),
        (
            sa.Column("a", sa.Text, sqlite_on_conflict_not_null="FAIL"),
            'sa.Column("a", sa.Text(), sqlite_on_conflict_not_null="FAIL")',
        ),
        (
            sa.Column("Order", sa.Text, quote=True),
            'sa.Column(sa.quoted_name("Order", quote=True), sa.Text())',
        ),
        (sa.Column("x", sa.Text, key="y"), 'sa.Column("x", sa.Text())'),
        (
            sa.Column("x", sa.Text, info={"label": "X"}),
            'sa.Column("x", sa.Text(), info={"label": "X"})',
        ),
        (sa.Column("x", sa.Text, info={"renamed_from": "w"}), 'sa.Column("x", sa.Text())'),
        (
            sa.Column("a", sa.Integer, unique=True, index=True),
            'sa.Column("a", sa.Integer(), unique=True, index=True)',
        ),
    ],
)
def test_a_column(column: Any, source: str) -> None:
    text = elements.column(column, Context(sqlite.dialect()), alone=True)
    assert layout.expression(text) == layout.expression(source)
