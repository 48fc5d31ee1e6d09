"""if_exists and if_not_exists where the SQL has no such clause: the catalog is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..catalog import Catalog


def is_guarded(op: ops.Operation) -> bool:
    """Whether the operation was written with if_exists or if_not_exists."""
    return bool(getattr(op, "if_exists", False) or getattr(op, "if_not_exists", False))


def is_needed(op: ops.Operation, catalog: Catalog) -> bool:
    """Whether a guarded operation has anything to do, as far as the catalog knows."""
    there = _is_there(op, catalog)
    if there is None:
        return True
    return not there if getattr(op, "if_not_exists", False) else there


def _is_there(op: Any, catalog: Catalog) -> bool | None:
    match op:
        case ops.CreateTable() | ops.DropTable():
            return catalog.has_table(op.table_name, op.schema)
        case ops.AddColumn() | ops.DropColumn():
            name = op.column.name if isinstance(op, ops.AddColumn) else op.column_name
            return _in_table(op, catalog) and name in catalog.table(op.table_name, op.schema).c
        case ops.CreateIndex() | ops.DropIndex():
            return catalog.has_index(op.index_name, op.table_name, op.schema)
        case ops.DropConstraint():
            return _in_table(op, catalog) and catalog.constraint(op) is not None
        case ops.CreateSequence() | ops.DropSequence():
            return catalog.sequence(op.sequence_name, op.schema) is not None
        case ops.CreateEnum() | ops.DropEnum():
            return catalog.enum(op.enum_name, op.schema) is not None
        case ops.AddEnumValue():
            values = catalog.enum(op.enum_name, op.schema)
            return None if values is None else op.value in values
        case ops.CreateSchema() | ops.DropSchema():
            return catalog.has_schema(op.schema_name)
    return None


def _in_table(op: Any, catalog: Catalog) -> bool:
    return catalog.has_table(op.table_name, op.schema)
