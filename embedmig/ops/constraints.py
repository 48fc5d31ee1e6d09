"""Constraints: primary key, unique, foreign key, check, exclude; drop and rename.

They hold names and text: SQLAlchemy's constraint objects belong to one table, so they are built at
the moment of use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import InvalidOperation, Irreversible
from .base import Operation, TableOperation, no_options

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement, TextClause

#: What drop_constraint's type_ may be.
KINDS = ("primary", "unique", "foreignkey", "check", "exclude")


@dataclass(frozen=True, slots=True, eq=False)
class CreateConstraint(TableOperation):
    """The common ground of all that add a constraint."""

    kind: ClassVar[str]

    constraint_name: str | None = field(default=None, kw_only=True)
    options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)

    def reverse(self) -> DropConstraint:
        return DropConstraint(
            self.table_name,
            constraint_name=self.constraint_name,
            type_=self.kind,
            schema=self.schema,
            columns=getattr(self, "columns", ()),
            original=self,
        )

    def describe(self) -> str:
        return (
            f"{Operation.describe(self)} {self.constraint_name or '(unnamed)'} on {self.full_name}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class CreatePrimaryKey(CreateConstraint):
    """ADD PRIMARY KEY."""

    verb: ClassVar[str] = "create_primary_key"
    kind: ClassVar[str] = "primary"

    columns: tuple[str, ...]
    deferrable: bool | None = field(default=None, kw_only=True)
    initially: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class CreateUniqueConstraint(CreateConstraint):
    """ADD UNIQUE."""

    verb: ClassVar[str] = "create_unique_constraint"
    kind: ClassVar[str] = "unique"

    columns: tuple[str, ...]
    deferrable: bool | None = field(default=None, kw_only=True)
    initially: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class CreateForeignKey(CreateConstraint):
    """ADD FOREIGN KEY; `table_name` and `schema` are the source's."""

    verb: ClassVar[str] = "create_foreign_key"
    kind: ClassVar[str] = "foreignkey"

    referent_table: str
    columns: tuple[str, ...]
    remote_columns: tuple[str, ...]
    referent_schema: str | None = field(default=None, kw_only=True)
    onupdate: str | None = field(default=None, kw_only=True)
    ondelete: str | None = field(default=None, kw_only=True)
    deferrable: bool | None = field(default=None, kw_only=True)
    initially: str | None = field(default=None, kw_only=True)
    match: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class CreateCheckConstraint(CreateConstraint):
    """ADD CHECK."""

    verb: ClassVar[str] = "create_check_constraint"
    kind: ClassVar[str] = "check"

    condition: str | TextClause | ColumnElement[Any]
    deferrable: bool | None = field(default=None, kw_only=True)
    initially: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class CreateExcludeConstraint(CreateConstraint):
    """ADD EXCLUDE (PostgreSQL)."""

    verb: ClassVar[str] = "create_exclude_constraint"
    kind: ClassVar[str] = "exclude"

    elements: tuple[tuple[Any, str], ...]
    where: Any = field(default=None, kw_only=True)
    using: str | None = field(default=None, kw_only=True)
    deferrable: bool | None = field(default=None, kw_only=True)
    initially: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class DropConstraint(TableOperation):
    """Drop a constraint by its name, or by its kind and columns."""

    verb: ClassVar[str] = "drop_constraint"

    constraint_name: str | None = field(default=None, kw_only=True)
    type_: str | None = field(default=None, kw_only=True)
    columns: tuple[str, ...] = field(default=(), kw_only=True)
    if_exists: bool = field(default=False, kw_only=True)
    original: CreateConstraint | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.type_ is not None and self.type_ not in KINDS:
            raise InvalidOperation(f"type_={self.type_!r}: use one of {', '.join(KINDS)}")
        is_known = self.constraint_name is not None or self.columns or self.original is not None
        if not is_known and self.type_ != "primary":
            raise InvalidOperation(
                f"drop_constraint on {self.full_name!r} needs the constraint's name, or its "
                "type_ and columns"
            )

    @property
    def condition(self) -> str | TextClause | ColumnElement[Any] | None:
        """What a CHECK without a name is known by."""
        nameless = self.constraint_name is None and isinstance(self.original, CreateCheckConstraint)
        return self.original.condition if nameless else None  # type: ignore[union-attr]  # a CHECK

    def reverse(self) -> CreateConstraint:
        if self.original is None:
            raise Irreversible(self, "the constraint's definition is not known")
        return self.original

    def describe(self) -> str:
        which = self.constraint_name or f"{self.type_} ({', '.join(self.columns)})"
        return f"drop constraint {which} on {self.full_name}"


@dataclass(frozen=True, slots=True, eq=False)
class RenameConstraint(TableOperation):
    """Give a constraint another name."""

    verb: ClassVar[str] = "rename_constraint"

    constraint_name: str
    new_constraint_name: str

    def reverse(self) -> RenameConstraint:
        return replace(
            self,
            constraint_name=self.new_constraint_name,
            new_constraint_name=self.constraint_name,
        )

    def describe(self) -> str:
        return (
            f"rename constraint {self.constraint_name} to {self.new_constraint_name} "
            f"on {self.full_name}"
        )
