"""One order in which the operations run: what frees something first, what needs something last.

Drops come before creations, since names may be taken over; foreign keys go first and come last.
Within a phase operations keep the order in which the comparators found them; that of tables is
made in `creation`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

from .. import ops

_PHASES: tuple[tuple[type[ops.Operation], ...], ...] = (
    (ops.RenameTable,),
    (ops.RenameColumn,),
    (ops.CreateSchema,),
    (ops.CreateSequence, ops.AlterSequence),
    (ops.CreateEnum, ops.RenameEnumValue, ops.AddEnumValue),
    # phase 5: foreign keys that are dropped, see phase_of
    (),
    (ops.DropTable,),
    (ops.DropIndex, ops.DropConstraint),
    (ops.CreateTable,),
    (ops.AddColumn,),
    (ops.AlterColumn, ops.CreateTableComment, ops.DropTableComment, ops.AlterTableOptions),
    (ops.RenameConstraint, ops.RenameIndex),
    (ops.DropColumn,),
    (ops.DropEnumValue,),  # no default may be the value any more
    (ops.CreatePrimaryKey,),
    (ops.CreateUniqueConstraint,),
    (ops.CreateIndex,),
    (ops.CreateCheckConstraint, ops.CreateExcludeConstraint),
    (ops.CreateForeignKey,),
    (ops.DropEnum, ops.DropSequence, ops.DropSchema),
)
_DROP_FOREIGN_KEY = 5
_PHASE_OF = {kind: phase for phase, kinds in enumerate(_PHASES) for kind in kinds}


def phase_of(op: ops.Operation) -> int:
    """When an operation's turn is; an unknown one comes last."""
    if isinstance(op, ops.DropConstraint) and op.type_ == "foreignkey":
        return _DROP_FOREIGN_KEY
    if isinstance(op, ops.BatchAlterTable):
        return _PHASE_OF[ops.AlterColumn]
    return _PHASE_OF.get(type(op), len(_PHASES))


def ordered(operations: Iterable[ops.Operation]) -> list[ops.Operation]:
    """The operations in an order that runs."""
    found = list(operations)
    added = {(op.schema, op.table_name, op.column.name) for op in found if is_add(op)}
    new_values = {_value(op) for op in found if isinstance(op, ops.AddEnumValue)}

    def turn(op: ops.Operation) -> float:
        phase: float = phase_of(op)
        if is_early_drop(op, added):
            phase = _PHASE_OF[ops.AddColumn] - 0.5
        if isinstance(op, ops.DropEnumValue) and _value(op) in new_values:  # it changes places
            phase = _PHASE_OF[ops.AddEnumValue] - 0.5
        if is_add(op) and op.column.computed is not None:
            phase = _PHASE_OF[ops.AlterColumn] + 0.5
        if isinstance(op, ops.AlterTableOptions) and "sqlite_strict" in op.options:
            is_strict = op.options["sqlite_strict"]
            phase = _PHASE_OF[ops.DropColumn] + 0.5 if is_strict else _PHASE_OF[ops.AddColumn] - 0.5
        return phase

    return sorted(found, key=turn)


def _value(op: ops.AddEnumValue | ops.DropEnumValue) -> tuple[str | None, str, str]:
    return op.schema, op.enum_name, op.value


def is_early_drop(op: ops.Operation, added: set[tuple[str | None, str, str]]) -> bool:
    """Whether a column goes before others change: a generated one, or one that comes again."""
    if not isinstance(op, ops.DropColumn):
        return False
    is_generated = op.original is not None and op.original.computed is not None
    return is_generated or (op.schema, op.table_name, op.column_name) in added


def is_add(op: ops.Operation) -> TypeGuard[ops.AddColumn]:
    """Whether the operation adds a column."""
    return isinstance(op, ops.AddColumn)


def keys_at_once(operations: Iterable[ops.Operation]) -> list[ops.Operation]:
    """A primary key and the columns it changes with as one statement.

    MySQL wants a column with AUTO_INCREMENT to be a key at every moment:
    https://dev.mysql.com/doc/refman/en/create-table.html
    """
    found = list(operations)
    tables = {(op.schema, op.table_name) for op in found if is_key_change(op)}
    batches: dict[tuple[str | None, str], list[ops.Operation]] = {table: [] for table in tables}
    kept: list[ops.Operation] = []
    for op in found:
        place = (getattr(op, "schema", None), getattr(op, "table_name", None))
        if place in batches and (is_key_change(op) or is_column_change(op)):
            batches[place].append(op)
        else:
            kept.append(op)
    for (schema, name), changes in batches.items():
        kept.append(batch(name, schema, changes))
    return kept


def is_key_change(op: ops.Operation) -> TypeGuard[ops.TableOperation]:
    """Whether the operation makes or drops a primary key."""
    if isinstance(op, ops.DropConstraint):
        return op.type_ == "primary"
    return isinstance(op, ops.CreatePrimaryKey)


def is_column_change(op: ops.Operation) -> bool:
    """Whether the operation is about a column."""
    return isinstance(op, ops.AddColumn | ops.AlterColumn | ops.DropColumn)


def batch(name: str, schema: str | None, changes: list[ops.Operation]) -> ops.Operation:
    """The changes as one; a single one as it is."""
    if len(changes) == 1:
        return changes[0]
    return ops.BatchAlterTable(name, tuple(ordered(changes)), schema=schema)
