"""What a comparator is given, made of two metadatas without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from embedmig import ops
from embedmig.autogen.compare import diff_tables
from embedmig.autogen.pairing import Context
from embedmig.dialects import dialect_for
from embedmig.dialects.base import Dialect
from embedmig.options import CompareOptions

DIALECTS: dict[str, Callable[[], Any]] = {
    "sqlite": sqlite.dialect,
    "postgresql": postgresql.dialect,
    "mysql": mysql.dialect,
}


def dialect_of(name: str) -> Dialect:
    return dialect_for(DIALECTS[name]())


def metadata(*tables: Callable[[sa.MetaData], Any]) -> sa.MetaData:
    made = sa.MetaData()
    for build in tables:
        build(made)
    return made


def table(*items: Any, name: str = "t", **options: Any) -> Callable[[sa.MetaData], sa.Table]:
    """A table with an id besides the items."""

    def build(made: sa.MetaData) -> sa.Table:
        return sa.Table(
            name, made, sa.Column("id", sa.Integer, primary_key=True), *items, **options
        )

    return build


def context_of(
    before: sa.MetaData,
    after: sa.MetaData,
    dialect: str = "postgresql",
    *,
    enums: Iterable[Any] = (),
    sequences: Iterable[sa.Sequence] = (),
    schemas: Iterable[str] = (),
    **options: Any,
) -> Context:
    """The context in which comparators compare the two."""
    caught: list[Context] = []

    def catch(context: Context) -> tuple[()]:
        caught.append(context)
        return ()

    diff_tables(
        before.tables.values(),
        after,
        dialect=dialect_of(dialect),
        options=CompareOptions(comparators=(catch,), **options),
        enums=enums,
        sequences=sequences,
        schemas=schemas,
    )
    return caught[0]


def told(operations: Iterable[ops.Operation]) -> list[str]:
    """The operations in words."""
    return [operation.describe() for operation in operations]
