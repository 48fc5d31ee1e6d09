"""A type is written as what it stores, with every argument, and nothing else of the application."""

from __future__ import annotations

import enum
from typing import Any

import geoalchemy2
import pgvector.sqlalchemy
import pytest
import sqlalchemy as sa
import sqlalchemy_utils
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.types import NullType, TypeDecorator, UserDefinedType

from embedmig.autogen.context import Context
from embedmig.autogen.types import type_source
from embedmig.errors import CannotRender
from embedmig.options import CompareOptions

sqlmodel = pytest.importorskip("sqlmodel")

DIALECTS = {
    "postgresql": postgresql.dialect,
    "asyncpg": asyncpg.dialect,
    "mysql": mysql.dialect,
    "sqlite": sqlite.dialect,
    "mssql": mssql.dialect,
    "oracle": oracle.dialect,
}


class Color(enum.Enum):
    red = "r"
    green = "g"


class WithKey(TypeDecorator[str]):
    """As encrypted types are: an argument that must never reach a source file."""

    impl = sa.String
    cache_ok = True

    def __init__(self, length: int, key: str) -> None:
        super().__init__(length)
        self.key = key


class Guid(TypeDecorator[Any]):
    """As everybody's Guid is: another type on every database."""

    impl = sa.CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        native = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.UUID() if native else sa.CHAR(36))


class OnGuid(TypeDecorator[Any]):
    impl = Guid
    cache_ok = True


class Email(sa.String):
    """A subclass that adds nothing to what is stored."""


class Point(UserDefinedType[Any]):
    cache_ok = True

    def __init__(self, srid: int = 0) -> None:
        self.srid = srid

    def get_col_spec(self, **_: Any) -> str:
        return f"POINT({self.srid})"


class Sealed(UserDefinedType[Any]):
    cache_ok = True

    def __init__(self, secret_key: str) -> None:
        self.secret_key = secret_key

    def get_col_spec(self, **_: Any) -> str:
        return "BYTEA"


class Itself(UserDefinedType[Any]):
    cache_ok = True

    def __embedmig_render__(self, context: Context) -> str:
        return f"{context.sa('LargeBinary')}(16)"

    def get_col_spec(self, **_: Any) -> str:
        return "BLOB"


def written(type_: Any, dialect: str = "postgresql", **hooks: Any) -> tuple[str, set[str]]:
    """The source, and the imports besides SQLAlchemy's own name."""
    context = Context(DIALECTS[dialect](), CompareOptions(**hooks))
    source = type_source(type_, context)
    namespace: dict[str, Any] = {}
    for line in context.imports:
        exec(line, namespace)
    eval(source, namespace)
    return source, context.imports - {"import sqlalchemy as sa"}


PG = {"from sqlalchemy.dialects import postgresql"}
MY = {"from sqlalchemy.dialects import mysql"}


