"""Plain pictures of a schema: what a database holds, or what a metadata would make of it.

Two pictures are compared by equality. Both sides are therefore written in the same words: names
as the database folds them, types and expressions as the database prints them, and a default
spelling left out (`NO ACTION`, `btree`, `MATCH SIMPLE`), so that None is "as usual".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: (schema, name); the connection's default schema is None.
Key = tuple[str | None, str]
Options = tuple[tuple[str, Any], ...]
#: The word between CREATE and TABLE that says so.
UNLOGGED = "UNLOGGED"


class ColumnState(NamedTuple):
    """One column."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    generated: str | None = None
    persisted: bool | None = None
    identity: Options | None = None
    autoincrement: bool = False
    comment: str | None = None
    collation: str | None = None


class KeyState(NamedTuple):
    """A primary key or a unique constraint."""

    name: str | None
    columns: tuple[str, ...]
    deferrable: bool = False
    initially: str | None = None
    options: Options = ()


class ForeignKeyState(NamedTuple):
    """A foreign key."""

    name: str | None
    columns: tuple[str, ...]
    referent: Key
    remote_columns: tuple[str, ...]
    onupdate: str | None = None
    ondelete: str | None = None
    deferrable: bool = False
    initially: str | None = None
    match: str | None = None
    options: Options = ()


class CheckState(NamedTuple):
    """A CHECK, or an EXCLUDE with its whole definition as the expression."""

    name: str | None
    expression: str
    options: Options = ()


class IndexState(NamedTuple):
    """An index; an element is a column's name or an expression, with its modifiers behind it."""

    name: str | None
    elements: tuple[str, ...]
    unique: bool = False
    options: Options = ()


@dataclass(slots=True)
class TableState:
    """One table."""

    key: Key
    columns: dict[str, ColumnState] = field(default_factory=dict)
    #: Those that nobody wants to look at, for what still names them.
    unseen: dict[str, ColumnState] = field(default_factory=dict)
    primary_key: KeyState | None = None
    uniques: tuple[KeyState, ...] = ()
    foreign_keys: tuple[ForeignKeyState, ...] = ()
    checks: tuple[CheckState, ...] = ()
    excludes: tuple[CheckState, ...] = ()
    indexes: tuple[IndexState, ...] = ()
    comment: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    #: Whether what is written to it skips the log (PostgreSQL).
    unlogged: bool = False
    #: The tables that must be there before it, besides those that its foreign keys point to.
    needs: frozenset[Key] = frozenset()
    #: Where a table has a collation of its own: that, and those of its columns.
    collation: str | None = None
    collations: dict[str, str] = field(default_factory=dict)
    #: Why this table is nobody's to drop: a partition, owned by an extension …; empty: it is.
    foreign: str = ""
    #: Whether only its name is known, because nobody can read the rest.
    is_opaque: bool = False

    @property
    def schema(self) -> str | None:
        """The schema it lives in; None is the default one."""
        return self.key[0]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.key[1]


@dataclass(slots=True)
class EnumState:
    """An enum that is a type of its own."""

    key: Key
    values: tuple[str, ...]
    foreign: str = ""


@dataclass(slots=True)
class SequenceState:
    """A sequence that no column owns."""

    key: Key
    options: dict[str, Any]
    foreign: str = ""


@dataclass(slots=True)
class SchemaState:
    """Everything that was looked at."""

    tables: dict[Key, TableState] = field(default_factory=dict)
    enums: dict[Key, EnumState] = field(default_factory=dict)
    sequences: dict[Key, SequenceState] = field(default_factory=dict)
    schemas: frozenset[str] = frozenset()


def options_of(mapping: Mapping[str, Any]) -> Options:
    """The entries that are set, sorted: a value that can be compared and hashed."""
    return tuple(sorted((k, v) for k, v in mapping.items() if v not in (None, (), "")))


def full_name(key: Key) -> str:
    """The key for humans."""
    return f"{key[0]}.{key[1]}" if key[0] else key[1]
