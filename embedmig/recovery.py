"""The one operation in doubt: had it happened when the process died? Decided by looking.

A killed client's ALTER TABLE goes on in the server: neither "done" nor "not done" may be assumed.
Each operation is looked for in the schema; what is not wholly there is run again, and a part that
the database then says is there already is taken for done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from . import ops
from .errors import EmbedmigError
from .ops.constructs import (
    column_table,
    constraint_of,
    index_operation_of,
    is_raw_sql,
    operation_of,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import Inspector

    from .catalog import Catalog
    from .dialects.base import Statement
    from .sinks import LiveSink


def recover(operation: ops.Operation, sink: LiveSink, past: Callable[[], Catalog]) -> None:
    """Make the operation have happened exactly once, whatever had become of it.

    `past` gives the tables before it, as the revisions tell: asked where the database, halfway
    through, no longer knows what is to be done.
    """
    if parts := _parts(operation, sink):
        for part in parts:
            recover(part, sink, past)
        return
    if has_happened(operation, sink.migration_connection, sink.dialect.session.index_is_valid):
        return
    is_raw = isinstance(operation, ops.ExecuteSQL) and is_raw_sql(operation)
    is_ours = not isinstance(operation, ops.CustomOperation)
    creates = is_ours and operation.verb.startswith(("create_", "add_"))
    for statement in _statements(operation, sink, past):
        if is_raw:
            sink.dialect.session.drop_leftover(sink.migration_connection, str(statement.sql))
        try:
            sink.emit(statement)
        except DBAPIError as error:
            is_data = statement.is_data and not is_raw
            if is_data or not sink.dialect.session.is_already_done(error, creates=creates):
                raise


def _parts(operation: ops.Operation, sink: LiveSink) -> Sequence[ops.Operation]:
    """What can be looked for one by one: of a batch, and of a column that is there already."""
    if isinstance(operation, ops.BatchAlterTable):
        return operation.changes
    if not isinstance(operation, ops.AddColumn):
        return ()
    place = (operation.table_name, operation.schema)
    if operation.column.name not in _columns(inspect(sink.migration_connection), *place):
        return ()
    ddl, convention = sink.dialect.ddl, sink.catalog.naming_convention
    table = ddl.typed(column_table(operation, convention), operation, sink.catalog)
    beside = ddl.constraints_beside(table, None)
    constraints = [operation_of(constraint, table) for constraint in beside]
    indexes = [index_operation_of(index, table) for index in table.indexes]
    return [*filter(None, constraints), *indexes]


def _statements(
    operation: ops.Operation, sink: LiveSink, past: Callable[[], Catalog]
) -> list[Statement]:
    try:
        return list(sink.dialect.ddl.statements(operation, sink.catalog))
    except EmbedmigError:
        return list(sink.dialect.ddl.statements(operation, past()))


def has_happened(
    operation: ops.Operation,
    connection: Connection,
    index_is_valid: Callable[[Connection, str, str | None], bool] = lambda *_: True,
) -> bool:
    """Whether the schema shows the whole effect of the operation.

    False for what cannot be seen, or can simply be done again (a new type, default or comment).
    """
    if isinstance(operation, ops.CustomOperation):
        return operation.has_happened(connection)
    look = _LOOKS.get(operation.verb)
    if look is None:
        return False
    inspector = inspect(connection)
    try:
        found = look(operation, inspector)
    except NoSuchTableError:
        return operation.verb.startswith("drop_")
    if found and isinstance(operation, ops.CreateIndex) and operation.index_name is not None:
        return index_is_valid(connection, operation.index_name, operation.schema)
    return found


# -- tables and columns ----------------------------------------------------------------------


def _table_is_there(op: ops.CreateTable, inspector: Inspector) -> bool:
    if not inspector.has_table(op.table_name, schema=op.schema):
        return False
    wanted = {str(index.name) for index in op.to_table().indexes}
    return wanted <= _index_names(inspector, op.table_name, op.schema)


def _table_is_renamed(op: ops.RenameTable, inspector: Inspector) -> bool:
    has = inspector.has_table
    return has(op.new_table_name, schema=op.schema) and not has(op.old_table_name, schema=op.schema)


def _column_is_there(op: ops.AddColumn, inspector: Inspector) -> bool:
    name, table = op.column.name, (op.table_name, op.schema)
    if name not in _columns(inspector, *table):
        return False
    if (op.column.unique or op.column.index) and [name] not in _indexed(inspector, *table):
        return False
    keys = [key["constrained_columns"] for key in inspector.get_foreign_keys(*table)]
    return not op.column.foreign_keys or [name] in keys


def _column_is_renamed(op: Any, inspector: Inspector) -> bool:
    columns = _columns(inspector, op.table_name, op.schema)
    new = op.new_column_name
    return new is not None and new in columns and op.column_name not in columns


def _columns(inspector: Inspector, table: str, schema: str | None) -> set[str]:
    return {column["name"] for column in inspector.get_columns(table, schema=schema)}


# -- indexes and constraints -----------------------------------------------------------------


def _index_is_there(op: ops.CreateIndex, inspector: Inspector) -> bool:
    if op.index_name is not None:
        return op.index_name in _index_names(inspector, op.table_name, op.schema)
    return list(op.columns) in _indexed(inspector, op.table_name, op.schema)


def _index_is_gone(op: ops.DropIndex, inspector: Inspector) -> bool:
    tables = [op.table_name] if op.table_name else inspector.get_table_names(schema=op.schema)
    return not any(op.index_name in _index_names(inspector, t, op.schema) for t in tables)


def _index_is_renamed(op: ops.RenameIndex, inspector: Inspector) -> bool:
    if op.table_name is None:
        return False
    names = _index_names(inspector, op.table_name, op.schema)
    return op.new_index_name in names and op.index_name not in names


def _index_names(inspector: Inspector, table: str, schema: str | None) -> set[str]:
    return {str(index["name"]) for index in inspector.get_indexes(table, schema=schema)}


def _indexed(inspector: Inspector, table: str, schema: str | None) -> list[list[Any]]:
    indexes = [list(index["column_names"]) for index in inspector.get_indexes(table, schema)]
    unique = [
        list(each["column_names"]) for each in inspector.get_unique_constraints(table, schema)
    ]
    return indexes + unique


def _constraint_is_there(op: Any, inspector: Inspector) -> bool:
    present = _constraints(inspector, op.kind, op.table_name, op.schema)
    if op.constraint_name is not None and op.kind != "primary":
        return op.constraint_name in [name for name, _ in present]
    if op.kind == "check":
        return _check_is_there(op, inspector)
    columns = getattr(op, "columns", None)
    return columns is not None and list(columns) in [columns for _, columns in present]


def _check_is_there(op: ops.CreateCheckConstraint, inspector: Inspector) -> bool:
    """A CHECK without a name is known by what it says."""
    condition: Any = constraint_of(op).sqltext  # type: ignore[attr-defined]  # a CheckConstraint
    options = {"literal_binds": True}
    wanted = condition.compile(dialect=inspector.dialect, compile_kwargs=options)
    present = inspector.get_check_constraints(op.table_name, schema=op.schema)
    return _squeezed(str(wanted)) in [_squeezed(check["sqltext"]) for check in present]


def _squeezed(text: str) -> str:
    """Without what a server adds or leaves out when it writes an expression down."""
    return re.sub(r"[\s()`\"]|%(?=%)", "", text).lower()


def _constraint_is_gone(op: ops.DropConstraint, inspector: Inspector) -> bool:
    kinds = [op.type_] if op.type_ is not None else list(_READERS)
    present = [c for k in kinds for c in _constraints(inspector, k, op.table_name, op.schema)]
    if op.constraint_name is not None and op.type_ != "primary":
        return op.constraint_name not in [name for name, _ in present]
    return not present if not op.columns else list(op.columns) not in [c for _, c in present]


def _constraint_is_renamed(op: ops.RenameConstraint, inspector: Inspector) -> bool:
    readers = list(_READERS)
    names = [n for k in readers for n, _ in _constraints(inspector, k, op.table_name, op.schema)]
    return op.new_constraint_name in names and op.constraint_name not in names


_READERS: Mapping[str, str] = {
    "primary": "get_pk_constraint",
    "unique": "get_unique_constraints",
    "foreignkey": "get_foreign_keys",
    "check": "get_check_constraints",
}


def _constraints(
    inspector: Inspector, kind: str, table: str, schema: str | None
) -> list[tuple[str | None, list[str]]]:
    """(name, columns) of the table's constraints of one kind."""
    reader = _READERS.get(kind)
    if reader is None:
        return []
    found = getattr(inspector, reader)(table, schema=schema)
    rows = [found] if isinstance(found, dict) else found
    named = [
        (row["name"], row.get("constrained_columns") or row.get("column_names") or [])
        for row in rows
    ]
    return [(name, list(columns)) for name, columns in named if name or columns]


