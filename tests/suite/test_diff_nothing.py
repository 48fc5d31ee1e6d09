"""`create_all(metadata)` and then no difference: types, defaults, constraints, schemas."""

from __future__ import annotations

import enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.dialects import mysql, postgresql, sqlite

from tests.autogen.laws import created, diff
from tests.databases import Database


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


class Decorated(sa.types.TypeDecorator[str]):
    impl = String(31)
    cache_ok = True


class PerDatabase(sa.types.TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSONB())
        return dialect.type_descriptor(sa.Text())


def types() -> dict[str, Any]:
    """Every generic type, with and without arguments."""
    found: dict[str, Any] = {
        name: getattr(sa, name)()
        for name in [
            "BigInteger",
            "Boolean",
            "Date",
            "DateTime",
            "Double",
            "Float",
            "Integer",
            "Interval",
            "JSON",
            "LargeBinary",
            "Numeric",
            "SmallInteger",
            "Text",
            "Time",
            "UnicodeText",
            "Uuid",
            "BIGINT",
            "BOOLEAN",
            "DATE",
            "DATETIME",
            "DECIMAL",
            "DOUBLE",
            "DOUBLE_PRECISION",
            "FLOAT",
            "INTEGER",
            "NUMERIC",
            "REAL",
            "SMALLINT",
            "TEXT",
            "TIME",
            "TIMESTAMP",
            "CHAR",
            "BLOB",
        ]
    }
    return found | {
        "String": String(50),
        "Unicode": sa.Unicode(7),
        "CHAR": sa.CHAR(3),
        "VARCHAR": sa.VARCHAR(9),
        "NVARCHAR": sa.NVARCHAR(9),
        "NCHAR": sa.NCHAR(4),
        "Text(100)": sa.Text(100),
        "Numeric(10)": sa.Numeric(10),
        "Numeric(10, 2)": sa.Numeric(10, 2),
        "Float(24)": sa.Float(24),
        "Float(53)": sa.Float(53),
        "DateTime(tz)": sa.DateTime(timezone=True),
        "Time(tz)": sa.Time(timezone=True),
        "TIMESTAMP(tz)": sa.TIMESTAMP(timezone=True),
        "LargeBinary(20)": sa.LargeBinary(20),
        "BINARY": sa.BINARY(5),
        "VARBINARY": sa.VARBINARY(5),
        "Uuid(text)": sa.Uuid(native_uuid=False),
        "Enum": sa.Enum("a", "it's", "c,d", name="colours"),
        "Enum class": sa.Enum(Colour),
        "Enum varchar": sa.Enum("a", "b", native_enum=False),
        "Enum CHECK": sa.Enum("a", "it's", native_enum=False, create_constraint=True, name="ck_e"),
        "Boolean CHECK": sa.Boolean(create_constraint=True, name="ck_b"),
        "decorated": Decorated(),
        "per database": PerDatabase(),
        "variants": String(10)
        .with_variant(postgresql.VARCHAR(11), "postgresql")
        .with_variant(mysql.VARCHAR(12, charset="latin1"), "mysql")
        .with_variant(sqlite.VARCHAR(13), "sqlite"),
    }


#: What a database does not have.
REFUSED = {
    "sqlite": set[str](),
    "postgresql": {
        "BINARY",
        "VARBINARY",
        "NVARCHAR",
        "NCHAR",
        "BLOB",
        "DATETIME",
        "Text(100)",
        "DOUBLE",
    },
    "mariadb": set[str](),
}


def one_table(types: dict[str, Any]) -> MetaData:
    """A table with a column for each type, named for it: a difference tells which it is."""
    metadata = MetaData()
    columns = [Column(f"{i} {name}", type_) for i, (name, type_) in enumerate(types.items())]
    Table("t", metadata, Column("id", Integer, primary_key=True), *columns)
    return metadata


def test_no_type_differs_from_itself(db: Database) -> None:
    kept = {name: type_ for name, type_ in types().items() if name not in REFUSED[db.name]}
    created(db.engine(), one_table(kept))


