"""Every value reads back as it was: through a script and the database's own client."""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import sqlite3
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql

from embedmig import Migrator, Operations, Registry
from embedmig.dialects import dialect_for
from embedmig.dialects.literals import Literals
from embedmig.dialects.offline import DATABASES, offline_dialect
from embedmig.errors import InvalidOperation
from tests.clients import emptied, must_run
from tests.databases import Database


class Colour(enum.Enum):
    red = 1
    blue = 2


class Reversed(sa.types.TypeDecorator[str]):
    """A type with a conversion of its own."""

    impl = sa.String(200)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else value[::-1]

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else value[::-1]


# Every character but NUL and halves of pairs; the hard ones often.
PHASES = [hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate]
CHARACTERS = st.one_of(
    st.sampled_from("'\"\\%:;$`@&#-/\n\r\t\x1a\x0b\x7f\u2028\U0001f600é"),
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
)
TEXT = st.text(CHARACTERS, max_size=60)
DATES = st.dates(dt.date(1000, 1, 1), dt.date(9999, 12, 31))
MOMENTS = st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 30))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)

COMMON: dict[str, tuple[Any, Any]] = {
    "a_text": (sa.Text(), TEXT),
    "an_int": (sa.BigInteger(), st.integers(-(2**63), 2**63 - 1)),
    "a_bool": (sa.Boolean(), st.booleans()),
    "a_double": (sa.Double(), st.floats(allow_nan=False, allow_infinity=False)),
    "a_blob": (sa.LargeBinary(), st.binary(max_size=40)),
    "a_date": (sa.Date(), DATES),
    "a_moment": (sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), MOMENTS),
    "a_time": (sa.Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb"), st.times()),
    # Whole seconds: MariaDB keeps it in a DATETIME.
    "a_span": (sa.Interval(), st.integers(-(10**8), 10**8).map(lambda n: dt.timedelta(seconds=n))),
    "a_uuid": (sa.Uuid(), st.uuids()),
    "a_json": (sa.JSON(), JSON),
    "an_enum": (sa.Enum(Colour, name="colour"), st.sampled_from(Colour)),
    "reversed": (Reversed(), TEXT.filter(lambda text: len(text) < 100)),
}
#: Where it holds more than the driver of the others does.
NUMERIC = (
    sa.Numeric(30, 10),
    st.decimals(-(10**18), 10**18, places=10, allow_nan=False, allow_infinity=False),
)
OWN: dict[str, dict[str, tuple[Any, Any]]] = {
    "sqlite": {},
    "mariadb": {
        "a_number": NUMERIC,
    },
    "postgresql": {
        "a_number": NUMERIC,
        "any_double": (sa.Double(), st.floats(allow_nan=False)),
        "some_ints": (
            postgresql.ARRAY(sa.Integer),
            st.lists(st.integers(-9, 9) | st.none(), max_size=4),
        ),
        "some_texts": (postgresql.ARRAY(sa.Text), st.lists(TEXT, max_size=3)),
        "a_table": (
            postgresql.ARRAY(sa.Integer, dimensions=2),
            st.just([[1, -2], [3, None]]),
        ),
        "some_days": (postgresql.ARRAY(sa.Date), st.lists(DATES, max_size=3)),
        "some_json": (postgresql.JSONB(), JSON),
        "an_instant": (
            sa.DateTime(timezone=True),
            st.datetimes(
                dt.datetime(1900, 1, 1),
                dt.datetime(2100, 1, 1),
                timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(minutes=-270))]),
            ),
        ),
        "a_fine_span": (sa.Interval(), st.timedeltas(dt.timedelta(-999), dt.timedelta(999))),
        "a_range": (
            postgresql.INT4RANGE(),
            st.just(postgresql.Range(1, 7)),
        ),
        "some_ranges": (
            postgresql.DATEMULTIRANGE(),
            st.just([postgresql.Range(dt.date(2024, 1, 1), None, bounds="[)")]),
        ),
    },
}  # fmt: skip


def columns_of(name: str) -> dict[str, tuple[Any, Any]]:
    return {**COMMON, **OWN[name]}


def table_of(name: str) -> sa.Table:
    columns = [sa.Column(key, type_) for key, (type_, _) in columns_of(name).items()]
    return sa.Table("every", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)


def rows_of(name: str) -> Any:
    values = {key: st.none() | made for key, (_, made) in columns_of(name).items()}
    return st.lists(st.fixed_dictionaries(values), min_size=1, max_size=4)


def writing(name: str, rows: list[dict[str, Any]], how: str) -> Registry:
    """A revision that writes the rows, as one INSERT, or by a construct with bound values."""
    registry = Registry()

    @registry.revision("a", down_revision=None)
    def a(op: Operations) -> None:
        made = op.create_table("every", *[column._copy() for column in table_of(name).columns])
        if how == "rows":
            op.bulk_insert(made, [{"id": number, **row} for number, row in enumerate(rows, 1)])
            return
        for number, row in enumerate(rows, 1):
            op.bulk_insert(made, [{"id": number}])
            op.execute(made.update().where(made.c.id == number).values(row))

    return registry


@pytest.mark.parametrize("how", ["rows", "construct"])
@hypothesis.given(data=st.data())
@hypothesis.settings(max_examples=15, phases=PHASES)
def test_values_read_back_equal(
    db: Database, tmp_path: Path, how: str, data: st.DataObject
) -> None:
    rows = data.draw(rows_of(db.name))
    engine = emptied(db)
    must_run(db, Migrator(engine, None, writing(db.name, rows, how)).render_sql(), tmp_path)
    with engine.connect() as connection:
        found = connection.execute(table_of(db.name).select().order_by(sa.text("id"))).mappings()
        for row, wanted in zip(found.all(), rows, strict=True):
            different = {
                key: (row[key], value) for key, value in wanted.items() if row[key] != value
            }
            assert different == {}


