"""Which table of the database is which of the metadata, and which unnamed constraint is which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from ..dialects.comparison import Comparison, Scope
from ..dialects.describe import UNKNOWN, Description, is_unnamed
from ..dialects.snapshot import (
    ColumnState,
    EnumState,
    ForeignKeyState,
    Key,
    SchemaState,
    SequenceState,
    TableState,
    full_name,
)

if TYPE_CHECKING:
    from ..dialects.base import Dialect
    from ..options import CompareOptions


@dataclass(slots=True)
class ColumnPair:
    """One column that stands on both sides."""

    table: TablePair
    current: ColumnState
    wanted: ColumnState

    @property
    def column(self) -> sa.Column[Any]:
        """The metadata's column."""
        assert self.table.described is not None
        return self.table.described.columns[self.wanted.name]


@dataclass(slots=True)
class TablePair:
    """A table's two pictures; one of them is missing where the table is new or unknown."""

    key: Key
    current: TableState | None
    described: Description | None
    sources: dict[tuple[str, Any], Any] = field(default_factory=dict)

    @property
    def wanted(self) -> TableState | None:
        """What the metadata asks for."""
        return self.described.state if self.described is not None else None

    @property
    def schema(self) -> str | None:
        """The schema as operations write it: as the metadata does."""
        return self.described.table.schema if self.described is not None else self.key[0]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.key[1]

    @property
    def both(self) -> tuple[TableState, TableState]:
        """Both pictures of a table that stands on both sides."""
        assert self.current is not None
        assert self.wanted is not None
        return self.current, self.wanted

    @property
    def columns(self) -> Iterator[ColumnPair]:
        """The columns on both sides, in the metadata's order."""
        current, wanted = self.both
        for name, column in wanted.columns.items():
            if name in current.columns:
                yield ColumnPair(self, current.columns[name], column)

    def changes_type(self, columns: Iterable[str]) -> bool:
        """Whether one of these columns gets another type."""
        current, wanted = self.both
        if current.columns == wanted.columns:
            return False
        names = [n for n in columns if n in current.columns and n in wanted.columns]
        return any(
            (current.columns[n].type, current.columns[n].collation)
            != (wanted.columns[n].type, wanted.columns[n].collation)
            for n in names
        )

    def leading(self, state: TableState) -> Iterator[Any]:
        """What finds rows by the columns it begins with."""
        yield from state.indexes
        if state.primary_key is not None:
            yield state.primary_key

    def keys(self, state: TableState, *, named: bool) -> set[tuple[Any, ...]]:
        """What a foreign key can point to: the primary key, unique constraints and indexes.

        Where a name can be changed, it does not count.
        """
        found: list[Any] = [*state.uniques, *(index for index in state.indexes if index.unique)]
        if state.primary_key is not None:
            found.append(state.primary_key)
        return {tuple(item if named else item._replace(name=None)) for item in found}

    @property
    def differs(self) -> bool:
        """Whether anything at all differs."""
        current, wanted = self.both
        return (
            current.columns != wanted.columns
            or current.primary_key != wanted.primary_key
            or is_other(current.indexes, wanted.indexes)
            or is_other(current.foreign_keys, wanted.foreign_keys)
            or is_other(current.uniques, wanted.uniques)
            or is_other(current.checks, wanted.checks)
            or is_other(current.excludes, wanted.excludes)
            or current.comment != wanted.comment
            or current.options != wanted.options
            or current.unlogged != wanted.unlogged
        )


def serves(item: Any, columns: tuple[str, ...]) -> bool:
    """Whether an index or a key begins with these columns."""
    found: tuple[str, ...] = getattr(item, "elements", None) or item.columns
    return found[: len(columns)] == columns


