"""The types of a metadata that PostgreSQL keeps under a name: enums and domains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from .. import _sa


def types_of(metadata: sa.MetaData) -> Iterator[Any]:
    """Every type of every column, with those inside arrays and decorators."""
    for table in metadata.tables.values():
        for column in table.columns:
            yield from inner_types(column.type)


def inner_types(type_: Any) -> Iterator[Any]:
    """A type as PostgreSQL gets it, and what it is an array of."""
    variant = _sa.variant_of(type_, "postgresql")
    if isinstance(variant, sa.types.TypeDecorator):
        yield from inner_types(variant.load_dialect_impl(postgresql.dialect()))
    elif isinstance(variant, sa.ARRAY):
        yield from inner_types(variant.item_type)
    else:
        yield variant


def enums_of(metadata: sa.MetaData) -> list[Any]:
    """The enums of the metadata that are types of their own here, as PostgreSQL's ENUM."""
    found: dict[tuple[str | None, str], Any] = {}
    for type_ in types_of(metadata):
        if isinstance(type_, sa.Enum) and type_.native_enum and type_.name:
            native: Any = type_.dialect_impl(postgresql.dialect())
            found.setdefault((native.schema, native.name), native)
    return list(found.values())


def domains_of(metadata: sa.MetaData) -> list[Any]:
    """The domains of the metadata."""
    found: dict[tuple[str | None, str], Any] = {}
    for type_ in types_of(metadata):
        if isinstance(type_, postgresql.DOMAIN):
            found.setdefault((type_.schema, str(type_.name)), type_)
    return list(found.values())
