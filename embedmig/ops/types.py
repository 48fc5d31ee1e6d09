"""Schemas, sequences and enum types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from ..errors import Irreversible
from .base import Operation, no_options


@dataclass(frozen=True, slots=True, eq=False)
class CreateSchema(Operation):
    """CREATE SCHEMA."""

    verb: ClassVar[str] = "create_schema"

    schema_name: str
    if_not_exists: bool = field(default=False, kw_only=True)

    def reverse(self) -> DropSchema:
        return DropSchema(self.schema_name, if_exists=self.if_not_exists)

    def describe(self) -> str:
        return f"create schema {self.schema_name}"


@dataclass(frozen=True, slots=True, eq=False)
class DropSchema(Operation):
    """DROP SCHEMA; without cascade only an empty one."""

    verb: ClassVar[str] = "drop_schema"

    schema_name: str
    if_exists: bool = field(default=False, kw_only=True)
    cascade: bool = field(default=False, kw_only=True)

    def reverse(self) -> CreateSchema:
        if self.cascade:
            raise Irreversible(self, "what stood in the schema is not known")
        return CreateSchema(self.schema_name, if_not_exists=self.if_exists)

    def describe(self) -> str:
        return f"drop schema {self.schema_name}"


@dataclass(frozen=True, slots=True, eq=False)
class CreateSequence(Operation):
    """CREATE SEQUENCE; options are those of SQLAlchemy's Sequence (start, increment …)."""

    verb: ClassVar[str] = "create_sequence"

    sequence_name: str
    schema: str | None = field(default=None, kw_only=True)
    if_not_exists: bool = field(default=False, kw_only=True)
    options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)

    def reverse(self) -> DropSequence:
        return DropSequence(
            self.sequence_name, schema=self.schema, if_exists=self.if_not_exists, original=self
        )

    def describe(self) -> str:
        return f"create sequence {self.sequence_name}"


#: What an option of a sequence is where none was given; of the others each database has its own.
_USUAL: Mapping[str, Any] = {"increment": 1, "minvalue": None, "maxvalue": None, "cycle": False}
#: The options that say of another that there is none.
_NEGATED: Mapping[str, str] = {"nominvalue": "minvalue", "nomaxvalue": "maxvalue"}


@dataclass(frozen=True, slots=True, eq=False)
class AlterSequence(Operation):
    """ALTER SEQUENCE; only the options given change."""

    verb: ClassVar[str] = "alter_sequence"

    sequence_name: str
    schema: str | None = field(default=None, kw_only=True)
    options: Mapping[str, Any] = field(default_factory=no_options, kw_only=True)
    existing: Mapping[str, Any] | None = field(default=None, kw_only=True)

    def reverse(self) -> AlterSequence:
        if self.existing is None:
            raise Irreversible(self, "the old options are not known")
        keys = dict.fromkeys(_NEGATED.get(key, key) for key in self.options)
        before = {key: self._before(key, self.existing) for key in keys}
        return replace(self, options=before, existing=self.options)

    def changed(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The sequence's options afterwards."""
        gone = {_NEGATED.get(key, f"no{key}") for key in self.options}
        return {**{k: v for k, v in options.items() if k not in gone}, **self.options}

    def _before(self, key: str, existing: Mapping[str, Any]) -> Any:
        if (value := existing.get(key)) is not None:
            return value
        if key not in _USUAL:
            raise Irreversible(self, f"the old {key} is not known")
        return _USUAL[key]

    def describe(self) -> str:
        return f"alter sequence {self.sequence_name}"


@dataclass(frozen=True, slots=True, eq=False)
class DropSequence(Operation):
    """DROP SEQUENCE."""

    verb: ClassVar[str] = "drop_sequence"

    sequence_name: str
    schema: str | None = field(default=None, kw_only=True)
    if_exists: bool = field(default=False, kw_only=True)
    original: CreateSequence | None = field(default=None, kw_only=True)

    def reverse(self) -> CreateSequence:
        if self.original is None:
            raise Irreversible(self, "the sequence's options are not known")
        return self.original

    def describe(self) -> str:
        return f"drop sequence {self.sequence_name}"


@dataclass(frozen=True, slots=True, eq=False)
class CreateEnum(Operation):
    """CREATE TYPE … AS ENUM, where enums are types of their own; elsewhere nothing."""

    verb: ClassVar[str] = "create_enum"

    enum_name: str
    values: tuple[str, ...]
    schema: str | None = field(default=None, kw_only=True)
    if_not_exists: bool = field(default=False, kw_only=True)

    def reverse(self) -> DropEnum:
        return DropEnum(
            self.enum_name,
            schema=self.schema,
            if_exists=self.if_not_exists,
            existing_values=self.values,
        )

    def describe(self) -> str:
        return f"create enum {self.enum_name}"


@dataclass(frozen=True, slots=True, eq=False)
class AddEnumValue(Operation):
    """Add one value to an enum, at the end or before/after another value.

    Its way back is the checked removal of that value: it fails, before anything is changed, where
    a row still holds it.
    """

    verb: ClassVar[str] = "add_enum_value"

    enum_name: str
    value: str
    before: str | None = field(default=None, kw_only=True)
    after: str | None = field(default=None, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    if_not_exists: bool = field(default=False, kw_only=True)

    def reverse(self) -> DropEnumValue:
        return DropEnumValue(self.enum_name, self.value, schema=self.schema, original=self)

    def describe(self) -> str:
        return f"add value {self.value!r} to enum {self.enum_name}"


@dataclass(frozen=True, slots=True, eq=False)
class DropEnumValue(Operation):
    """Remove one value from an enum by a checked rebuild; refused while a row holds it.

    `replacement` is the value that such rows get instead.
    """

    verb: ClassVar[str] = "drop_enum_value"

    enum_name: str
    value: str
    replacement: str | None = field(default=None, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    original: AddEnumValue | None = field(default=None, kw_only=True)
    existing_defaults: tuple[str, ...] = field(default=(), kw_only=True)

    def reverse(self) -> AddEnumValue:
        if self.original is None:
            raise Irreversible(self, "the value's position is not known")
        if self.existing_defaults:
            columns = ", ".join(self.existing_defaults)
            raise Irreversible(self, f"it was the default of {columns}, and would not be again")
        return self.original

    def describe(self) -> str:
        return f"drop value {self.value!r} from enum {self.enum_name}"


@dataclass(frozen=True, slots=True, eq=False)
class RenameEnumValue(Operation):
    """Rename one value of an enum; rows that hold it show the new name."""

    verb: ClassVar[str] = "rename_enum_value"

    enum_name: str
    value: str
    new_value: str
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> RenameEnumValue:
        return replace(self, value=self.new_value, new_value=self.value)

    def describe(self) -> str:
        return f"rename value {self.value!r} of enum {self.enum_name} to {self.new_value!r}"


@dataclass(frozen=True, slots=True, eq=False)
class DropEnum(Operation):
    """DROP TYPE of an enum."""

    verb: ClassVar[str] = "drop_enum"

    enum_name: str
    schema: str | None = field(default=None, kw_only=True)
    if_exists: bool = field(default=False, kw_only=True)
    existing_values: tuple[str, ...] | None = field(default=None, kw_only=True)

    def reverse(self) -> CreateEnum:
        if self.existing_values is None:
            raise Irreversible(self, "the enum's values are not known")
        return CreateEnum(
            self.enum_name, self.existing_values, schema=self.schema, if_not_exists=self.if_exists
        )

    def describe(self) -> str:
        return f"drop enum {self.enum_name}"
