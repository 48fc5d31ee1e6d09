"""A database that is known through SQLAlchemy's inspector only."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table

from embedmig.autogen.compare import diff
from embedmig.dialects import dialect_for
from embedmig.dialects.comparison import Comparison
from embedmig.options import CompareOptions


def metadata(*items: sa.schema.SchemaItem) -> MetaData:
    made = MetaData()
    Table("p", made, Column("id", Integer, primary_key=True))
    Table(
        "t",
        made,
        Column("id", Integer, primary_key=True),
        Column("a", String(20), nullable=False, unique=True, index=True),
        Column("p", sa.ForeignKey("p.id", ondelete="CASCADE", name="fk")),
        Column("n", sa.Numeric(10, 2)),
        sa.CheckConstraint("n > 0", name="ck"),
        *items,
    )
    return made


def compare(made: MetaData, wanted: MetaData) -> object:
    engine = sa.create_engine("sqlite://")
    made.create_all(engine)
    with engine.connect() as connection:
        generic = dataclasses.replace(dialect_for(connection.dialect), make_comparison=Comparison)
        return diff(connection, wanted, dialect=generic, options=CompareOptions())


def test_nothing_differs_from_itself() -> None:
    found = compare(metadata(), metadata())
    assert str(found) == "no difference"


def test_what_is_plain_is_found_and_what_is_not_is_told() -> None:
    wanted = metadata(Column("new", Integer), sa.Index("ix_new", "n"))
    wanted.tables["t"].c.a.nullable = True
    lines = str(compare(metadata(), wanted)).splitlines()
    assert lines == ["add column t.new", "alter column t.a", "create index ix_new on t"]
    other = metadata()
    other.tables["t"].c.n.type = sa.Numeric(12, 4)
    assert str(compare(metadata(), other)).startswith("not compared: column t.n: no shadow")
