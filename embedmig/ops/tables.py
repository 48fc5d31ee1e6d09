"""Tables: create, drop, rename, comment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy.exc import ArgumentError

from .. import _sa
from ..errors import InvalidOperation, Irreversible
from .base import Operation, TableOperation, no_options
from .plain import Columns, plain_columns

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.schema import SchemaItem


@dataclass(frozen=True, slots=True, eq=False)
class CreateTable(TableOperation):
    """CREATE TABLE, its indexes and comments, and the named types it is the first to use."""

    verb: ClassVar[str] = "create_table"

    elements: tuple[SchemaItem, ...] = ()
    if_not_exists: bool = field(default=False, kw_only=True)
    comment: str | None = field(default=None, kw_only=True)
    prefixes: tuple[str, ...] = field(default=(), kw_only=True)
    info: Mapping[Any, Any] = field(default_factory=no_options, kw_only=True)
    options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)
    _built: list[tuple[Any, Table]] = field(default_factory=list, init=False, repr=False)
    _plain: list[Columns | None] = field(default_factory=list, init=False, repr=False)

    @property
    def plain_columns(self) -> Columns | None:
        """The columns, where they say all there is to say; else None."""
        if not self._plain:
            self._plain.append(None if self._built else plain_columns(self))
        return self._plain[0]

    def late_table(self, naming_convention: Mapping[str, Any] | None = None) -> Table:
        """The same Table as `to_table` gives, put together when somebody looks at it."""
        columns = self.plain_columns
        if columns is None or self._built:
            return self.to_table(naming_convention)
        table = _sa.LateTable(self.table_name, columns, self.schema, naming_convention)
        self._built.append((naming_convention, table))
        return table

    def to_table(self, naming_convention: Mapping[str, Any] | None = None) -> Table:
        """The SQLAlchemy Table that this operation creates; built once and then shared."""
        for convention, table in self._built:
            if convention is naming_convention:
                return table
        table = self._build(naming_convention)
        self._built.append((naming_convention, table))
        return table

    def _build(self, naming_convention: Mapping[str, Any] | None) -> Table:
        if self._built:
            return _sa.copy_table(self._built[0][1], naming_convention=naming_convention)
        try:
            return _sa.build_table(
                self.table_name,
                self.elements,
                schema=self.schema,
                naming_convention=naming_convention,
                comment=self.comment,
                prefixes=list(self.prefixes),
                info=dict(self.info),
                **self.options,
            )
        except (ArgumentError, TypeError) as error:
            raise InvalidOperation(f"{self.describe()}: {error}") from error

    @classmethod
    def from_table(cls, table: Table, *, if_not_exists: bool = False) -> CreateTable:
        """The operation that creates a copy of this Table."""
        operation = cls(
            table.name,
            schema=table.schema,
            if_not_exists=if_not_exists,
            comment=table.comment,
            prefixes=tuple(_sa.prefixes(table)),
            info=table.info,
            options=dict(table.dialect_kwargs),
        )
        operation._built.append((None, _sa.copy_table(table)))
        return operation

    def reverse(self) -> DropTable:
        return DropTable(
            self.table_name, schema=self.schema, if_exists=self.if_not_exists, original=self
        )


@dataclass(frozen=True, slots=True, eq=False)
class DropTable(TableOperation):
    """DROP TABLE, and the named types that only it used."""

    verb: ClassVar[str] = "drop_table"

    if_exists: bool = field(default=False, kw_only=True)
    options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)
    original: CreateTable | None = field(default=None, kw_only=True)

    def reverse(self) -> CreateTable:
        if self.original is None:
            raise Irreversible(self, "the table's definition is not known")
        return self.original


@dataclass(frozen=True, slots=True, eq=False)
class RenameTable(Operation):
    """ALTER TABLE … RENAME TO …; the table stays in its schema."""

    verb: ClassVar[str] = "rename_table"

    old_table_name: str
    new_table_name: str
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> RenameTable:
        return RenameTable(self.new_table_name, self.old_table_name, schema=self.schema)

    def describe(self) -> str:
        return f"rename table {self.old_table_name} to {self.new_table_name}"


@dataclass(frozen=True, slots=True, eq=False)
class CreateTableComment(TableOperation):
    """Set a table's comment."""

    verb: ClassVar[str] = "create_table_comment"

    comment: str | None = None
    existing_comment: str | None = field(default=None, kw_only=True)

    def reverse(self) -> Operation:
        if self.existing_comment is None:
            return DropTableComment(
                self.table_name, schema=self.schema, existing_comment=self.comment
            )
        return CreateTableComment(
            self.table_name,
            self.existing_comment,
            schema=self.schema,
            existing_comment=self.comment,
        )


@dataclass(frozen=True, slots=True, eq=False)
class DropTableComment(TableOperation):
    """Remove a table's comment."""

    verb: ClassVar[str] = "drop_table_comment"

    existing_comment: str | None = field(default=None, kw_only=True)

    def reverse(self) -> CreateTableComment:
        if self.existing_comment is None:
            raise Irreversible(self, "the old comment is not known")
        return CreateTableComment(self.table_name, self.existing_comment, schema=self.schema)


@dataclass(frozen=True, slots=True, eq=False)
class AlterTableOptions(TableOperation):
    """Change table options (engine, charset, collation, storage parameters, tablespace …).

    Keys are SQLAlchemy's dialect keywords (`mysql_engine`, `postgresql_with` …); None resets one.
    """

    verb: ClassVar[str] = "alter_table_options"

    options: Mapping[str, Any]
    existing: Mapping[str, Any] | None = field(default=None, kw_only=True)

    def reverse(self) -> AlterTableOptions:
        if self.existing is None:
            raise Irreversible(self, "the old options are not known")
        before = {key: self.existing.get(key) for key in self.options}
        return AlterTableOptions(self.table_name, before, schema=self.schema, existing=self.options)


#: What a batch says beside its changes of the table that a rebuild makes.
_SHAPES_THE_REBUILD = (
    "copy_from",
    "table_args",
    "table_kwargs",
    "reflect_args",
    "partial_reordering",
)


@dataclass(frozen=True, slots=True, eq=False)
class BatchAlterTable(TableOperation):
    """Several changes of one table, as one: one rebuild on SQLite, one ALTER TABLE elsewhere."""

    verb: ClassVar[str] = "batch_alter_table"

    changes: tuple[Operation, ...] = ()
    recreate: str = field(default="auto", kw_only=True)
    copy_from: Table | None = field(default=None, kw_only=True)
    table_args: tuple[Any, ...] = field(default=(), kw_only=True)
    table_kwargs: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)
    reflect_args: tuple[Any, ...] = field(default=(), kw_only=True)
    reflect_kwargs: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)
    naming_convention: Mapping[str, Any] | None = field(default=None, kw_only=True)
    partial_reordering: tuple[tuple[str, ...], ...] = field(default=(), kw_only=True)

    def reverse(self) -> BatchAlterTable:
        given = [name for name in _SHAPES_THE_REBUILD if getattr(self, name) not in (None, (), {})]
        if given:
            raise Irreversible(self, f"what {', '.join(given)} made of the table is not followed")
        return BatchAlterTable(
            self.table_name,
            tuple(change.reverse() for change in reversed(self.changes)),
            schema=self.schema,
            recreate=self.recreate,
            naming_convention=self.naming_convention,
        )

    def describe(self) -> str:
        inner = ", ".join(change.describe() for change in self.changes)
        return f"batch alter table {self.full_name}: {inner or 'nothing'}"
