"""The catalog: the tables as they are at one point of the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from heapq import merge
from typing import TYPE_CHECKING, Any

from .. import _sa, ops
from ..errors import UnknownTable
from ..ops import constructs
from .complete import completed
from .enums import EnumTypes, Key
from .fold import Convention, DefaultNames, Folding, find_constraint
from .state import TableState

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Dialect, Table
    from sqlalchemy.types import TypeEngine

#: The verbs that do more than change the one table they name.
_WATCHED = frozenset(
    {
        "create_table",
        "drop_table",
        "rename_table",
        "rename_column",
        "alter_column",
        "batch_alter_table",
        "create_index",
        "drop_index",
        "rename_index",
        "create_schema",
        "drop_schema",
        "add_enum_value",
        "drop_enum_value",
        "rename_enum_value",
        "create_sequence",
        "alter_sequence",
        "drop_sequence",
    }
)

Logged = tuple[int, ops.Operation]


class Entry:
    """One table: where its state comes from, and what has happened since."""

    __slots__ = ("_folded", "_source", "_state", "_table", "log", "since")

    def __init__(self, source: Callable[[], TableState], since: int) -> None:
        self.log: list[Logged] = []
        self.since = since
        self._source = source
        self._state: TableState | None = None
        self._table: Table | None = None
        self._folded = since

    def state(self, catalog: Catalog) -> TableState:
        """The state now; what has been logged is folded in."""
        if self._state is None:
            self._state = self._source()
        if self._folded < catalog.position:
            self._fold(self._state, catalog)
            self._folded = catalog.position
        return self._state

    def _fold(self, state: TableState, catalog: Catalog) -> None:
        for position, op in merge(self.log, catalog.seen_by_all, key=lambda item: item[0]):
            if position > self._folded:
                catalog.folding.apply(state, op)
                self._table = None
        self.log.clear()

    def table(self, catalog: Catalog) -> Table:
        """The state as a Table, made once."""
        state = self.state(catalog)
        if self._table is None:
            self._table = state.to_table(catalog.naming_convention)
        return self._table

    def copy(self, catalog: Catalog) -> Entry:
        """An entry that goes on from here by itself."""
        twin = Entry(self._source, self.since)
        twin._state = None if self._state is None else self._state.copy()
        twin._folded = self._folded
        twin._table = self._table
        twin.log = list(self.log)
        return twin


class Catalog:
    """The tables as they are at this point of the history, replayed from operations.

    Watching an operation costs next to nothing: it is only noted down. A table is put together when
    somebody asks for it. `default_names` is the database's own rule for unnamed constraints.
    """

    #: Called before a database is asked: what is still to be sent must be sent first.
    before_asking: Callable[[], None] | None = None

    def __init__(
        self,
        *,
        naming_convention: Convention = None,
        default_names: DefaultNames | None = None,
        dialect: Dialect | None = None,
    ) -> None:
        self.naming_convention = naming_convention
        self.folding = Folding(naming_convention, default_names, dialect=dialect)
        self.raw_sql_seen: list[str] = []
        self.position = 0
        self.seen_by_all: list[Logged] = []
        self._entries: dict[Key, Entry] = {}
        self._sequences: dict[Key, ops.CreateSequence] = {}
        self._schemas: dict[str, bool] = {}
        self._enums = EnumTypes()
        self._for_enums: list[ops.Operation] = []

    # -- asking ------------------------------------------------------------------------------

    @property
    def connection(self) -> Connection | None:
        """The database to ask; None where there is none."""
        return None

    def table(self, name: str, schema: str | None = None) -> Table:
        """The table as it is now; raises UnknownTable. Treat it as read-only."""
        return self._entry(name, schema).table(self)

    def has_table(self, name: str, schema: str | None = None) -> bool:
        """Whether the table exists at this point."""
        return (schema, name) in self._entries

    def table_keys(self) -> tuple[Key, ...]:
        """(schema, name) of every table that was followed so far."""
        return tuple(self._entries)

    def tables(self) -> Iterator[Table]:
        """Every table, in the order in which they came."""
        for entry in list(self._entries.values()):
            yield entry.table(self)

    def state(self, name: str, schema: str | None = None) -> TableState:
        """The table as a value; raises UnknownTable. Do not change it."""
        return self._entry(name, schema).state(self)

    def column(self, table: str, column: str, schema: str | None = None) -> Column[Any] | None:
        """A column of a table (it has no parent); None where table or column is not known."""
        try:
            return self.state(table, schema).columns.get(column)
        except UnknownTable:
            return None

    def is_numbered(self, table: str, column: str, schema: str | None = None) -> bool | None:
        """Whether a column numbers the rows by itself; None where table or column is not known."""
        try:
            found = self.table(table, schema).c.get(column)
        except UnknownTable:
            return None
        if found is None:
            return None
        return found.autoincrement is True or _sa.autoincrement_column(found.table) is found

    def written_type(
        self, table: str, column: str, schema: str | None = None
    ) -> TypeEngine[Any] | None:
        """A column's type as a revision wrote it: an Enum or Boolean knows of its CHECK."""
        found = self.column(table, column, schema)
        return None if found is None else found.type

    def remembered_type(
        self, table: str, column: str, schema: str | None = None
    ) -> TypeEngine[Any] | None:
        """A column's type as a revision wrote it, without a look at the database."""
        return self.written_type(table, column, schema)

    def as_told(self) -> Catalog | None:
        """The tables as the operations made them, without a look at the database; do not change it.

        None where the earlier ones are not known.
        """
        return self

    def constraint(self, op: ops.DropConstraint) -> ops.CreateConstraint | None:
        """The constraint that `op` means, by name or by kind and columns; None where unknown."""
        try:
            state = self.state(op.table_name, op.schema)
        except UnknownTable:
            return None
        return find_constraint(state, op, self.naming_convention)

    def index(
        self, name: str | None, table: str | None = None, schema: str | None = None
    ) -> ops.CreateIndex | None:
        """An index by its name; without a table, every table of the schema is looked at."""
        for state in self._places(table, schema):
            for index in state.indexes:
                if index.index_name == name:
                    return index
        return None

    def has_index(
        self, name: str | None, table: str | None = None, schema: str | None = None
    ) -> bool:
        """Whether there is an index of this name."""
        return self.index(name, table, schema) is not None

    def _places(self, table: str | None, schema: str | None) -> Iterator[TableState]:
        if table is not None:
            if self.has_table(table, schema):
                yield self.state(table, schema)
        else:
            for key in [key for key in self._entries if key[0] == schema]:
                yield self.state(key[1], key[0])

    def sequence(self, name: str, schema: str | None = None) -> ops.CreateSequence | None:
        """The operation that would create the sequence as it is now."""
        return self._sequences.get((schema, name))

    def has_schema(self, name: str) -> bool | None:
        """Whether the schema exists; None where no operation spoke of it."""
        return self._schemas.get(name)

    def enum(self, name: str, schema: str | None = None) -> tuple[str, ...] | None:
        """The values of an enum type, in order; None where there is no such type."""
        return self.enum_types().values.get((schema, name))

    def enum_users(self, name: str, schema: str | None = None) -> list[tuple[Key, str]]:
        """The columns of that type, as ((schema, table), column)."""
        return list(self.enum_types().users((schema, name)))

    def enums(self) -> tuple[tuple[Key, tuple[str, ...]], ...]:
        """Every enum type with its values."""
        return tuple(self.enum_types().values.items())

    def sequences(self) -> tuple[ops.CreateSequence, ...]:
        """Every sequence, as the operation that would create it as it is now."""
        return tuple(self._sequences.values())

    def schemas(self) -> tuple[str, ...]:
        """Every schema that an operation created."""
        return tuple(name for name, exists in self._schemas.items() if exists)

    def enum_types(self) -> EnumTypes:
        for op in self._for_enums:
            self._enums.observe(op)
        self._for_enums.clear()
        return self._enums

    def _entry(self, name: str, schema: str | None) -> Entry:
        entry = self._entries.get((schema, name))
        if entry is None:
            raise UnknownTable(name, schema, reason=self._why_unknown())
        return entry

    def _why_unknown(self) -> str:
        if not self.raw_sql_seen:
            return ""
        return "; SQL that was executed as text is not known here, so what it created is not either"

    # -- watching ----------------------------------------------------------------------------

    def observe(self, op: ops.Operation) -> None:
        """Take note of an applied operation; costs the same however long the history is."""
        self.position += 1
        if constructs.is_raw_sql(op):
            self._raw_sql(op)
            return
        if not isinstance(op, ops.BatchAlterTable):
            self._for_enums.append(op)
        if op.verb in _WATCHED:
            getattr(self, f"_{op.verb}")(op)
        elif isinstance(op, ops.TableOperation):
            self._log(op.table_name, op.schema, op)

    def _raw_sql(self, op: ops.Operation) -> None:
        self.raw_sql_seen.append(op.describe())

    def _log(self, name: str, schema: str | None, op: ops.Operation) -> None:
        entry = self._entries.get((schema, name))
        if entry is not None:
            entry.log.append((self.position, op))

    def _create_table(self, op: ops.CreateTable) -> None:
        key = (op.schema, op.table_name)
        if not (op.if_not_exists and key in self._entries):
            self._entries[key] = Entry(lambda: self._begin(op), self.position)

    def _begin(self, op: ops.CreateTable) -> TableState:
        return self.folding.begin(op)

    def _drop_table(self, op: ops.DropTable) -> None:
        self._entries.pop((op.schema, op.table_name), None)

    def _rename_table(self, op: ops.RenameTable) -> None:
        self.seen_by_all.append((self.position, op))
        entry = self._entries.pop((op.schema, op.old_table_name), None)
        if entry is not None:
            self._entries[op.schema, op.new_table_name] = entry

    def _rename_column(self, op: ops.Operation) -> None:
        self.seen_by_all.append((self.position, op))

    def _alter_column(self, op: ops.AlterColumn) -> None:
        if not op.new_column_name:
            self._log(op.table_name, op.schema, op)
            return
        self.seen_by_all.append((self.position, op))

    def _batch_alter_table(self, op: ops.BatchAlterTable) -> None:
        for change in op.changes:
            self.observe(change)

    def _create_index(self, op: ops.CreateIndex) -> None:
        self._log(op.table_name, op.schema, op)

    def _drop_index(self, op: ops.DropIndex | ops.RenameIndex) -> None:
        if op.table_name is None:
            self.seen_by_all.append((self.position, op))
        else:
            self._log(op.table_name, op.schema, op)

    _rename_index = _drop_index

    def _add_enum_value(self, op: ops.Operation) -> None:
        self.seen_by_all.append((self.position, op))

    _drop_enum_value = _add_enum_value
    _rename_enum_value = _add_enum_value

    def _create_schema(self, op: ops.CreateSchema) -> None:
        self._schemas[op.schema_name] = True

    def _drop_schema(self, op: ops.DropSchema) -> None:
        self._schemas[op.schema_name] = False
        if op.cascade:
            for key in [key for key in self._entries if key[0] == op.schema_name]:
                del self._entries[key]

    def _create_sequence(self, op: ops.CreateSequence) -> None:
        self._sequences.setdefault((op.schema, op.sequence_name), op)

    def _alter_sequence(self, op: ops.AlterSequence) -> None:
        key = (op.schema, op.sequence_name)
        if key in self._sequences:
            before = self._sequences[key]
            self._sequences[key] = replace(before, options=op.changed(before.options))

    def _drop_sequence(self, op: ops.DropSequence) -> None:
        self._sequences.pop((op.schema, op.sequence_name), None)

    # -- the rest ----------------------------------------------------------------------------

    def complete(self, op: ops.Operation) -> ops.Operation:
        """The operation with everything that it does not say itself, so that it can be reversed."""
        return completed(op, self)

    def ahead(self, default_names: DefaultNames | None = None) -> Catalog:
        """A copy that may go ahead of the database, under this rule for default names."""
        twin = self.copy()
        if default_names is not None:
            twin.folding = copy(self.folding)
            twin.folding.default_names = default_names
        return twin

    def copy(self) -> Catalog:
        """A catalog that goes on from here by itself."""
        twin = Catalog(naming_convention=self.naming_convention)
        twin.folding = self.folding
        twin.raw_sql_seen = list(self.raw_sql_seen)
        twin.position = self.position
        twin.seen_by_all = list(self.seen_by_all)
        twin._entries = {key: entry.copy(self) for key, entry in self._entries.items()}
        twin._sequences = dict(self._sequences)
        twin._schemas = dict(self._schemas)
        twin._enums = self.enum_types().copy()
        return twin


def evolve(table: Table, op: ops.Operation, *, naming_convention: Convention = None) -> Table:
    """The table after the operation, as a new Table; the given one is left as it is."""
    state = TableState.of(table)
    Folding(naming_convention).apply(state, op)
    return state.to_table(naming_convention)
