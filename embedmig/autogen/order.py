"""One order in which the operations run: what frees something first, what needs something last.

Drops come before creations, since names may be taken over; foreign keys go first and come last.
Within a phase operations keep the order in which the comparators found them; that of tables is
made in `creation`.
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import ops

_PHASES: tuple[tuple[type[ops.Operation], ...], ...] = (
    (ops.RenameTable,),
    (ops.RenameColumn,),
    (ops.CreateSchema,),
    (ops.CreateSequence, ops.AlterSequence),
    (ops.CreateEnum, ops.RenameEnumValue, ops.AddEnumValue, ops.DropEnumValue),
    # phase 5: foreign keys that are dropped, see phase_of
    (),
    (ops.DropIndex, ops.DropConstraint),
    (ops.DropTable,),
    (ops.CreateTable,),
    (ops.AddColumn,),
    (ops.AlterColumn, ops.CreateTableComment, ops.DropTableComment, ops.AlterTableOptions),
    (ops.RenameConstraint, ops.RenameIndex),
    (ops.DropColumn,),
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
        return phase_of(op.changes[-1]) if op.changes else 0
    return _PHASE_OF.get(type(op), len(_PHASES))


def ordered(operations: Iterable[ops.Operation]) -> list[ops.Operation]:
    """The operations in an order that runs."""
    return sorted(operations, key=lambda op: (phase_of(op), within_phase(op)))


def within_phase(op: ops.Operation) -> int:
    """Generated columns come after what they are made from, and go before it."""
    if isinstance(op, ops.AddColumn):
        return 1 if op.column.computed is not None else 0
    if isinstance(op, ops.DropColumn) and op.original is not None:
        return 0 if op.original.computed is not None else 1
    return 0
