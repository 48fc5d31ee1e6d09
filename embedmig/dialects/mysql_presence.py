"""Asking information_schema whether something is there, for if_exists and if_not_exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from .spelling import Spelling


def presence_query(op: Any, spell: Spelling) -> str | None:
    """SELECT COUNT(*) of what the operation is about; None for what it cannot ask for."""
    match op:
        case ops.AddColumn() | ops.DropColumn():
            name = op.column.name if isinstance(op, ops.AddColumn) else op.column_name
            return _count("columns", op, spell, column_name=name)
        case ops.CreateIndex() | ops.DropIndex() if op.index_name and op.table_name:
            return _count("statistics", op, spell, index_name=op.index_name)
        case ops.DropConstraint(type_="primary"):
            return _count("table_constraints", op, spell, constraint_name="PRIMARY")
        case ops.DropConstraint() if op.constraint_name:
            return _count("table_constraints", op, spell, constraint_name=op.constraint_name)
    return None


def _count(view: str, op: Any, spell: Spelling, **condition: str) -> str:
    ((column, value),) = condition.items()
    schema = spell.literal(op.schema) if op.schema else "DATABASE()"
    return (
        f"SELECT COUNT(*) FROM information_schema.{view} WHERE table_schema = {schema} "
        f"AND table_name = {spell.literal(op.table_name)} AND {column} = {spell.literal(value)}"
    )