POSTGRESQL = [
    postgresql.ARRAY(Integer),
    postgresql.ARRAY(String(20), dimensions=2),
    postgresql.ARRAY(postgresql.ENUM("x", "y", name="xy")),
    postgresql.BIT(3),
    postgresql.BIT(5, varying=True),
    postgresql.BYTEA(),
    postgresql.CIDR(),
    postgresql.DATERANGE(),
    postgresql.DOMAIN("posint", Integer, check=sa.text("VALUE > 0")),
    postgresql.ENUM("b", "a", name="Odd Name"),
    postgresql.INET(),
    postgresql.INT4RANGE(),
    postgresql.INT8MULTIRANGE(),
    postgresql.INTERVAL(fields="DAY TO SECOND"),
    postgresql.INTERVAL(precision=3),
    postgresql.JSON(),
    postgresql.JSONB(),
    postgresql.MACADDR(),
    postgresql.MACADDR8(),
    postgresql.MONEY(),
    postgresql.NUMRANGE(),
    postgresql.OID(),
    postgresql.REGCLASS(),
    postgresql.TIME(timezone=True, precision=2),
    postgresql.TIMESTAMP(precision=3),
    postgresql.TIMESTAMP(timezone=True, precision=0),
    postgresql.TSTZRANGE(),
    postgresql.TSVECTOR(),
    postgresql.TSQUERY(),
    postgresql.UUID(),
    String(20, collation="C"),
]
MARIADB = [
    mysql.BIT(5),
    mysql.BIGINT(unsigned=True),
    mysql.CHAR(5, collation="latin1_bin"),
    mysql.DATETIME(fsp=6),
    mysql.DECIMAL(9, 3, unsigned=True),
    mysql.DOUBLE(asdecimal=False),
    mysql.ENUM("a", "b'c", "d,e"),
    mysql.FLOAT(precision=10, scale=3),
    mysql.INTEGER(display_width=5, unsigned=True, zerofill=True),
    mysql.JSON(),
    mysql.LONGBLOB(),
    mysql.LONGTEXT(),
    mysql.MEDIUMBLOB(),
    mysql.MEDIUMINT(),
    mysql.MEDIUMTEXT(charset="latin1"),
    mysql.SET("a", "b"),
    mysql.TIME(fsp=3),
    mysql.TIMESTAMP(fsp=2),
    mysql.TINYBLOB(),
    mysql.TINYINT(),
    mysql.TINYINT(1),
    mysql.TINYTEXT(),
    mysql.VARCHAR(20, charset="utf8mb4", collation="utf8mb4_bin"),
    mysql.VARCHAR(20, charset="latin1"),
    mysql.YEAR(),
]


@pytest.mark.only_on("postgresql")
def test_no_type_of_postgresql_differs_from_itself(db: Database) -> None:
    created(db.engine(), one_table({repr(type_)[:50]: type_ for type_ in POSTGRESQL}))


@pytest.mark.only_on("mariadb")
def test_no_type_of_mysql_differs_from_itself(db: Database) -> None:
    created(db.engine(), one_table({repr(type_)[:50]: type_ for type_ in MARIADB}))


DEFAULTS: dict[str, tuple[Any, Any]] = {
    "a string": (String(50), "x"),
    "quotes": (String(50), 'it\'s "so" `so`'),
    "a backslash": (String(50), "a\\b"),
    "a colon and a percent sign": (String(50), ":x %s 100% ::y"),
    "an empty string": (String(50), ""),
    "a string that looks like NULL": (String(50), "NULL"),
    "a string that looks like a call": (String(50), "now()"),
    "parentheses": (String(50), "(a"),
    "NULL": (String(50), sa.text("NULL")),
    "a number as text": (Integer, "0"),
    "a number": (Integer, sa.text("42")),
    "a negative number": (Integer, sa.text("-1")),
    "a decimal": (sa.Numeric(10, 2), sa.text("1.50")),
    "a decimal as text": (sa.Numeric(10, 2), "1.50"),
    "a float": (sa.Double, sa.text("0.1")),
    "true": (sa.Boolean, sa.true()),
    "false": (sa.Boolean, sa.false()),
    "a boolean as text": (sa.Boolean, sa.text("(1 = 1)")),
    "now": (sa.DateTime, sa.func.now()),
    "CURRENT_TIMESTAMP": (sa.DateTime, sa.text("CURRENT_TIMESTAMP")),
    "a date": (sa.Date, "2020-01-01"),
    "a call": (String(50), sa.text("(lower('ABC'))")),
    "an expression": (Integer, sa.text("(1 + 2 * 3)")),
    "a cast": (Integer, sa.cast("7", Integer)),
    "json": (sa.Text().with_variant(postgresql.JSON(), "postgresql"), '{"a": [1, "b"]}'),
    "an enum's value": (sa.Enum("a", "it's", name="e"), "it's"),
    "binary": (sa.LargeBinary(10), "abc"),
}


