"""SQLite's spelling of operations: natively where SQLite can, by its documented ways where not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ... import ops
from ...errors import ForeignKeysMustBeOff, UnknownTable
from ...ops import constructs
from ..base import Statement
from ..column_enums import ColumnEnums
from ..ddl import Statements
from ..keywords import check_keywords
from .batch import after_raw_sql, merged, prepare, reorder, with_copy_from
from .data_checks import DataChecks
from .definitions import column_definition
from .mirror import SQLiteCatalog, mirrored
from .schema_texts import Texts, children, find_table
from .sources import LiveSource, Source
from .table_change import TableChange
from .table_text import CHECK, parse
from .tokens import identifier, same_name
from .verbs import Verbs, can_be_added, column_table
from .ways import statements

if TYPE_CHECKING:
    from ...catalog import Catalog


class SQLiteDDL(ColumnEnums):
    """Spells operations for SQLite."""

    guarded = frozenset({"create_table", "drop_table", "create_index", "drop_index"})
    checks_in_place = False
    plain_tables = True
    never_in_transaction = re.compile(r"(VACUUM|ATTACH|DETACH)\b", re.IGNORECASE)

    def new_catalog(self, *, naming_convention: Mapping[str, Any] | None = None) -> Catalog:
        """A replayed catalog that knows the texts SQLite would store."""
        return SQLiteCatalog(self, naming_convention=naming_convention)

    def source(self, catalog: Catalog) -> Source:
        """Where the stored texts are read for this catalog."""
        if catalog.connection is not None:
            return LiveSource(catalog.connection)
        known: Source | None = getattr(catalog, "source", None)
        return known if known is not None else mirrored(catalog, self)

    # -- one change of one table -------------------------------------------------------------

    def change_table(self, op: ops.TableOperation, catalog: Catalog) -> Statements:
        """Any operation on one table, by the cheapest way that keeps everything."""
        source = self.source(catalog)
        change = self._change(op.table_name, op.schema, source.texts(op.schema), source)
        self._verbs(catalog).apply(op, change)
        yield from statements(change, source.ways)

    def _change(self, name: str, schema: str | None, texts: Texts, source: Source) -> TableChange:
        return TableChange(
            texts, name, schema=schema, version=source.version, connect=source.connect
        )

    def _verbs(self, catalog: Catalog) -> Verbs:
        return Verbs(self.spell, catalog.naming_convention)

    drop_column = change_table
    create_primary_key = change_table
    create_unique_constraint = change_table
    create_foreign_key = change_table
    create_check_constraint = change_table
    drop_constraint = change_table
    rename_constraint = change_table
    alter_table_options = change_table

    def alter_column(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        """Nothing but a rename needs no look at the table; a comment has no place in SQLite."""
        if op.type_ is not None and op.existing_type is None and self._has_check(op, catalog):
            before = catalog.remembered_type(op.table_name, op.column_name, op.schema)
            op = replace(op, existing_type=before)
        facets = ("type_", "nullable", "server_default")
        if any(op.changes(facet) for facet in facets) or op.insert_before or op.insert_after:
            yield from self.change_table(op, catalog)
        elif op.new_column_name and op.new_column_name != op.column_name:
            yield self.rename_column_statement(op, op.new_column_name)

    def _has_check(self, op: ops.AlterColumn, catalog: Catalog) -> bool:
        """Whether a CHECK speaks of the column, so that its old type may have brought it along."""
        row = find_table(self.source(catalog).own_texts(op.table_name, op.schema), op.table_name)
        if row is None or row.is_virtual:
            return False
        clauses = parse(row.sql).clauses
        return any(c.kind == CHECK and c.mentions(op.column_name) for c in clauses)

    def rename_column_statement(
        self, op: ops.RenameColumn | ops.AlterColumn, new_name: str
    ) -> Statement:
        """Quoted only where it must be: SQLite writes the name so into every text."""
        old, new = identifier(op.column_name), identifier(new_name)
        return Statement(f"ALTER TABLE {self.on_table(op)} RENAME COLUMN {old} TO {new}")

    # -- columns, without a look at the table where none is needed -----------------------------

    def add_column(self, op: ops.AddColumn, catalog: Catalog) -> Statements:
        placed = op.insert_before or op.insert_after
        if op.column.nullable and not placed and constructs.is_plain(op.column):
            text = self.loose_column(op.column)
            yield Statement(f"ALTER TABLE {self.on_table(op)} ADD COLUMN {text}")
            return
        table = self.typed(column_table(op, catalog.naming_convention), op, catalog)
        definition = column_definition(table, self.spell)
        if placed or not can_be_added(definition):
            yield from self.change_table(op, catalog)
            return
        yield Statement(f"ALTER TABLE {self.on_table(op)} ADD COLUMN {definition.text}")
        for index in table.indexes:
            create = constructs.index_operation_of(index, table)
            yield self.create_index_statement(create, index, guard=op.if_not_exists)

    # -- indexes -----------------------------------------------------------------------------

    def create_index(self, op: ops.CreateIndex, catalog: Catalog) -> Statements:
        """A unique index is preceded by a look for duplicates, to name them by their keys."""
        if op.unique and not op.if_not_exists:
            yield from self._duplicates(op, catalog)
        yield from super().create_index(op, catalog)

    def _duplicates(self, op: ops.CreateIndex, catalog: Catalog) -> Statements:
        source = self.source(catalog)
        texts = source.own_texts(op.table_name, op.schema)
        if find_table(texts, op.table_name) is None:
            return
        change = self._change(op.table_name, op.schema, texts, source)
        self._verbs(catalog).apply(op, change)
        yield from DataChecks(change).statements()

    def rename_index(self, op: ops.RenameIndex, catalog: Catalog) -> Statements:
        source = self.source(catalog)
        texts = source.texts(op.schema)
        index = next(
            (t for t in texts if t.type == "index" and same_name(t.name, op.index_name)), None
        )
        if index is None:
            raise UnknownTable(op.index_name, op.schema, reason=" (as an index)")
        change = self._change(index.table, op.schema, texts, source)
        change.rename_index(op.index_name, op.new_index_name)
        yield from statements(change, source.ways)

    # -- tables ------------------------------------------------------------------------------

    def drop_table(self, op: ops.DropTable, catalog: Catalog) -> Statements:
        """DROP TABLE deletes its rows first where foreign keys are enforced, and so, by ON DELETE
        CASCADE, those of other tables (https://www.sqlite.org/foreignkeys.html#fk_schemacommands)."""
        source = self.source(catalog)
        if source.enforces_foreign_keys:
            texts = source.texts(op.schema)
            if any(not same_name(t.name, op.table_name) for t in children(texts, op.table_name)):
                raise ForeignKeysMustBeOff(op.table_name)
        yield from super().drop_table(op, catalog)

    def create_table_comment(self, op: ops.CreateTableComment, catalog: Catalog) -> Statements:
        """SQLite stores no comments."""
        yield from ()

    def drop_table_comment(self, op: ops.DropTableComment, catalog: Catalog) -> Statements:
        """SQLite stores no comments."""
        yield from ()

    def create_schema(self, op: ops.CreateSchema, catalog: Catalog) -> Statements:
        raise self.unsupported(op, "a schema is an attached database: ATTACH it on the connection")

    def drop_schema(self, op: ops.DropSchema, catalog: Catalog) -> Statements:
        raise self.unsupported(op, "a schema is an attached database: DETACH it")

    # -- batch -------------------------------------------------------------------------------

    def batch_alter_table(self, op: ops.BatchAlterTable, catalog: Catalog) -> Statements:
        """One rebuild for all changes; statements in between cut the block where they stand."""
        source = self.source(catalog)
        texts = with_copy_from(op, source.texts(op.schema), self.spell)
        for place, group in enumerate(_runs(op)):
            if group and group[0].verb in constructs.DATA_VERBS:
                for data in group:
                    yield from self.statements(data, catalog)
                    texts = after_raw_sql(data, texts, source)
                continue
            change = self._change(op.table_name, op.schema, texts, source)
            self._change_together(op, group, change, catalog, is_first=place == 0)
            yield from statements(change, source.ways, recreate=op.recreate)
            texts = merged(texts, change)

    def _change_together(
        self,
        op: ops.BatchAlterTable,
        group: Sequence[ops.Operation],
        change: TableChange,
        catalog: Catalog,
        *,
        is_first: bool,
    ) -> None:
        verbs = Verbs(self.spell, op.naming_convention or catalog.naming_convention)
        if is_first:
            prepare(op, change, self.spell)
        for one in group:
            check_keywords(one, self.extra_keywords)
            verbs.apply(one, change)
        if op.changes[-1:] == tuple(group[-1:]):
            reorder(op, change)


def _runs(op: ops.BatchAlterTable) -> list[list[ops.Operation]]:
    """The changes in runs: those of the table, and the statements that stand between them."""
    runs = groupby(op.changes, lambda change: change.verb in constructs.DATA_VERBS)
    return [list(run) for _, run in runs] or [[]]