def is_other(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether two lists hold other things, whatever their order."""
    return one != other and set(one) != set(other)


class Remembers(Protocol):
    """What makes SQLAlchemy's Tables of current pictures; see `originals`."""

    renamed_tables: Mapping[Key, Key]
    renamed_columns: Mapping[tuple[Key, str], str]

    def __call__(self, pair: TablePair) -> sa.Table:
        """The table of a pair, as the database has it."""

    def ask(self, pairs: Iterable[TablePair]) -> None:
        """Learn the types of these tables, all at once."""


@dataclass
class Context:
    """What comparators are given."""

    dialect: Dialect
    options: CompareOptions
    current: SchemaState
    metadata: tuple[sa.MetaData, ...]
    pairs: dict[Key, TablePair]
    scope: Scope
    #: The SQLAlchemy Table of a pair's current picture.
    before: Remembers
    managed: Callable[[Key], bool]
    wanted_enums: dict[Key, EnumState] = field(default_factory=dict)
    wanted_sequences: dict[Key, SequenceState] = field(default_factory=dict)
    #: (table, new name) → old name, and new key → old key, of what `renames` were applied to.
    renamed_columns: dict[tuple[Key, str], str] = field(default_factory=dict)
    renamed_tables: dict[Key, Key] = field(default_factory=dict)
    names_given: dict[Key, set[str]] = field(default_factory=dict)
    uncompared: list[Any] = field(default_factory=list)
    unmanaged: list[Any] = field(default_factory=list)
    hints: list[Any] = field(default_factory=list)

    @property
    def comparison(self) -> Comparison:
        """What is the same on this database."""
        return self.dialect.comparison

    @property
    def created(self) -> list[TablePair]:
        """Tables that only the metadata has."""
        return [pair for pair in self.pairs.values() if pair.current is None]

    @property
    def missing(self) -> list[TablePair]:
        """Tables that only the database has."""
        return [pair for pair in self.pairs.values() if pair.described is None]

    @property
    def dropped(self) -> list[TablePair]:
        """Of the missing ones, those that are ours to drop."""
        return [pair for pair in self.missing if self.managed(pair.key)]

    @cached_property
    def common(self) -> list[TablePair]:
        """Tables on both sides, where anything differs; to be asked when both sides are settled."""
        return [pair for pair in self.all_common if pair.differs]

    @property
    def all_common(self) -> list[TablePair]:
        """Tables on both sides."""
        return [
            pair
            for pair in self.pairs.values()
            if pair.current is not None and pair.described is not None
        ]

    @property
    def columns(self) -> Iterator[ColumnPair]:
        """Columns on both sides, of tables where anything differs."""
        for pair in self.common:
            yield from self.altered_columns(pair)

    def altered_columns(self, pair: TablePair) -> Iterator[ColumnPair]:
        """The columns on both sides that stay where they are."""
        remade = self.remade_columns(pair)
        return (column for column in pair.columns if column.wanted.name not in remade)

    def remade_columns(self, pair: TablePair) -> set[str]:
        """The columns that must be dropped and added again, since no ALTER leads to them."""
        current, wanted = pair.both
        if self.options.compare_server_default is False or current.columns == wanted.columns:
            return set()
        return {
            column.wanted.name
            for column in pair.columns
            if (
                is_generation_changed(column)
                and not self.comparison.alters_generation(column.current, column.wanted)
            )
            or self.is_made_from_changing(pair, column)
        }

    def is_made_from_changing(self, pair: TablePair, column: ColumnPair) -> bool:
        """Whether a generated column holds on to the type of a column that gets another one."""
        generated = column.current.generated
        if generated is None or not self.comparison.generated_columns_hold:
            return False
        return pair.changes_type(re.findall(r"\w+", generated))

    # -- what holds on to what ---------------------------------------------------------------

    def is_held(self, pair: TablePair, fk: ForeignKeyState) -> bool:
        """Whether a foreign key stands in the way of what changes on either of its ends."""
        if self.is_key_remade(fk) or self.is_index_lost(pair, fk):
            return True
        if not self.comparison.foreign_keys_hold:
            return False
        parent = self.pairs.get(fk.referent)
        ends = [(pair, fk.columns), *([(parent, fk.remote_columns)] if parent else [])]
        return any(
            end.current is not None and end.wanted is not None and end.changes_type(columns)
            for end, columns in ends
        )

    def is_index_lost(self, pair: TablePair, fk: ForeignKeyState) -> bool:
        """Whether the only index that a foreign key uses is dropped, where it needs one."""
        if not self.comparison.foreign_keys_need_indexes:
            return False
        current, wanted = pair.both
        serving = {item for item in pair.leading(current) if serves(item, fk.columns)}
        return bool(serving) and not serving & set(pair.leading(wanted))

    def is_key_remade(self, fk: ForeignKeyState) -> bool:
        """Whether the key that a foreign key points to is made anew, or only now."""
        parent = self.pairs.get(fk.referent)
        if parent is None or parent.current is None or parent.wanted is None:
            return False
        current, wanted = parent.both
        key = current.primary_key
        if key is not None and key == wanted.primary_key and key.columns == fk.remote_columns:
            return False
        columns = set(fk.remote_columns)
        named = not self.comparison.renames("primary")
        kept = parent.keys(current, named=named) & parent.keys(wanted, named=named)
        return not any(set(key[1]) == columns for key in kept)

    def columns_to_ask(self, asked: object) -> Iterator[ColumnPair]:
        """The columns to compare: all of them where a function of the user's decides."""
        if not callable(asked):
            yield from self.columns
            return
        for pair in self.all_common:
            yield from self.altered_columns(pair)

    def written_schema(self, key: Key) -> str | None:
        """A schema as operations write it: the default one is not written."""
        return key[0]

    # -- enums -------------------------------------------------------------------------------

    def renamed_values(self, key: Key) -> dict[str, str]:
        """The values of an enum that `renames` gives another name."""
        prefix = full_name(key) + "."
        return {
            old.removeprefix(prefix): new.removeprefix(prefix)
            for old, new in self.options.renames.items()
            if old.startswith(prefix)
        }

    def uses_enum(self, table: TableState, key: Key) -> bool:
        """Whether a column of the table has this enum as its type, or an array of it."""
        names = {full_name(key), f"{full_name(key)}[]"}
        return any(column.type.replace('"', "") in names for column in table.columns.values())

    def is_enum_used(self, key: Key) -> bool:
        """Whether any table of the database uses the enum."""
        return any(self.uses_enum(table, key) for table in self.current.tables.values())

    @property
    def enums_left_behind(self) -> set[Key]:
        """The enums that tables of the metadata, or dropped ones, used and nobody will use."""
        ours = [p.current for p in (*self.all_common, *self.dropped) if p.current is not None]
        others = [p.current for p in self.missing if not self.managed(p.key) and p.current]
        return {
            key
            for key in self.current.enums
            if any(self.uses_enum(table, key) for table in ours)
            and not any(self.uses_enum(table, key) for table in others)
        }


def is_generation_changed(pair: ColumnPair) -> bool:
    """Whether a column becomes generated, ceases to be, or is generated otherwise."""
    current, wanted = pair.current, pair.wanted
    return (current.generated, current.persisted) != (wanted.generated, wanted.persisted)


#: The kinds of a table's items: the picture's field, and the kind in a description's sources.
ITEMS = (
    ("uniques", "unique"),
    ("foreign_keys", "foreignkey"),
    ("checks", "check"),
    ("excludes", "exclude"),
    ("indexes", "index"),
)


def adopt(comparison: Comparison, pair: TablePair) -> None:
    """Let each side be as the other, where it leaves that open, and file the schema items.

    An unnamed constraint takes the name of the one that is otherwise the same; a default that is
    only known to exist takes the database's.
    """
    described = pair.described
    assert described is not None
    current, wanted = pair.current or TableState(pair.key), described.state
    comparison.accept(current, described)
    pair.sources = {}
    for attribute, kind in ITEMS:
        items = getattr(wanted, attribute)
        if items:
            sources = described.sources
            adopted = _adopted(items, getattr(current, attribute))
            setattr(wanted, attribute, tuple(adopted))
            for item, before in zip(adopted, items, strict=True):
                pair.sources[kind, item] = sources[kind, before.name]
                sources[kind, item.name] = sources[kind, before.name]
    _adopt_primary_key(pair, current, wanted)
    for name, column in wanted.columns.items():
        if column.default == UNKNOWN and name in current.columns:
            wanted.columns[name] = column._replace(default=current.columns[name].default)
    if pair.current is not None:
        comparison.reconcile(current, described)


def _adopt_primary_key(pair: TablePair, current: TableState, wanted: TableState) -> None:
    key = wanted.primary_key
    if key is None:
        return
    assert pair.described is not None
    source = pair.described.sources["primary", key.name]
    there = current.primary_key
    if there is not None and is_unnamed(key.name) and there._replace(name=key.name) == key:
        key = wanted.primary_key = there
        pair.described.sources["primary", key.name] = source
    pair.sources["primary", key] = source


def _adopted(wanted: Sequence[Any], current: Iterable[Any]) -> list[Any]:
    if not any(is_unnamed(item.name) for item in wanted):
        return list(wanted)
    named = {item.name for item in wanted if not is_unnamed(item.name)}
    free: dict[Any, list[Any]] = {}
    for item in current:
        if item.name not in named:
            free.setdefault(item._replace(name=None), []).append(item)
    adopted = []
    for item in wanted:
        twins = free.get(item._replace(name=None)) if is_unnamed(item.name) else None
        adopted.append(twins.pop(0) if twins else item)
    return adopted
