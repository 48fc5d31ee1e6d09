"""Drops and additions that look like one rename."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import ops
from .diff import RenameHint
from .pairing import Context


def rename_hints(context: Context, operations: Iterable[ops.Operation]) -> Iterator[RenameHint]:
    """A dropped column and an added one of the same type; a dropped table and one of its shape."""
    found = list(operations)
    yield from _columns(context, found)
    yield from _tables(context, found)


def _columns(context: Context, found: list[ops.Operation]) -> Iterator[RenameHint]:
    added = [op for op in found if isinstance(op, ops.AddColumn)]
    dropped = [op for op in found if isinstance(op, ops.DropColumn)]
    again = {_place(op, op.column.name) for op in added}
    again &= {_place(op, op.column_name) for op in dropped}
    dropped = [op for op in dropped if _place(op, op.column_name) not in again]
    for add in (op for op in added if _place(op, op.column.name) not in again):
        key = context.scope.key(add.schema, add.table_name)
        pair = context.pairs[key]
        wanted = pair.wanted.columns[add.column.name] if pair.wanted is not None else None
        for drop in dropped:
            same_table = (drop.schema, drop.table_name) == (add.schema, add.table_name)
            if not same_table or pair.current is None or wanted is None:
                continue
            if pair.current.columns[drop.column_name].type == wanted.type:
                rename = ops.RenameColumn(
                    add.table_name, drop.column_name, add.column.name, schema=add.schema
                )
                dropped.remove(drop)
                yield RenameHint(drop, add, rename)
                break


def _place(op: ops.TableOperation, column: str) -> tuple[str | None, str, str]:
    return op.schema, op.table_name, column


def _tables(context: Context, found: list[ops.Operation]) -> Iterator[RenameHint]:
    dropped = [op for op in found if isinstance(op, ops.DropTable)]
    for add in (op for op in found if isinstance(op, ops.CreateTable)):
        for drop in dropped:
            if drop.schema == add.schema and _same_shape(context, drop, add):
                rename = ops.RenameTable(drop.table_name, add.table_name, schema=add.schema)
                dropped.remove(drop)
                yield RenameHint(drop, add, rename)
                break


def _same_shape(context: Context, drop: ops.DropTable, add: ops.CreateTable) -> bool:
    old = context.pairs[context.scope.key(drop.schema, drop.table_name)].current
    new = context.pairs[context.scope.key(add.schema, add.table_name)].wanted
    if old is None or new is None:
        return False
    shapes = [{(c.name, c.type) for c in state.columns.values()} for state in (old, new)]
    return len(shapes[0] & shapes[1]) * 4 >= len(shapes[0] | shapes[1]) * 3