def test_no_default_differs_from_itself(db: Database) -> None:
    metadata = MetaData()
    columns = []
    for name, (type_, default) in DEFAULTS.items():
        columns.append(Column(name, type_, server_default=default))
        if name != "NULL":
            columns.append(Column(f"{name}!", type_, server_default=default, nullable=False))
    Table("t", metadata, Column("id", Integer, primary_key=True), *columns)
    created(db.engine(), metadata)


def everything(metadata: MetaData, schema: str | None = None, prefix: str = "") -> None:
    """Two tables with constraints of every kind, named and unnamed."""
    Table(
        f"{prefix}parent",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("code", String(10), nullable=False, unique=True),
        Column("x", Integer),
        Column("y", Integer),
        sa.UniqueConstraint("x", "y"),
        sa.CheckConstraint("x > 0"),
        sa.CheckConstraint("x BETWEEN 1 AND 5 OR y IN (1, 2)", name="ck_named"),
        schema=schema,
        comment="it's a comment: 100%",
    )
    full = f"{schema}.{prefix}parent" if schema else f"{prefix}parent"
    Table(
        f"{prefix}child",
        metadata,
        Column("a", Integer, primary_key=True, autoincrement=False),
        Column("b", Integer, primary_key=True, autoincrement=False, comment="b's"),
        Column("parent_id", sa.ForeignKey(f"{full}.id"), index=True),
        Column("code", sa.ForeignKey(f"{full}.code", name=f"{prefix}fk_code", ondelete="CASCADE")),
        Column("px", Integer),
        Column("py", Integer),
        Column("g", Integer, sa.Computed("px + py", persisted=True)),
        Column("c", Integer, sa.CheckConstraint("c > 3")),
        sa.ForeignKeyConstraint(["px", "py"], [f"{full}.x", f"{full}.y"]),
        sa.Index(f"{prefix}ix_two", "px", "py", unique=True),
        sa.Index(f"{prefix}ix_desc", sa.text("px DESC")),
        schema=schema,
    )


def test_no_constraint_differs_from_itself(db: Database) -> None:
    metadata = MetaData()
    everything(metadata)
    created(db.engine(), metadata)


def test_a_naming_convention_makes_no_difference(db: Database) -> None:
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    Table(
        "a_table_with_a_name_that_is_so_long_that_names_of_it_are_cut",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a_column_with_a_long_name", Integer, unique=True, index=True),
        Column("flag", sa.Boolean(create_constraint=True, name="flag")),
        sa.CheckConstraint("a_column_with_a_long_name > 0", name="positive"),
    )
    Table(
        "self",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("up", sa.ForeignKey("self.id")),
    )
    created(db.engine(), metadata)


@pytest.mark.only_on("postgresql", "mariadb")
def test_a_schema_makes_no_difference(db: Database) -> None:
    """None, the default schema by its name, and another one, all at once."""
    engine = db.engine()
    other = f"{db.url.database}_other" if db.name == "mariadb" else "other"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {other}")
        default = connection.dialect.default_schema_name
    try:
        metadata = MetaData()
        everything(metadata)
        everything(metadata, schema=default, prefix="d_")
        everything(metadata, schema=other)
        created(engine, metadata)
        assert not diff(engine, metadata, include_schemas=[other])
    finally:
        if db.name == "mariadb":
            with engine.begin() as connection:
                connection.exec_driver_sql("SET foreign_key_checks = 0")
                connection.exec_driver_sql(f"DROP SCHEMA {other}")


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("path", ["other", "other, public", "public, other", '"$user", public'])
def test_an_altered_search_path_makes_no_difference(db: Database, path: str) -> None:
    engine = db.engine()

    @sa.event.listens_for(engine, "connect")
    def set_path(connection: Any, _: Any) -> None:
        connection.autocommit = True
        connection.execute(f"SET search_path TO {path}")
        connection.autocommit = False

    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA other")
    metadata = MetaData()
    everything(metadata)
    everything(metadata, schema="public", prefix="d_")
    everything(metadata, schema="other", prefix="o_")
    created(engine, metadata)