@hypothesis.given(rows=rows_of("sqlite"))
@hypothesis.settings(max_examples=15, phases=PHASES)
def test_sqlite_stores_what_its_driver_would_store(
    sqlite_db: Database, tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    """Byte by byte and with the same storage class."""
    stored = []
    columns = ", ".join(f"typeof({key}), quote({key})" for key in columns_of("sqlite"))
    for run in (
        lambda engine, registry: must_run(
            sqlite_db, Migrator(engine, None, registry).render_sql(), tmp_path
        ),
        lambda engine, registry: Migrator(engine, None, registry).upgrade(),
    ):
        engine = emptied(sqlite_db)
        run(engine, writing("sqlite", rows, "rows"))
        with engine.connect() as connection:
            found = connection.exec_driver_sql(f"SELECT {columns} FROM every ORDER BY id")
            stored.append(found.all())
    assert stored[0] == stored[1]


@hypothesis.given(value=st.floats(allow_nan=False))
@hypothesis.example(value=58406360.0605889)
@hypothesis.example(value=983.986348621226)
@hypothesis.example(value=-1.2690734759763357e-304)
@hypothesis.example(value=5e-324)
@hypothesis.example(value=2.0**1023)
@hypothesis.settings(max_examples=500)
def test_sqlite_reads_a_float_as_the_same(value: float) -> None:
    """Of its texts it reads one in a thousand as the number beside; those are spelled otherwise."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        assert connection.execute(f"SELECT {literals('sqlite').of(value)}").fetchone() == (value,)


@hypothesis.given(span=st.timedeltas(dt.timedelta(hours=-838), dt.timedelta(hours=838)))
@hypothesis.settings(max_examples=50)
def test_a_time_of_mariadb_holds_a_timedelta(mariadb: Database, span: dt.timedelta) -> None:
    """SQLAlchemy reads it as a time of day, the driver as what it is."""
    with mariadb.engine().connect() as connection:
        query = f"SELECT CAST({literals('mariadb').of(span)} AS TIME(6))"
        assert connection.exec_driver_sql(query).scalar() == span


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
@pytest.mark.parametrize("name", DATABASES)
def test_what_no_script_can_carry_is_refused(name: str, text: str) -> None:
    with pytest.raises(InvalidOperation, match=r"NUL|surrogate"):
        literals(name).of(text)


def test_a_value_without_a_literal_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidOperation, match="give the column or bind parameter a type"):
        literals("postgresql").of(object())


def literals(name: str) -> Literals:
    return dialect_for(offline_dialect(name)).script.literals


MOMENT = dt.datetime(2024, 2, 29, 12, 30, 1, 500, tzinfo=dt.UTC)
GOLDEN = [
    ("oracle", "é\\", r"UNISTR('\00e9\005c')"),
    ("oracle", "it's", "'it''s'"),
    ("oracle", "a;\n/\n'b", r"UNISTR('a;\000a/\000a''b')"),
    ("oracle", b"\x01", "HEXTORAW('01')"),
    ("oracle", MOMENT, "TIMESTAMP '2024-02-29 12:30:01.000500+00:00'"),
    ("oracle", MOMENT.date(), "DATE '2024-02-29'"),
    ("oracle", -dt.timedelta(1, 2, 3), "INTERVAL '-1 00:00:02.000003' DAY(9) TO SECOND(6)"),
    ("mssql", "é'", "N'é'''"),
    ("mssql", "it's", "'it''s'"),
    ("mssql", b"\x01", "0x01"),
    ("mssql", True, "1"),
    ("mssql", MOMENT, "CAST('2024-02-29T12:30:01.000500+00:00' AS datetimeoffset)"),
    ("mssql", 1.5, "1.5e0"),
    ("mysql", "a\\'\n", "'a\\\\''\\n'"),
    ("mysql", dt.timedelta(hours=-30), "'-30:00:00.000000'"),
    ("postgresql", "a\\", "E'a\\\\'"),
    ("postgresql", float("-inf"), "'-Infinity'::float8"),
    ("postgresql", Decimal("1E+3"), "1000"),
    ("postgresql", uuid.UUID(int=1), "'00000000-0000-0000-0000-000000000001'::uuid"),
    ("postgresql", [1, None], "ARRAY[1, NULL]"),
    ("sqlite", "a\r\nb", "('a' || char(13) || '\nb')"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "text"), GOLDEN)
def test_the_text_of_a_literal(name: str, value: Any, text: str) -> None:
    assert literals(name).of(value) == text


@pytest.mark.parametrize("name", DATABASES)
def test_a_sign_never_meets_an_operator(name: str) -> None:
    """`- -1` written without a space begins a comment."""
    script = dialect_for(offline_dialect(name)).script
    text = script.compiled(sa.select(-sa.literal(-1)))
    assert "--" not in text


def test_a_bind_without_a_value_is_refused() -> None:
    script = dialect_for(offline_dialect("postgresql")).script
    with pytest.raises(InvalidOperation, match="'x' was given no value"):
        script.compiled(sa.text("SELECT :x"))


def test_defaults_that_sqlalchemy_computes_are_written_out() -> None:
    """On INSERT and on UPDATE, as a driver would be sent them."""
    script = dialect_for(offline_dialect("sqlite")).script
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer, default=5, onupdate=lambda: 6),
    )
    assert script.compiled(table.insert().values(a=1)) == "INSERT INTO t (a, b) VALUES (1, 5)"
    assert script.compiled(table.update().values(a=1)) == "UPDATE t SET a=1, b=6"
    assert list(script.rows(table.insert(), [{"a": 1}])) == [
        "INSERT INTO t (a, b) VALUES\n  (1, 5)"
    ]
