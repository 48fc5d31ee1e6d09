"""The only door to SQLAlchemy's underscore names, and the place where schema items are copied.

Schema items are mutable and belong to one parent, so everything that embedmig keeps or hands out
stands in a Table of a MetaData of its own, made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy import types as sqltypes

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.schema import SchemaItem

PLACEHOLDER = "embedmig_placeholder"


def copy_column(column: sa.Column[Any]) -> sa.Column[Any]:
    """A copy without a parent, with its own foreign keys, constraints, default and comment."""
    return cast("sa.Column[Any]", column._copy())


def detached_column(column: sa.Column[Any]) -> sa.Column[Any]:
    """The column itself if it belongs to no table, else a copy of it."""
    return column if getattr(column, "table", None) is None else copy_column(column)


def detached_item(item: SchemaItem) -> SchemaItem:
    """The item itself if it belongs to no table, else a copy of it."""
    if isinstance(item, sa.Column):
        return detached_column(item)
    if getattr(item, "parent", None) is None:
        return item
    return cast("SchemaItem", item._copy()) if isinstance(item, sa.Constraint) else item


def build_table(
    name: str,
    elements: Iterable[SchemaItem],
    *,
    schema: str | None = None,
    naming_convention: Mapping[str, Any] | None = None,
    **options: Any,
) -> sa.Table:
    """A Table in a MetaData of its own; its foreign keys find placeholder tables there."""
    metadata = private_metadata(naming_convention)
    items = [detached_item(e) for e in elements]
    table = sa.Table(name, metadata, *items, schema=schema, **options)
    add_placeholders(table)
    return table


def copy_table(table: sa.Table, *, naming_convention: Mapping[str, Any] | None = None) -> sa.Table:
    """A copy in a MetaData of its own, with indexes, constraints, comments and options."""
    copy = table.to_metadata(private_metadata(naming_convention), schema=cast("Any", table.schema))
    add_placeholders(copy)
    return copy


def private_metadata(naming_convention: Mapping[str, Any] | None = None) -> sa.MetaData:
    """A MetaData that nobody else sees."""
    if naming_convention:
        return sa.MetaData(naming_convention=cast("Any", naming_convention))
    return sa.MetaData()


def add_placeholders(table: sa.Table) -> None:
    """Give every foreign key of the table something to point at, so that it compiles."""
    for element in [e for c in table.foreign_key_constraints for e in c.elements]:
        schema, name, column = referent_of(element)
        key = f"{schema}.{name}" if schema else name
        target = table.metadata.tables.get(key)
        if target is None:
            target = sa.Table(name, table.metadata, schema=schema, info={PLACEHOLDER: True})
        if column is not None and target is not table and column not in target.c:
            target.append_column(sa.Column(column, sqltypes.NULLTYPE))


def referent_of(element: sa.ForeignKey) -> tuple[str | None, str, str | None]:
    """(schema, table, column) that a foreign key points to, without resolving it."""
    colspec = element._colspec
    if isinstance(colspec, sa.Column):
        return colspec.table.schema, colspec.table.name, colspec.name
    tokens = getattr(element, "target_tokens", None)  # SQLAlchemy 2.1
    if tokens is None:
        tokens = element._column_tokens
    schema, table, column = tokens
    return schema, table, column


def is_placeholder(table: sa.Table) -> bool:
    """Whether the table only stands for the target of a foreign key."""
    return bool(table.info.get(PLACEHOLDER))


def quote(dialect: Dialect, name: str) -> str:
    """An identifier as this database writes it."""
    return dialect.identifier_preparer.quote(name)


def format_name(dialect: Dialect, name: str, schema: str | None = None) -> str:
    """schema.name as this database writes it."""
    preparer = dialect.identifier_preparer
    quoted = preparer.quote(name)
    return f"{preparer.quote_schema(schema)}.{quoted}" if schema else quoted
