"""SERIAL given to and taken from a column that exists, and the counter of an identity given to one.

SERIAL is no type but a default and a sequence that the column owns:
https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-SERIAL
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .. import ops
from .base import Statement
from .clauses import clause
from .postgresql_names import joined

if TYPE_CHECKING:
    from ..catalog import Catalog
    from .spelling import Spelling

_OWNED = sa.text("SELECT pg_get_serial_sequence(:table, :column)")


def without_serial(op: ops.AlterColumn, spell: Spelling, catalog: Catalog) -> Iterator[Statement]:
    """DROP DEFAULT, and the sequence goes: no other column can own it."""
    table = spell.qualified(op.table_name, op.schema)
    sequence = _sequence_of(op, spell, catalog)
    yield clause(table, f"ALTER COLUMN {spell.name(op.column_name)} DROP DEFAULT")
    if sequence is not None:
        yield Statement(f"DROP SEQUENCE IF EXISTS {sequence}")


def with_serial(op: ops.AlterColumn, spell: Spelling) -> Iterator[Statement]:
    """A sequence of the column's own that goes on behind the rows there are, as its default."""
    table, column = spell.qualified(op.table_name, op.schema), spell.name(op.column_name)
    sequence = _usual_name(op, spell)
    literal = spell.literal(sequence)
    yield Statement(f"CREATE SEQUENCE {sequence} OWNED BY {table}.{column}")
    yield Statement(f"SELECT setval({literal}, coalesce(max({column}), 0) + 1, false) FROM {table}")
    yield clause(table, f"ALTER COLUMN {column} SET DEFAULT nextval({literal})")


def behind_rows(op: ops.AlterColumn, identity: sa.Identity, spell: Spelling) -> Statement:
    """The counter of a new identity goes on behind the rows there are, where they reach its start.

    https://www.postgresql.org/docs/current/functions-sequence.html
    """
    table, column = spell.qualified(op.table_name, op.schema), spell.name(op.column_name)
    sequence = f"pg_get_serial_sequence({spell.literal(table)}, {spell.literal(op.column_name)})"
    step = 1 if identity.increment is None else identity.increment
    farther, farthest = ("greatest", "max") if step > 0 else ("least", "min")
    following = f"{farthest}({column})::bigint + {step}"
    return Statement(
        f"SELECT setval({sequence}, {farther}({following}, nextval({sequence})), false) "
        f"FROM {table}"
    )


def _usual_name(op: ops.AlterColumn, spell: Spelling) -> str:
    return spell.qualified(joined(op.table_name, op.column_name, "seq"), op.schema)


def _sequence_of(op: ops.AlterColumn, spell: Spelling, catalog: Catalog) -> str | None:
    """The sequence that the column owns; None where its default is another's."""
    if catalog.connection is None:
        return _usual_name(op, spell)
    place = {"table": spell.qualified(op.table_name, op.schema), "column": op.column_name}
    found = catalog.connection.execute(_OWNED, place).scalar()
    return None if found is None else str(found)
