"""Columns: add, drop, alter, rename."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from .. import _sa
from ..errors import InvalidOperation, Irreversible
from .base import UNCHANGED, TableOperation, no_options

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.types import TypeEngine


@dataclass(frozen=True, slots=True, eq=False)
class AddColumn(TableOperation):
    """ADD COLUMN, with the column's constraints, index and comment."""

    verb: ClassVar[str] = "add_column"

    column: Column[Any]
    if_not_exists: bool = field(default=False, kw_only=True)
    inline_references: bool = field(default=False, kw_only=True)
    inline_primary_key: bool = field(default=False, kw_only=True)
    insert_before: str | None = field(default=None, kw_only=True)
    insert_after: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not self.column.name:
            raise InvalidOperation(f"add_column({self.table_name!r}, …) needs a named Column")
        object.__setattr__(self, "column", _sa.detached_column(self.column))

    def reverse(self) -> DropColumn:
        return DropColumn(
            self.table_name,
            self.column.name,
            schema=self.schema,
            if_exists=self.if_not_exists,
            original=self.column,
        )

    def describe(self) -> str:
        return f"add column {self.full_name}.{self.column.name}"


@dataclass(frozen=True, slots=True, eq=False)
class DropColumn(TableOperation):
    """DROP COLUMN; `original` is what makes it reversible."""

    verb: ClassVar[str] = "drop_column"

    column_name: str
    if_exists: bool = field(default=False, kw_only=True)
    options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)
    original: Column[Any] | None = field(default=None, kw_only=True)

    def reverse(self) -> AddColumn:
        if self.original is None:
            raise Irreversible(self, "the column's definition is not known")
        return AddColumn(
            self.table_name, self.original, schema=self.schema, if_not_exists=self.if_exists
        )

    def describe(self) -> str:
        return f"drop column {self.full_name}.{self.column_name}"


#: The facets of AlterColumn that have an `existing_…` twin, and the value that means "unchanged".
FACETS: Mapping[str, Any] = {
    "type_": None,
    "nullable": None,
    "server_default": UNCHANGED,
    "comment": UNCHANGED,
    "autoincrement": None,
}


@dataclass(frozen=True, slots=True, eq=False)
class AlterColumn(TableOperation):
    """Change a column's type, nullability, default, comment, name, identity or generation.

    For `server_default` and `comment`, False leaves it as it is and None removes it; for the others
    None leaves it. What is given as `existing_…` is believed; the rest comes from the catalog.
    """

    verb: ClassVar[str] = "alter_column"

    column_name: str
    nullable: bool | None = field(default=None, kw_only=True)
    comment: str | bool | None = field(default=UNCHANGED, kw_only=True)
    server_default: Any = field(default=UNCHANGED, kw_only=True)
    new_column_name: str | None = field(default=None, kw_only=True)
    type_: TypeEngine[Any] | None = field(default=None, kw_only=True)
    autoincrement: bool | None = field(default=None, kw_only=True)
    existing_type: TypeEngine[Any] | None = field(default=None, kw_only=True)
    existing_server_default: Any = field(default=UNCHANGED, kw_only=True)
    existing_nullable: bool | None = field(default=None, kw_only=True)
    existing_comment: str | bool | None = field(default=UNCHANGED, kw_only=True)
    existing_autoincrement: bool | None = field(default=None, kw_only=True)
    insert_before: str | None = field(default=None, kw_only=True)
    insert_after: str | None = field(default=None, kw_only=True)
    options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)

    def changes(self, facet: str) -> bool:
        """Whether this operation gives the facet a new value."""
        return getattr(self, facet) is not FACETS[facet]

    def reverse(self) -> AlterColumn:
        back: dict[str, Any] = {}
        for facet, unchanged in FACETS.items():
            now, before = getattr(self, facet), getattr(self, _existing(facet))
            if now is unchanged:
                back[_existing(facet)] = before
            elif before is unchanged:
                raise Irreversible(self, f"the old {facet.rstrip('_')} is not known")
            else:
                back[facet], back[_existing(facet)] = before, now
        name = self.new_column_name or self.column_name
        renamed = self.column_name if self.new_column_name else None
        options = {k: v for k, v in self.options.items() if k != "postgresql_using"}
        return replace(self, column_name=name, new_column_name=renamed, options=options, **back)

    def describe(self) -> str:
        return f"alter column {self.full_name}.{self.column_name}"


def _existing(facet: str) -> str:
    return "existing_" + facet.rstrip("_")


@dataclass(frozen=True, slots=True, eq=False)
class RenameColumn(TableOperation):
    """Give a column another name; nothing else changes."""

    verb: ClassVar[str] = "rename_column"

    column_name: str
    new_column_name: str

    def reverse(self) -> RenameColumn:
        return replace(self, column_name=self.new_column_name, new_column_name=self.column_name)

    def describe(self) -> str:
        return f"rename column {self.full_name}.{self.column_name} to {self.new_column_name}"
