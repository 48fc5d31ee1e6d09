"""EXCLUDE: the constraint of an operation."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from .. import ops


def exclude_constraint(op: ops.CreateExcludeConstraint) -> ExcludeConstraint:
    """The constraint that the operation adds, on a table that has only the columns it names."""
    names = [element for element, _ in op.elements if isinstance(element, str)]
    table = sa.Table(op.table_name, sa.MetaData(), *map(sa.Column, names), schema=op.schema)
    constraint = ExcludeConstraint(
        *((sa.column(e) if isinstance(e, str) else e, operator) for e, operator in op.elements),
        name=op.constraint_name,
        where=op.where,
        using=op.using or "gist",
        deferrable=op.deferrable,
        initially=op.initially,
        **op.options,
    )
    table.append_constraint(constraint)
    return constraint
