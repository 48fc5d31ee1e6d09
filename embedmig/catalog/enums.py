"""Enum types and who uses them, followed through a history without building a single Table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from .. import _sa, ops

Key = tuple[str | None, str]
"""(schema, name) of a type or a table."""


def enum_in(type_: Any) -> sa.Enum | None:
    """The named Enum that a column type is, or is an array of, on some database."""
    for variant in _sa.variants(type_):
        if isinstance(variant, sa.ARRAY):
            return enum_in(variant.item_type)
        if isinstance(variant, sa.types.TypeDecorator):
            return enum_in(variant.impl_instance)
        if isinstance(variant, sa.Enum) and variant.native_enum and variant.name:
            return variant
    return None


def enum_key(type_: sa.Enum, table_schema: str | None = None) -> Key:
    """Where the type lives: its own schema, else the MetaData's it belongs to."""
    schema = type_.schema
    if schema is None and _sa.inherits_schema(type_):
        schema = table_schema
    return schema, str(type_.name)


def changed_values(values: tuple[str, ...], op: ops.Operation) -> tuple[str, ...]:
    """The values of a type after an operation on it."""
    match op:
        case ops.AddEnumValue() if op.value not in values:
            place = len(values)
            if op.before in values:
                place = values.index(op.before)
            elif op.after in values:
                place = values.index(op.after) + 1
            return (*values[:place], op.value, *values[place:])
        case ops.DropEnumValue():
            return tuple(value for value in values if value != op.value)
        case ops.RenameEnumValue():
            return tuple(op.new_value if value == op.value else value for value in values)
    return values


def with_values(type_: Any, values: tuple[str, ...], schema: str | None) -> Any:
    """The same column type with other enum values; `schema` is where the enum lives."""
    if isinstance(type_, sa.ARRAY):
        item = with_values(type_.item_type, values, schema)
        return sa.ARRAY(item, dimensions=type_.dimensions)
    enum = enum_in(type_)
    if enum is None:
        return type_
    return relabelled(enum, values, schema)


def relabelled(enum: sa.Enum, values: Sequence[str], schema: str | None) -> sa.Enum:
    """The same Enum with other values; a length that was given stays, or grows."""
    longest = max((len(value) for value in enum.enums), default=0)
    length = {}
    if enum.length and enum.length > longest:
        length = {"length": max(enum.length, *map(len, values))}
    return sa.Enum(
        *values,
        name=enum.name,
        schema=schema,
        native_enum=enum.native_enum,
        create_constraint=enum.create_constraint,
        **length,
    )


@dataclass(slots=True)
class EnumTypes:
    """The types that exist, their values, and the columns of each."""

    values: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    columns: dict[Key, dict[str, Key]] = field(default_factory=dict)
    """Table → column → type."""

    def copy(self) -> EnumTypes:
        return EnumTypes(dict(self.values), {key: dict(c) for key, c in self.columns.items()})

    def users(self, key: Key) -> Iterator[tuple[Key, str]]:
        """(table, column) of everything that has the type."""
        for table, columns in self.columns.items():
            yield from ((table, name) for name, type_ in columns.items() if type_ == key)

    def observe(self, op: ops.Operation) -> None:
        """Follow one operation."""
        method = getattr(self, op.verb, None)
        if method is not None:
            method(op)

    def batch_alter_table(self, op: ops.BatchAlterTable) -> None:
        for change in op.changes:
            self.observe(change)

    # -- the types themselves ----------------------------------------------------------------

    def create_enum(self, op: ops.CreateEnum) -> None:
        self.values.setdefault((op.schema, op.enum_name), op.values)

    def drop_enum(self, op: ops.DropEnum) -> None:
        self.values.pop((op.schema, op.enum_name), None)

    def add_enum_value(self, op: Any) -> None:
        key = (op.schema, op.enum_name)
        if key in self.values:
            self.values[key] = changed_values(self.values[key], op)

    drop_enum_value = add_enum_value
    rename_enum_value = add_enum_value

    # -- the columns that use them -----------------------------------------------------------

    def create_table(self, op: ops.CreateTable) -> None:
        table = (op.schema, op.table_name)
        if op.if_not_exists and table in self.columns:
            return
        elements: Iterable[Any] = op.elements or op.to_table().columns
        self.columns[table] = {}
        for element in elements:
            if isinstance(element, sa.Column):
                self._use(table, str(element.name), element.type)

    def drop_table(self, op: ops.DropTable) -> None:
        self._leave(self.columns.pop((op.schema, op.table_name), {}).values())

    def rename_table(self, op: ops.RenameTable) -> None:
        columns = self.columns.pop((op.schema, op.old_table_name), {})
        self.columns[op.schema, op.new_table_name] = columns

    def add_column(self, op: ops.AddColumn) -> None:
        self._use((op.schema, op.table_name), str(op.column.name), op.column.type)

    def drop_column(self, op: ops.DropColumn) -> None:
        key = self.columns.get((op.schema, op.table_name), {}).pop(op.column_name, None)
        self._leave([] if key is None else [key])

    def rename_column(self, op: ops.RenameColumn) -> None:
        self._rename((op.schema, op.table_name), op.column_name, op.new_column_name)

    def alter_column(self, op: ops.AlterColumn) -> None:
        table = (op.schema, op.table_name)
        if op.type_ is not None:
            before = self.columns.get(table, {}).pop(op.column_name, None)
            self._use(table, op.column_name, op.type_)
            self._leave([] if before is None else [before])
        if op.new_column_name:
            self._rename(table, op.column_name, op.new_column_name)

    def _rename(self, table: Key, old: str, new: str) -> None:
        columns = self.columns.get(table, {})
        if old in columns:
            columns[new] = columns.pop(old)

    def _use(self, table: Key, column: str, type_: Any) -> None:
        enum = enum_in(type_)
        if enum is not None:
            key = enum_key(enum, table[0])
            self.columns.setdefault(table, {})[column] = key
            self.values.setdefault(key, tuple(enum.enums))

    def _leave(self, keys: Iterable[Key]) -> None:
        """The last user takes the type along."""
        for key in set(keys):
            if next(self.users(key), None) is None:
                self.values.pop(key, None)
