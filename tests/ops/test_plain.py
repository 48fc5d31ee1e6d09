"""Tables of nothing but columns: written without a Table, and exactly as SQLAlchemy writes them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from embedmig import _sa
from embedmig.catalog import Catalog
from embedmig.dialects import dialect_for
from embedmig.ops import CreateTable
from embedmig.ops.fingerprint import fingerprint
from embedmig.ops.plain import is_plain_column
from tests.rendering import sa_dialect

TYPES: tuple[Callable[[], Any], ...] = (
    sa.Integer,
    sa.BigInteger,
    sa.SmallInteger,
    lambda: sa.String(50),
    lambda: sa.String(50, "C"),
    sa.Text,
    lambda: sa.Unicode(9),
    sa.Numeric,
    lambda: sa.Numeric(10, 2),
    sa.Float,
    lambda: sa.Float(20),
    sa.Boolean,
    sa.Date,
    sa.DateTime,
    lambda: sa.DateTime(timezone=True),
    sa.Time,
    sa.LargeBinary,
    sa.Uuid,
    sa.JSON,
)
DATABASES = ("sqlite", "postgresql", "mysql", "mariadb")
NAMES = ("a", "order", "Mixed", "per%cent", "wé ird", 'quo"te', "tick`s", "b")


@st.composite
def makers(draw: st.DrawFn) -> Callable[[], CreateTable]:
    """Makes the same operation as often as it is called: a Column belongs to one table."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    columns = [
        (name, draw(st.sampled_from(TYPES)), draw(st.booleans()), draw(st.sampled_from([0, 1, 2])))
        for name in names
    ]
    table, schema = draw(st.sampled_from(NAMES)), draw(st.sampled_from([None, "s", "S"]))
    guarded = draw(st.booleans())

    def make() -> CreateTable:
        made = tuple(
            sa.Column(
                name, type_(), primary_key=key, **({} if null == 2 else {"nullable": bool(null)})
            )
            for name, type_, key, null in columns
        )
        return CreateTable(table, made, schema=schema, if_not_exists=guarded)

    return make


def as_table(make: Callable[[], CreateTable]) -> CreateTable:
    """The operation after its Table was put together: nothing plain is left."""
    op = make()
    op.to_table()
    assert op.plain_columns is None
    return op


def spelled(op: CreateTable, database: str) -> list[str]:
    return [str(s.sql) for s in dialect_for(sa_dialect(database)).ddl.statements(op, Catalog())]


@pytest.mark.parametrize("database", DATABASES)
@settings(max_examples=150, deadline=None)
@given(make=makers())
def test_it_is_written_as_sqlalchemy_writes_it(
    database: str, make: Callable[[], CreateTable]
) -> None:
    assert spelled(make(), database) == spelled(as_table(make), database)


@pytest.mark.parametrize("database", DATABASES)
@settings(max_examples=150, deadline=None)
@given(make=makers())
def test_a_column_by_itself_is_written_so_too(
    database: str, make: Callable[[], CreateTable]
) -> None:
    ddl = dialect_for(sa_dialect(database)).ddl
    for column in make().to_table().columns:
        loose: sa.Column[Any] = sa.Column(column.name, column.type, nullable=column.nullable)
        assert is_plain_column(loose)
        assert ddl.loose_column(loose) == ddl.spell.column(loose)


@given(make=makers())
def test_its_fingerprint_is_that_of_its_table(make: Callable[[], CreateTable]) -> None:
    assert fingerprint(make()) == fingerprint(as_table(make))


@given(make=makers())
def test_the_table_that_is_put_together_late_is_the_same(make: Callable[[], CreateTable]) -> None:
    late, early = make().late_table(), as_table(make).to_table()
    assert repr(late) == repr(early)
    assert type(late) is sa.Table
    assert all(column.table is late for column in late.c)


def plain() -> CreateTable:
    return CreateTable(
        "t", (sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Text))
    )


def test_a_late_table_takes_part_in_statements() -> None:
    table = plain().late_table()
    assert str(sa.insert(table).values(n="x")) == "INSERT INTO t (n) VALUES (:n)"
    joined = sa.select(sa.func.count()).select_from(plain().late_table())
    assert str(joined).split() == ["SELECT", "count(*)", "AS", "count_1", "FROM", "t"]


