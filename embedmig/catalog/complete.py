"""What an operation does not say, taken from the catalog, so that it can be reversed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import _sa, ops
from ..errors import UnknownTable
from ..ops import constructs
from .fold import moved_default
from .mentions import constraint_speaks_of, index_speaks_of

if TYPE_CHECKING:
    from .base import Catalog


def completed(op: ops.Operation, catalog: Catalog) -> ops.Operation:
    """The operation, completed as far as the catalog knows; itself where nothing is missing."""
    complete = _COMPLETE.get(op.verb)
    if complete is None:
        return op
    try:
        made: ops.Operation = complete(op, catalog)
    except UnknownTable:
        return op
    return made


def _drop_table(op: ops.DropTable, catalog: Catalog) -> ops.Operation:
    if op.original is not None:
        return op
    table = catalog.table(op.table_name, op.schema)
    return replace(op, original=ops.CreateTable.from_table(table))


def _drop_column(op: ops.DropColumn, catalog: Catalog) -> ops.Operation:
    column = catalog.state(op.table_name, op.schema).columns.get(op.column_name)
    if op.original is not None or column is None:
        return op
    original = constructs.with_beside(_sa.rebuilt_column(column), _beside(op, catalog))
    return replace(op, original=original)


def _beside(op: ops.DropColumn, catalog: Catalog) -> list[ops.Operation]:
    """The constraints and indexes that go when the column goes."""
    state, words = catalog.state(op.table_name, op.schema), catalog.folding.words
    return [
        *(c for c in state.constraints if constraint_speaks_of(c, op.column_name, words)),
        *(i for i in state.indexes if index_speaks_of(i, op.column_name, words)),
    ]


def _alter_column(op: ops.AlterColumn, catalog: Catalog) -> ops.Operation:
    column = catalog.state(op.table_name, op.schema).columns.get(op.column_name)
    if column is None:
        return op
    known: dict[str, Any] = {
        "existing_type": column.type,
        "existing_nullable": column.nullable,
        "existing_server_default": column.server_default,
        "existing_comment": column.comment,
    }
    if op.autoincrement is not None:
        numbered = catalog.is_numbered(op.table_name, op.column_name, op.schema)
        known["existing_autoincrement"] = numbered
    if op.type_ is not None:
        op = replace(op, type_=catalog.folding.new_type(op, column))
    if isinstance(op.server_default, sa.Identity) and op.nullable is None and column.nullable:
        op = replace(op, nullable=False)  # an identity is
    unknown = {"existing_server_default": ops.UNCHANGED, "existing_comment": ops.UNCHANGED}
    missing = {k: v for k, v in known.items() if getattr(op, k) is unknown.get(k)}
    return replace(op, **missing) if missing else op


def _drop_constraint(op: ops.DropConstraint, catalog: Catalog) -> ops.Operation:
    found = op.original or catalog.constraint(op)
    if found is None:
        return op
    name = op.constraint_name or found.constraint_name
    columns = op.columns or constructs.columns_of(found)
    return replace(
        op, original=found, constraint_name=name, type_=op.type_ or found.kind, columns=columns
    )


def _drop_index(op: ops.DropIndex, catalog: Catalog) -> ops.Operation:
    found = op.original or catalog.index(op.index_name, op.table_name, op.schema)
    if found is None:
        return op
    kept = {k: v for k, v in op.options.items() if k.endswith("_concurrently")}
    if kept and not kept.items() <= found.options.items():
        found = replace(found, options={**found.options, **kept})
    return replace(op, original=found, table_name=op.table_name or found.table_name)


def _rename_index(op: ops.RenameIndex, catalog: Catalog) -> ops.Operation:
    found = catalog.index(op.index_name, op.table_name, op.schema)
    if found is None or op.table_name is not None:
        return op
    return replace(op, table_name=found.table_name)


def _drop_sequence(op: ops.DropSequence, catalog: Catalog) -> ops.Operation:
    found = op.original or catalog.sequence(op.sequence_name, op.schema)
    return op if found is None else replace(op, original=found)


def _alter_sequence(op: ops.AlterSequence, catalog: Catalog) -> ops.Operation:
    found = catalog.sequence(op.sequence_name, op.schema)
    if op.existing is not None or found is None:
        return op
    return replace(op, existing=found.options)


def _drop_enum(op: ops.DropEnum, catalog: Catalog) -> ops.Operation:
    if op.existing_values is not None:
        return op
    return replace(op, existing_values=catalog.enum(op.enum_name, op.schema))


def _drop_enum_value(op: ops.DropEnumValue, catalog: Catalog) -> ops.Operation:
    values = catalog.enum(op.enum_name, op.schema)
    if op.original is not None or values is None or op.value not in values:
        return op
    if op.replacement is not None:
        op = replace(op, existing_defaults=tuple(_with_default(op, op.replacement, catalog)))
    place = values.index(op.value)
    beside: dict[str, Any] = {"after": values[place - 1]} if place else {}
    if not place and len(values) > 1:
        beside = {"before": values[1]}
    original = ops.AddEnumValue(op.enum_name, op.value, schema=op.schema, **beside)
    return replace(op, original=original)


def _with_default(op: ops.DropEnumValue, new: str, catalog: Catalog) -> Iterator[str]:
    """The columns whose default is the value that goes."""
    for (schema, table), name in catalog.enum_users(op.enum_name, op.schema):
        column = catalog.column(table, name, schema)
        default = None if column is None else column.server_default
        if moved_default(default, op.value, new) is not default:
            yield f"{table}.{name}"


def _comment(op: Any, catalog: Catalog) -> ops.Operation:
    if op.existing_comment is not None:
        return op  # type: ignore[no-any-return]  # both kinds of comment operation are Operations
    comment = catalog.state(op.table_name, op.schema).comment
    if comment is None and isinstance(op, ops.DropTableComment):
        # Removing what is not there; unlike it, "set to nothing" can say that it was nothing.
        return ops.CreateTableComment(op.table_name, None, schema=op.schema)
    made: ops.Operation = replace(op, existing_comment=comment)
    return made


def _alter_table_options(op: ops.AlterTableOptions, catalog: Catalog) -> ops.Operation:
    if op.existing is not None:
        return op
    state = catalog.state(op.table_name, op.schema)
    comments = {key: state.comment for key in op.options if key.endswith("_comment")}
    return replace(op, existing={**comments, **state.options})


def _batch_alter_table(op: ops.BatchAlterTable, catalog: Catalog) -> ops.Operation:
    scratch = catalog.copy()
    changes = []
    for change in op.changes:
        changes.append(completed(change, scratch))
        scratch.observe(change)
    return replace(op, changes=tuple(changes))


_COMPLETE: Mapping[str, Callable[[Any, Catalog], ops.Operation]] = {
    "drop_table": _drop_table,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "drop_constraint": _drop_constraint,
    "drop_index": _drop_index,
    "rename_index": _rename_index,
    "drop_sequence": _drop_sequence,
    "alter_sequence": _alter_sequence,
    "drop_enum": _drop_enum,
    "drop_enum_value": _drop_enum_value,
    "create_table_comment": _comment,
    "drop_table_comment": _comment,
    "alter_table_options": _alter_table_options,
    "batch_alter_table": _batch_alter_table,
}