@pytest.mark.parametrize(
    ("type_", "source", "imports"),
    [
        (sa.String(20), "sa.String(20)", set()),
        (sa.String(5, collation="C"), 'sa.String(5, collation="C")', set()),
        (sa.Numeric(10, 2), "sa.Numeric(10, 2)", set()),
        (sa.Numeric(10, 2, asdecimal=False), "sa.Numeric(10, 2, asdecimal=False)", set()),
        (sa.Float(53), "sa.Float(53)", set()),
        (sa.Integer, "sa.Integer()", set()),
        (sa.Interval(second_precision=3), "sa.Interval(second_precision=3)", set()),
        (sa.PickleType(), "sa.LargeBinary()", set()),
        (sa.Uuid(native_uuid=False), "sa.Uuid(native_uuid=False)", set()),
        (
            sa.Boolean(create_constraint=True, name="x"),
            'sa.Boolean(create_constraint=True, name="x")',
            set(),
        ),
        (sa.ARRAY(sa.Integer), "sa.ARRAY(sa.Integer())", set()),
        (
            postgresql.ARRAY(postgresql.JSONB(), dimensions=2),
            "postgresql.ARRAY(postgresql.JSONB(), dimensions=2)",
            PG,
        ),
        (postgresql.ARRAY(Guid()), "postgresql.ARRAY(sa.UUID())", PG),
        (
            postgresql.TIMESTAMP(timezone=True, precision=3),
            "postgresql.TIMESTAMP(timezone=True, precision=3)",
            PG,
        ),
        (postgresql.BIT(4, varying=True), "postgresql.BIT(4, varying=True)", PG),
        (
            postgresql.ENUM("a", "b", name="e", create_type=False, schema="s"),
            'postgresql.ENUM("a", "b", name="e", schema="s", create_type=False)',
            PG,
        ),
        (
            postgresql.DOMAIN(
                "d", sa.Integer(), check="value > 0", schema="s", not_null=True, default="1"
            ),
            'postgresql.DOMAIN("d", sa.Integer(), default="1", not_null=True, '
            'check=sa.text("value > 0"), schema="s")',
            PG,
        ),
        (
            mysql.ENUM("a", "b'c", charset="utf8mb4", collation="utf8mb4_bin"),
            'mysql.ENUM("a", "b\'c", collation="utf8mb4_bin", charset="utf8mb4")',
            MY,
        ),
        (mysql.SET("a", "b"), 'mysql.SET("a", "b")', MY),
        (
            mysql.VARCHAR(20, charset="latin1", collation="latin1_bin"),
            'mysql.VARCHAR(20, charset="latin1", collation="latin1_bin")',
            MY,
        ),
        (
            mysql.INTEGER(display_width=5, unsigned=True),
            "mysql.INTEGER(display_width=5, unsigned=True)",
            MY,
        ),
        (
            sqlite.DATETIME(storage_format="%(year)s"),
            'sqlite.DATETIME(storage_format="%(year)s")',
            {"from sqlalchemy.dialects import sqlite"},
        ),
        (
            mssql.DATETIMEOFFSET(3),
            "mssql.DATETIMEOFFSET(3)",
            {"from sqlalchemy.dialects import mssql"},
        ),
        (sa.Enum(Color), 'sa.Enum("red", "green", name="color")', set()),
        (
            sa.Enum(Color, values_callable=lambda e: [m.value for m in e], name="c", schema="s"),
            'sa.Enum("r", "g", name="c", schema="s")',
            set(),
        ),
        (
            sa.Enum("a", native_enum=False, create_constraint=True, name="ck", length=50),
            'sa.Enum("a", name="ck", native_enum=False, create_constraint=True, length=50)',
            set(),
        ),
        (sqlmodel.AutoString(5), "sa.String(5)", set()),
        (sqlalchemy_utils.UUIDType(), "sa.UUID()", set()),
        (sqlalchemy_utils.ChoiceType([("a", "A")]), "sa.Unicode(255)", set()),
        (sqlalchemy_utils.LtreeType(), "sqlalchemy_utils.LtreeType()", {"import sqlalchemy_utils"}),
        (
            pgvector.sqlalchemy.Vector(3),
            "pgvector.sqlalchemy.VECTOR(3)",
            {"import pgvector.sqlalchemy"},
        ),
        (pgvector.sqlalchemy.BIT(5), "postgresql.BIT(5)", PG),
        (
            geoalchemy2.Geometry("POINT", 4326, spatial_index=False),
            'geoalchemy2.Geometry(geometry_type="POINT", srid=4326, spatial_index=False)',
            {"import geoalchemy2"},
        ),
        (WithKey(5, "hunter2"), "sa.String(5)", set()),
        (Guid(), "sa.UUID()", set()),
        (OnGuid(), "sa.UUID()", set()),
        (Email(20), "sa.String(20)", set()),
        (
            sa.String(20).with_variant(postgresql.CITEXT(), "postgresql"),
            'sa.String(20).with_variant(postgresql.CITEXT(), "postgresql")',
            PG,
        ),
        (
            sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"),
            'sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")',
            MY,
        ),
        (
            WithKey(5, "hunter2").with_variant(OnGuid(), "sqlite"),
            'sa.String(5).with_variant(sa.CHAR(36), "sqlite")',
            set(),
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value[:40],
)
def test_a_type_is_written_with_its_arguments_and_imports(
    type_: Any, source: str, imports: set[str]
) -> None:
    assert written(type_() if isinstance(type_, type) else type_) == (source, imports)


@pytest.mark.parametrize(
    ("dialect", "source"),
    [
        ("postgresql", "sa.UUID()"),
        ("asyncpg", "sa.UUID()"),
        ("mysql", "sa.CHAR(36)"),
        ("sqlite", "sa.CHAR(36)"),
        ("mssql", "sa.String(36)"),  # that is what its type_descriptor makes of a CHAR
        ("oracle", "sa.CHAR(36)"),
    ],
)
def test_a_decorator_is_written_as_what_this_database_stores(dialect: str, source: str) -> None:
    assert written(Guid(), dialect) == (source, set())


def test_a_length_that_one_database_needs_is_kept_there() -> None:
    assert written(sqlmodel.AutoString(), "mysql")[0] == "sa.String(255)"
    assert written(sqlmodel.AutoString(), "postgresql")[0] == "sa.String()"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_key_is_never_written(dialect: str) -> None:
    stored = sqlalchemy_utils.StringEncryptedType(sa.String, "hunter2")
    for type_ in (stored, WithKey(5, "hunter2")):
        assert "hunter2" not in written(type_, dialect)[0]


def test_a_key_that_the_class_cannot_do_without_is_an_error_that_does_not_tell_it() -> None:
    with pytest.raises(CannotRender, match=r"Sealed.*__embedmig_render__") as caught:
        written(Sealed("hunter2"))
    assert "hunter2" not in str(caught.value)


def test_a_type_of_another_database_is_written_for_that_one() -> None:
    assert written(postgresql.ARRAY(Guid()), "mysql")[0] == "postgresql.ARRAY(sa.UUID())"
    assert written(mysql.TINYINT(1, unsigned=True), "sqlite")[0].startswith("mysql.TINYINT(")


def test_an_own_type_is_imported_only_where_nothing_else_stores_the_same() -> None:
    module = Point.__module__
    assert written(Point(4326)) == (f"{module}.Point(srid=4326)", {f"import {module}"})


def test_a_type_may_render_itself_and_is_held_to_its_ddl() -> None:
    assert written(Itself(), "sqlite") == ("sa.LargeBinary(16)", set())
    with pytest.raises(CannotRender, match=r"stored as \('BYTEA',\), not as \('BLOB',\)"):
        written(Itself(), "postgresql")


def test_a_class_that_cannot_be_imported_is_an_error() -> None:
    class Inside(UserDefinedType[Any]):
        cache_ok = True

        def get_col_spec(self, **_: Any) -> str:
            return "INSIDE"

    with pytest.raises(CannotRender, match="Inside cannot be written as source"):
        written(Inside())


def test_an_unknown_type_is_an_error() -> None:
    with pytest.raises(CannotRender, match="NullType"):
        written(NullType())


def test_render_item_decides_first() -> None:
    def hook(kind: str, item: Any, context: Context) -> str | bool:
        if kind == "type" and isinstance(item, Point):
            context.require("import decimal")
            return "sa.Integer()"
        return False

    context = Context(options=CompareOptions(render_item=hook))  # type: ignore[arg-type]
    assert type_source(Point(), context) == "sa.Integer()"
    assert "import decimal" in context.imports
    assert type_source(sa.Text(), context) == "sa.Text()"


def test_a_hook_that_returns_no_text_is_an_error() -> None:
    with pytest.raises(CannotRender, match="render_item returned 5"):
        written(sa.Text(), render_item=lambda *_: 5)