def test_nobody_who_does_not_look_puts_a_table_together() -> None:
    operation = plain()
    table = operation.late_table()
    assert type(table) is _sa.LateTable
    assert spelled(operation, "sqlite")
    assert fingerprint(operation)
    assert type(table) is _sa.LateTable
    assert operation.to_table() is table


@pytest.mark.parametrize(
    "column",
    [
        sa.Column("c", sa.Integer, server_default="1"),
        sa.Column("c", sa.Integer, sa.ForeignKey("o.id")),
        sa.Column("c", sa.Integer, sa.CheckConstraint("c > 0")),
        sa.Column("c", sa.Integer, unique=True),
        sa.Column("c", sa.Integer, index=True),
        sa.Column("c", sa.Integer, comment="says more"),
        sa.Column("c", sa.Integer, sa.Identity()),
        sa.Column("c", sa.Integer, sa.Computed("1")),
        sa.Column("c", sa.Integer, sa.Sequence("s")),
        sa.Column("c", sa.Integer, autoincrement=True),
        sa.Column("c", sa.Integer, sqlite_on_conflict_not_null="FAIL"),
        sa.Column("c", sa.Integer, key="k"),
        sa.Column("c", sa.Integer, system=True),
        sa.Column("c", sa.Boolean(create_constraint=True)),
        sa.Column("c", sa.Enum("a", "b")),
        sa.Column("c", sa.Integer().with_variant(sa.Text(), "sqlite")),
        sa.Column("c", sa.types.NULLTYPE),
        sa.Column("id", sa.Text),
        sa.CheckConstraint("id > 0"),
    ],
)
def test_what_says_more_than_name_and_type_is_not_plain(column: Any) -> None:
    operation = CreateTable("t", (sa.Column("id", sa.Integer, primary_key=True), column))
    assert operation.plain_columns is None


@pytest.mark.parametrize(
    "more",
    [{"comment": "c"}, {"prefixes": ("TEMPORARY",)}, {"options": {"sqlite_strict": True}}],
)
def test_a_table_with_more_than_columns_is_not_plain(more: dict[str, Any]) -> None:
    operation = CreateTable("t", (sa.Column("id", sa.Integer, primary_key=True),), **more)
    assert operation.plain_columns is None


def test_a_naming_convention_for_keys_is_followed() -> None:
    ddl = dialect_for(sa_dialect("postgresql")).ddl
    (statement,) = ddl.statements(plain(), Catalog(naming_convention={"pk": "pk_%(table_name)s"}))
    assert "CONSTRAINT pk_t PRIMARY KEY (id)" in str(statement.sql)


BY_SQLALCHEMY = """
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from embedmig.catalog import Catalog
from embedmig.dialects import dialect_for
from embedmig.ops import CreateTable
def by_sqlalchemy():
    operation = CreateTable("t", (sa.Column("id", sa.Integer),))
    dialect = dialect_for(sa.make_url("sqlite://").get_dialect()())
    for statement in dialect.ddl.statements(operation, Catalog()):
        pass
    return bool(operation._built)
assert not by_sqlalchemy()
{}
print(by_sqlalchemy())
"""


@pytest.mark.parametrize(
    ("watch", "changes"),
    [
        ("sa.event.listen(sa.Column, 'after_parent_attach', lambda column, table: None)", True),
        ("sa.event.listen(sa.Table, 'before_parent_attach', lambda table, metadata: None)", True),
        ("compiles(sa.schema.CreateTable)(lambda element, compiler, **kw: '')", True),
        ("compiles(sa.schema.CreateColumn, 'sqlite')(lambda element, compiler, **kw: '')", True),
        ("compiles(sa.schema.CreateTable, 'other')(lambda element, compiler, **kw: '')", False),
    ],
)
def test_sqlalchemy_writes_it_where_an_application_changes_tables_or_their_sql(
    watch: str, *, changes: bool
) -> None:
    code = BY_SQLALCHEMY.format(watch)
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == str(changes)
