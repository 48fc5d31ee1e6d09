"""Every change of a type runs on an empty table, and with a USING only where one is needed."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import types
from sqlalchemy.dialects import postgresql

from embedmig import ops
from embedmig.dialects.postgresql_casts import cast_needed
from tests.databases import Database
from tests.support import apply

TYPES: list[Any] = [
    types.Integer(),
    types.BigInteger(),
    types.SmallInteger(),
    types.Numeric(10, 2),
    types.Double(),
    types.Boolean(),
    types.String(20),
    types.Text(),
    types.Date(),
    types.DateTime(),
    types.Time(),
    types.Interval(),
    types.LargeBinary(),
    types.Uuid(),
    types.JSON(),
    postgresql.JSONB(),
]


def test_every_type_becomes_every_other_one(postgresql: Database) -> None:
    engine = postgresql.engine()
    for before, after in permutations(TYPES, 2):
        with engine.begin() as connection:
            metadata = sa.MetaData()
            sa.Table("t", metadata, sa.Column("a", before)).create(connection)
            apply(connection, ops.AlterColumn("t", "a", type_=after))
            connection.exec_driver_sql("DROP TABLE t")


@pytest.mark.parametrize(
    ("before", "after", "cast"),
    [
        (types.String(9), types.String(5), None),
        (types.Integer(), types.Text(), None),
        (types.Integer(), types.BigInteger(), None),
        (types.String(9), types.Integer(), "::{}"),
        (types.Integer(), types.Boolean(), "::{}"),
        (types.Numeric(), types.Boolean(), "::text::{}"),
        (None, types.Integer(), None),
    ],
)
def test_a_cast_is_written_where_no_assignment_is(
    before: Any, after: Any, cast: str | None
) -> None:
    assert cast_needed(before, after) == cast
