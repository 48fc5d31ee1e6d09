"""Indexes: create, drop, rename."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from ..errors import Irreversible
from .base import Operation, no_options


@dataclass(frozen=True, slots=True, eq=False)
class CreateIndex(Operation):
    """CREATE INDEX; `columns` are names, text() or expressions."""

    verb: ClassVar[str] = "create_index"

    index_name: str | None
    table_name: str
    columns: tuple[Any, ...] = ()
    schema: str | None = field(default=None, kw_only=True)
    unique: bool = field(default=False, kw_only=True)
    if_not_exists: bool = field(default=False, kw_only=True)
    options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)

    def reverse(self) -> DropIndex:
        kept = {k: v for k, v in self.options.items() if k.endswith("_concurrently")}
        return DropIndex(
            self.index_name,
            self.table_name,
            schema=self.schema,
            if_exists=self.if_not_exists,
            options=kept,
            original=self,
        )

    def describe(self) -> str:
        return f"create index {self.index_name} on {self.table_name}"


@dataclass(frozen=True, slots=True, eq=False)
class DropIndex(Operation):
    """DROP INDEX."""

    verb: ClassVar[str] = "drop_index"

    index_name: str | None
    table_name: str | None = None
    schema: str | None = field(default=None, kw_only=True)
    if_exists: bool = field(default=False, kw_only=True)
    options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)
    original: CreateIndex | None = field(default=None, kw_only=True)

    def reverse(self) -> CreateIndex:
        if self.original is None:
            raise Irreversible(self, "the index's definition is not known")
        return self.original

    def describe(self) -> str:
        return f"drop index {self.index_name}"


@dataclass(frozen=True, slots=True, eq=False)
class RenameIndex(Operation):
    """Give an index another name."""

    verb: ClassVar[str] = "rename_index"

    index_name: str
    new_index_name: str
    table_name: str | None = None
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> RenameIndex:
        return replace(self, index_name=self.new_index_name, new_index_name=self.index_name)

    def describe(self) -> str:
        return f"rename index {self.index_name} to {self.new_index_name}"
