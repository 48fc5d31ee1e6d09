"""SQLite: the metadata is compiled, and its text is read as a stored one is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from ..comparison import Comparison, Scope, Shadowed, name_everything, shadow_copy
from ..describe import Describer, Description
from ..snapshot import ColumnState, SchemaState
from .reader import Reader, spelled_type

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import Dialect


class SQLiteDescriber(Describer):
    """What SQLAlchemy writes for SQLite, in the reader's words."""

    keyword = "sqlite"
    compares_comments = False
    compares_index_options = ("where",)

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        preparer = dialect.identifier_preparer
        self.reader = Reader(lambda name: name.lower() in preparer.reserved_words)

    def spell_type(self, written: str) -> str:
        return spelled_type(written)

    def spell_default(self, written: str, type_: str) -> str | None:
        return self.reader.expression(written)

    def spell_expression(self, written: str) -> str:
        return self.reader.expression(written)

    def nullable(self, column: sa.Column[Any]) -> bool:
        if column.primary_key and not column.table.dialect_kwargs.get("sqlite_with_rowid", True):
            return False
        return bool(column.nullable)

    def persisted(self, computed: sa.Computed) -> bool | None:
        return bool(computed.persisted)

    def match(self, match: str | None) -> str | None:
        """SQLite parses MATCH and ignores it."""
        return None

    def key_options(self, item: sa.Constraint) -> dict[str, Any]:
        conflict = self.own_options(item).get("sqlite_on_conflict")
        return {"on_conflict": conflict.upper()} if conflict else {}

    def own_options(self, item: Any) -> dict[str, Any]:
        """What a column says of its own key counts for the key."""
        options = super().own_options(item)
        kinds = {sa.PrimaryKeyConstraint: "primary_key", sa.UniqueConstraint: "unique"}
        kind = kinds.get(type(item))
        if kind and len(item.columns) == 1 and not options.get("sqlite_on_conflict"):
            given = next(iter(item.columns)).dialect_kwargs
            if conflict := given.get(f"sqlite_on_conflict_{kind}"):
                options["sqlite_on_conflict"] = conflict
        return options

    def table_options(self, table: sa.Table) -> dict[str, Any]:
        usual = {"sqlite_autoincrement": False, "sqlite_with_rowid": True, "sqlite_strict": False}
        given = table.dialect_kwargs
        return {k: given[k] for k, v in usual.items() if k in given and bool(given[k]) != v}


class SQLiteComparison(Comparison):
    """Everything that stands in the stored texts."""

    describer_class = SQLiteDescriber
    describer: SQLiteDescriber
    foreign_keys_need_referents = False
    foreign_keys_hold = False

    def alters_generation(self, current: ColumnState, wanted: ColumnState) -> bool:
        """The table is rebuilt."""
        return True

    def read(self, connection: Connection, scope: Scope) -> SchemaState:
        return self.describer.reader.read(connection, scope)

    def shadow(
        self,
        connection: Connection,
        described: Sequence[Description],
        scope: Scope,
        metadata: Sequence[sa.MetaData],
    ) -> Shadowed:
        """The tables' own texts: SQLite would store them as they stand, so none is needed."""
        shadowed = Shadowed()
        reader = self.describer.reader
        for each in described:
            copy = shadow_copy(each)
            name_everything(copy, each, self.describer)
            indexes = [
                reader.index(index.name or "", self._sql(CreateIndex(index)))
                for index in sorted(copy.indexes, key=lambda index: index.name or "")
            ]
            try:
                sql = self._sql(CreateTable(copy))
            except sa.exc.CompileError as error:
                shadowed.refused[each.state.key] = str(error)
                continue
            shadowed.tables[each.state.key] = reader.table(each.state.key, sql, indexes)
        return shadowed

    def _sql(self, element: Any) -> str:
        return str(element.compile(dialect=self.describer.dialect))