# -- everything else -------------------------------------------------------------------------

_LOOKS: Mapping[str, Callable[[Any, Inspector], bool]] = {
    "create_table": _table_is_there,
    "drop_table": lambda op, i: not i.has_table(op.table_name, schema=op.schema),
    "rename_table": _table_is_renamed,
    "add_column": _column_is_there,
    "drop_column": lambda op, i: op.column_name not in _columns(i, op.table_name, op.schema),
    "alter_column": _column_is_renamed,
    "rename_column": _column_is_renamed,
    "create_index": _index_is_there,
    "drop_index": _index_is_gone,
    "rename_index": _index_is_renamed,
    "create_primary_key": _constraint_is_there,
    "create_unique_constraint": _constraint_is_there,
    "create_foreign_key": _constraint_is_there,
    "create_check_constraint": _constraint_is_there,
    "drop_constraint": _constraint_is_gone,
    "rename_constraint": _constraint_is_renamed,
    "create_schema": lambda op, i: op.schema_name in i.get_schema_names(),
    "drop_schema": lambda op, i: op.schema_name not in i.get_schema_names(),
    "create_sequence": lambda op, i: i.has_sequence(op.sequence_name, schema=op.schema),
    "drop_sequence": lambda op, i: not i.has_sequence(op.sequence_name, schema=op.schema),
}
