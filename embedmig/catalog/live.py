"""The catalog of a database that can be asked."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import ops
from ..errors import EmbedmigError, UnknownTable
from . import reflected
from .base import Catalog, Entry
from .enums import EnumTypes, Key, enum_in, enum_key
from .fold import Convention, DefaultNames
from .mentions import constraint_speaks_of
from .state import TableState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Table
    from sqlalchemy.engine import Inspector
    from sqlalchemy.types import TypeEngine


class LiveCatalog(Catalog):
    """Reads a table from the database when it is first asked for, once, and follows it from there.

    Operations on tables that nobody asked for are ignored: the database itself remembers them.
    SQL that was executed as text makes it forget everything it read.
    """

    #: Gives the catalog that the earlier revisions replay to. It is asked, once, for what a
    #: database cannot tell: which columns have which enum, where that is no type of its own.
    history: Callable[[], Catalog] | None = None

    def __init__(
        self,
        connection: Connection,
        *,
        naming_convention: Convention = None,
        default_names: DefaultNames | None = None,
    ) -> None:
        super().__init__(
            naming_convention=naming_convention,
            default_names=default_names,
            dialect=connection.dialect,
        )
        self._connection = connection
        self._known_enums: dict[Key, tuple[str, ...] | None] = {}
        self._has_past_enums = False
        self._observed: list[ops.Operation] = []

    @property
    def connection(self) -> Connection:
        if self.before_asking is not None:
            self.before_asking()
        return self._connection

    def _inspector(self) -> Inspector:
        return sa.inspect(self.connection)  # a new one each time: an Inspector never looks twice

    def has_table(self, name: str, schema: str | None = None) -> bool:
        if (schema, name) in self._entries:
            return True
        return self._inspector().has_table(name, schema=schema)

    def tables(self) -> Iterator[Table]:
        """Every table of the default schema, reflected one by one."""
        for name in self._inspector().get_table_names():
            yield self.table(name)

    def _entry(self, name: str, schema: str | None) -> Entry:
        key = (schema, name)
        if key not in self._entries:
            state = reflected.table(self.connection, name, schema)
            self._entries[key] = Entry(lambda: state, self.position)
        return self._entries[key]

    def _create_table(self, op: ops.CreateTable) -> None:
        self._entries.pop((op.schema, op.table_name), None)  # it is read when it is needed

    def _log(self, name: str, schema: str | None, op: ops.Operation) -> None:
        if (schema, name) not in self._entries:
            return
        if _leaves_a_name_to_the_server(op):
            del self._entries[schema, name]  # it will be read again, with that name
        else:
            super()._log(name, schema, op)

    def _raw_sql(self, op: ops.Operation) -> None:
        super()._raw_sql(op)
        self._entries.clear()
        self._sequences.clear()
        self._schemas.clear()

    def _places(self, table: str | None, schema: str | None) -> Iterator[TableState]:
        if table is not None:
            yield from super()._places(table, schema)
            return
        for name in self._inspector().get_table_names(schema=schema):
            yield self.state(name, schema)

    def has_schema(self, name: str) -> bool | None:
        return name in self._inspector().get_schema_names()

    def sequence(self, name: str, schema: str | None = None) -> ops.CreateSequence | None:
        """The sequence, with its options where the database has the standard view of them."""
        known = super().sequence(name, schema)
        if known is not None:
            return known
        if not self.connection.dialect.supports_sequences:
            return None
        options = reflected.sequence(self.connection, name, schema)
        if options is None:
            return None
        return ops.CreateSequence(name, schema=schema, options=options)

    def enum(self, name: str, schema: str | None = None) -> tuple[str, ...] | None:
        get_enums: Any = getattr(self._inspector(), "get_enums", None)
        if get_enums is None:
            return super().enum(name, schema)
        for found in get_enums(schema=schema):
            if found["name"] == name:
                return tuple(found["labels"])
        return None

    def enum_users(self, name: str, schema: str | None = None) -> list[tuple[Key, str]]:
        if not hasattr(self._inspector(), "get_enums"):
            return super().enum_users(name, schema)
        return list(self._read_types().users((schema, name)))

    def enum_types(self) -> EnumTypes:
        if not self._has_past_enums and not hasattr(self._inspector(), "get_enums"):
            self._has_past_enums = True
            if self._past is not None:
                self._enums = self._past.enum_types().copy()
        return super().enum_types()

    @cached_property
    def _past(self) -> Catalog | None:
        return None if self.history is None else self.history()

    def observe(self, op: ops.Operation) -> None:
        if not isinstance(op, ops.BatchAlterTable | ops.BulkInsert):  # a batch's changes follow
            self._observed.append(op)
        super().observe(op)

    def as_told(self) -> Catalog | None:
        try:
            past = None if self._past is None else self._past.as_told()
        except EmbedmigError:  # a body that cannot be replayed, such as one with an unknown table
            return None
        if past is None:
            return None
        twin = past.copy()
        for op in self._observed:
            twin.observe(op)
        return twin

    def written_type(
        self, table: str, column: str, schema: str | None = None
    ) -> TypeEngine[Any] | None:
        """A CHECK and a VARCHAR are all that a database tells of an Enum; revisions tell more."""
        reflected = super().written_type(table, column, schema)
        if reflected is None or isinstance(reflected, sa.types.SchemaType):
            return reflected
        checks = [c for c in self.state(table, schema).constraints if c.kind == "check"]
        words = self.folding.words
        speaking = any(constraint_speaks_of(check, column, words) for check in checks)
        if not speaking or self._past is None:
            return reflected  # and no history is replayed for nothing
        past = self._past.written_type(table, column, schema)
        return past if isinstance(past, sa.types.SchemaType) else reflected

    def remembered_type(
        self, table: str, column: str, schema: str | None = None
    ) -> TypeEngine[Any] | None:
        if self._past is None:
            return None
        return self._past.remembered_type(table, column, schema)

    def _read_types(self) -> EnumTypes:
        types = EnumTypes()
        inspector = self._inspector()
        default = inspector.default_schema_name
        for place in inspector.get_schema_names():
            schema = None if place == default else place
            for (_, table), columns in inspector.get_multi_columns(schema=schema).items():
                for column in columns:
                    enum = enum_in(column["type"])
                    if enum is not None:
                        users = types.columns.setdefault((schema, table), {})
                        users[column["name"]] = enum_key(enum)
        return types

    def copy(self) -> Catalog:
        """A catalog that goes on from here by itself; nothing may change the database meanwhile."""
        return _Ahead(self)


def _leaves_a_name_to_the_server(op: ops.Operation) -> bool:
    """Whether the operation makes a constraint that nobody named."""
    if isinstance(op, ops.AddColumn):
        column = op.column
        made: list[Any] = [*column.constraints, *column.foreign_keys]
        return bool(column.unique) or any(item.name is None for item in made)
    return isinstance(op, ops.CreateConstraint) and op.constraint_name is None


class _Ahead(LiveCatalog):
    """A live catalog plus operations that the database has not seen yet."""

    def __init__(self, parent: LiveCatalog) -> None:
        super().__init__(
            parent.connection,
            naming_convention=parent.naming_convention,
            default_names=parent.folding.default_names,
        )
        self._parent = parent
        self._gone: set[Key] = set()
        self._new_enums: dict[Key, tuple[str, ...] | None] = {}
        self.history = lambda: parent
        self.before_asking = parent.before_asking

    def _entry(self, name: str, schema: str | None) -> Entry:
        key = (schema, name)
        if key in self._gone:
            raise UnknownTable(name, schema)
        if key not in self._entries:
            self._entries[key] = self._from_parent(name, schema)
        return self._entries[key]

    def _from_parent(self, name: str, schema: str | None) -> Entry:
        return Entry(lambda: self._parent.state(name, schema).copy(), 0)

    def has_table(self, name: str, schema: str | None = None) -> bool:
        if (schema, name) in self._gone:
            return False
        return (schema, name) in self._entries or self._parent.has_table(name, schema)

    def _log(self, name: str, schema: str | None, op: ops.Operation) -> None:
        self._entry(name, schema).log.append((self.position, op))

    def _create_table(self, op: ops.CreateTable) -> None:
        self._gone.discard((op.schema, op.table_name))
        self._entries[op.schema, op.table_name] = Entry(lambda: self._begin(op), self.position)

    def _drop_table(self, op: ops.DropTable) -> None:
        super()._drop_table(op)
        self._gone.add((op.schema, op.table_name))

    def _rename_table(self, op: ops.RenameTable) -> None:
        self._entry(op.old_table_name, op.schema)
        super()._rename_table(op)
        self._gone.add((op.schema, op.old_table_name))

    def _rename_column(self, op: Any) -> None:
        self._entry(op.table_name, op.schema)
        super()._rename_column(op)

    def _alter_column(self, op: ops.AlterColumn) -> None:
        self._entry(op.table_name, op.schema)
        super()._alter_column(op)

    def _raw_sql(self, op: ops.Operation) -> None:
        self.raw_sql_seen.append(op.describe())

    def enum(self, name: str, schema: str | None = None) -> tuple[str, ...] | None:
        key = (schema, name)
        known = self.enum_types()
        if key in known.values:
            return known.values[key]
        return self._parent.enum(name, schema)

    def copy(self) -> Catalog:
        return _Ahead(self)
