"""Where a column's whole definition comes from: the server, the catalog, or the caller's words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import _sa, ops
from ..catalog import enum_in
from ..errors import InvalidOperation, UnknownTable
from .column_enums import with_current_labels
from .mysql_columns import ColumnText, definitions, is_plain_default, split_type

if TYPE_CHECKING:
    from ..catalog import Catalog
    from .spelling import Spelling

_ON_UPDATE = re.compile(r"\s*\bON\s+UPDATE\s+", re.IGNORECASE)
_NO_SUCH_TABLE = 1146


def existing_definition(op: ops.AlterColumn, catalog: Catalog, spell: Spelling) -> ColumnText:
    """The column as it is before the operation.

    A server is asked itself (SHOW CREATE TABLE), since only it knows every part. A script believes
    what the operation says (`existing_…`), and takes the rest from the catalog.
    """
    found = known_definition(op, catalog, spell)
    if found is None:
        raise InvalidOperation(
            f"{op.describe()}: the whole column must be written again here, and neither the "
            "operation nor the earlier revisions tell what it is; pass existing_type and "
            "existing_nullable"
        )
    return found


def known_definition(op: ops.AlterColumn, catalog: Catalog, spell: Spelling) -> ColumnText | None:
    """The same, or None where nobody knows the column."""
    if catalog.connection is not None:
        return _on_the_server(op, catalog.connection, spell)
    column = _in_the_catalog(op, catalog)
    if column is not None:
        text = compiled_definition(column, spell)
        if (enum := enum_in(column.type)) is not None:
            current = with_current_labels(enum, catalog, op.schema)
            text = text.with_type_of(split_type(spell.type(current)), op.column_name)
        return _believing(op, text, spell)
    nullable = op.existing_nullable if op.existing_nullable is not None else op.nullable
    type_ = op.existing_type if op.existing_type is not None else op.type_
    if type_ is None or nullable is None:
        return None
    text = compiled_definition(sa.Column(op.column_name, type_, nullable=nullable), spell)
    return _believing(op, text, spell)


def self_updating_columns(
    table: str, schema: str | None, catalog: Catalog, spell: Spelling
) -> list[str]:
    """The columns that an UPDATE of others sets to now, unless it sets them to what they are.

    A script counts in every TIMESTAMP, which older servers make such a one unasked.
    https://mariadb.com/kb/en/timestamp/
    """
    if catalog.connection is not None:
        found = _definitions_on_the_server(table, schema, catalog.connection, spell)
        return [name for name, text in found.items() if text.on_update]
    columns = {c.name: compiled_definition(c, spell) for c in catalog.table(table, schema).columns}
    return [
        name
        for name, text in columns.items()
        if text.on_update or (text.type.startswith("TIMESTAMP") and not text.generated)
    ]


def _definitions_on_the_server(
    table: str, schema: str | None, connection: sa.Connection, spell: Spelling
) -> dict[str, ColumnText]:
    try:
        (row,) = _sa.send(connection, f"SHOW CREATE TABLE {spell.qualified(table, schema)}").rows
    except sa.exc.ProgrammingError as error:
        if getattr(error.orig, "args", (None,))[0] == _NO_SUCH_TABLE:
            raise UnknownTable(table, schema) from error
        raise
    return definitions(row[1])


def _on_the_server(op: ops.AlterColumn, connection: sa.Connection, spell: Spelling) -> ColumnText:
    known = _definitions_on_the_server(op.table_name, op.schema, connection, spell)
    found = {name.lower(): text for name, text in known.items()}
    try:
        return found[op.column_name.lower()]
    except KeyError:
        raise InvalidOperation(f"{op.describe()}: the table has no such column") from None


def _in_the_catalog(op: ops.AlterColumn, catalog: Catalog) -> sa.Column[Any] | None:
    if not catalog.has_table(op.table_name, op.schema):
        return None
    return catalog.table(op.table_name, op.schema).c.get(op.column_name)


def _believing(op: ops.AlterColumn, text: ColumnText, spell: Spelling) -> ColumnText:
    """The definition with what the caller says about it."""
    if op.existing_type is not None:
        wanted = split_type(spell.type(op.existing_type))
        text = text.with_type_of(wanted, op.column_name)
    if op.existing_nullable is not None:
        text = replace(text, nullable=op.existing_nullable)
    if op.existing_server_default is not ops.UNCHANGED and not text.auto_increment:
        text = _with_server_default(op, text, spell)
    if op.existing_comment is not ops.UNCHANGED:
        comment = op.existing_comment
        text = replace(text, comment=None if comment is None else spell.literal(comment))
    if op.existing_autoincrement is not None:
        text = replace(text, auto_increment=op.existing_autoincrement)
    return replace(text, default=None) if text.auto_increment else text


def _with_server_default(op: ops.AlterColumn, text: ColumnText, spell: Spelling) -> ColumnText:
    default = op.existing_server_default
    if isinstance(default, sa.Computed):
        return replace(text, generated=spell.element(default))
    if isinstance(default, sa.Identity):
        return replace(text, auto_increment=True)
    value, on_update = default_parts(default, spell)
    return replace(text, default=value, on_update=on_update)


def compiled_definition(column: sa.Column[Any], spell: Spelling) -> ColumnText:
    """A column of SQLAlchemy's as the server would be told of it."""
    process: Any = spell.dialect.type_compiler_instance.process
    text = replace(
        split_type(process(column.type, type_expression=column)),
        nullable=bool(column.nullable),
        comment=None if column.comment is None else spell.literal(column.comment),
    )
    if column.computed is not None:
        return replace(
            text,
            generated=spell.element(column.computed),
            nullable=None if column.nullable else False,
        )
    if _is_numbered(column):
        return replace(text, auto_increment=True)
    default, on_update = default_parts(column.server_default, spell)
    return replace(text, default=default, on_update=on_update)


def _is_numbered(column: sa.Column[Any]) -> bool:
    if column.identity is not None:
        return True
    if column.server_default is not None or getattr(column, "table", None) is None:
        return False
    return column.autoincrement is True or _sa.autoincrement_column(column.table) is column


def default_parts(default: Any, spell: Spelling) -> tuple[str | None, str | None]:
    """What stands behind DEFAULT and behind ON UPDATE; an expression gets its parentheses."""
    if default is None or (isinstance(default, sa.FetchedValue) and not _has_text(default)):
        return None, None
    text = spell.default(getattr(default, "arg", default)).strip()
    value, _, on_update = _split_on_update(text)
    if value and not is_plain_default(value):
        value = f"({value})"
    return value or None, on_update or None


def _has_text(default: sa.FetchedValue) -> bool:
    return isinstance(default, sa.DefaultClause)


def _split_on_update(text: str) -> tuple[str, str, str]:
    found = _ON_UPDATE.search(text)
    if found is None or text.startswith("'"):
        return text, "", ""
    return text[: found.start()], found[0], text[found.end() :]
