"""What each operation does to a table's texts. One function per verb; nothing is run here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from ... import _sa, ops
from ...errors import InvalidOperation
from ...ops import constructs
from ..spelling import Spelling
from . import memory, text_edits
from .definitions import ColumnDefinition, column_definition, facets
from .dropping import find_constraint
from .table_change import TableChange
from .table_text import CHECK, COLLATE, FOREIGN_KEY, GENERATED, PRIMARY_KEY, UNIQUE, parse
from .tokens import fold, quote, same_name

#: SQLite's first release with ALTER COLUMN … NOT NULL, ADD CONSTRAINT … CHECK, DROP CONSTRAINT.
ALTERS_CONSTRAINTS = (3, 53)


@dataclass(frozen=True, slots=True)
class Verbs:
    """The verbs of one table, with what they need to spell and to name things."""

    spell: Spelling
    naming_convention: Mapping[str, Any] | None = None

    def apply(self, op: ops.Operation, change: TableChange) -> None:
        """Let the operation change the table's texts; raises InvalidOperation where it cannot."""
        getattr(self, op.verb)(op, change)

    # -- columns -----------------------------------------------------------------------------

    def add_column(self, op: ops.AddColumn, change: TableChange) -> None:
        if op.if_not_exists and change.table.column(op.column.name) is not None:
            return
        table = column_table(op, self.naming_convention)
        definition = column_definition(table, self.spell)
        change.add_column(
            definition.text,
            native=can_be_added(definition),
            before=op.insert_before,
            after=op.insert_after,
        )
        for index in table.indexes:
            change.create_index(self.index_statement(index))

    def drop_column(self, op: ops.DropColumn, change: TableChange) -> None:
        if op.if_exists and change.table.column(op.column_name) is None:
            return
        self._drop_bound(op.options.get("existing_type"), op, change)
        change.drop_column(op.column_name)

    def rename_column(self, op: ops.RenameColumn, change: TableChange) -> None:
        change.rename_column(op.column_name, op.new_column_name)

    def alter_column(self, op: ops.AlterColumn, change: TableChange) -> None:
        name = change.require_column(op.column_name)
        if op.type_ is not None:
            self._alter_type(op, name, change)
        if op.changes("server_default"):
            self._alter_default(op, name, change)
        if op.nullable is not None:
            self._alter_nullable(name, nullable=op.nullable, change=change)
        if op.insert_before or op.insert_after:
            move_column(change, name, before=op.insert_before, after=op.insert_after)
        if op.new_column_name:
            change.rename_column(name, op.new_column_name)

    def _alter_type(self, op: ops.AlterColumn, name: str, change: TableChange) -> None:
        self._drop_bound(op.existing_type, op, change)
        definition = facets(op.type_, None, self.spell)
        column = change.table.column(name)
        if column is None or column.type.upper() != definition.parsed.type.upper():
            change.edit(lambda sql: text_edits.set_type(sql, name, definition.parsed.type))
        collations = definition.parsed.of(COLLATE)
        if collations or getattr(op.existing_type, "collation", None):
            collation = collations[0].body if collations else None
            change.edit(lambda sql: text_edits.set_collation(sql, name, collation))
        for constraint in bound_constraints(op.type_, op, self.naming_convention, self.spell):
            self._add_constraint(change, self.spell.element(constraint))

    def _drop_bound(self, type_: Any, op: Any, change: TableChange) -> None:
        """Drop the CHECK that an old type (Boolean, Enum) brought along, where it is there."""
        for constraint in bound_constraints(type_, op, self.naming_convention, self.spell):
            text = parse(f"CREATE TABLE t (c, {self.spell.element(constraint)})").constraints[0]
            body = None if text.name else text.body
            found = text_edits.find_clauses(
                change.table, kind=CHECK, name=text.name, expression=body
            )
            for clause in found[:1]:
                change.edit(partial(_drop, clause=clause), editable=True)

    def _alter_default(self, op: ops.AlterColumn, name: str, change: TableChange) -> None:
        definition = facets(sa.Integer(), op.server_default, self.spell)
        generated = definition.part(GENERATED)
        column = change.table.column(name)
        if generated or (column is not None and column.is_generated):
            change.edit(lambda sql: text_edits.set_default(sql, name, None))
            change.edit(lambda sql: text_edits.set_generated(sql, name, generated))
        if not generated:
            default = definition.parsed.default
            change.edit(
                lambda sql: text_edits.set_default(sql, name, default),
                editable=True,
                default_of=name,
            )

    def _alter_nullable(self, name: str, *, nullable: bool, change: TableChange) -> None:
        column = change.table.column(name)
        if column is None or column.nullable == nullable:
            return
        word = "DROP" if nullable else "SET"
        fills = not nullable and column.default is not None  # only a rebuild fills NULLs in
        if not fills and _natively(change, f"ALTER COLUMN {quote(name)} {word} NOT NULL"):
            return
        if nullable:
            change.edit(lambda sql: text_edits.drop_not_null(sql, name), editable=True)
        else:
            change.edit(lambda sql: text_edits.set_not_null(sql, name))

    # -- constraints -------------------------------------------------------------------------

    def create_primary_key(self, op: ops.CreatePrimaryKey, change: TableChange) -> None:
        self._require_columns(op.columns, change)
        text = self._constraint_text(op)
        change.edit(lambda sql: text_edits.set_primary_key(sql, text))

    def create_unique_constraint(self, op: ops.CreateUniqueConstraint, change: TableChange) -> None:
        self._require_columns(op.columns, change)
        self._add_constraint(change, self._constraint_text(op))

    def create_foreign_key(self, op: ops.CreateForeignKey, change: TableChange) -> None:
        if (op.referent_schema or change.schema) != change.schema:
            raise InvalidOperation(
                f"{op.describe()}: SQLite's foreign keys stay inside one database file"
            )
        self._require_columns(op.columns, change)
        self._add_constraint(change, self._constraint_text(op))

    def create_check_constraint(self, op: ops.CreateCheckConstraint, change: TableChange) -> None:
        text = self._constraint_text(op)
        body = parse(f"CREATE TABLE t (c, {text})").constraints[0].body
        # A CHECK that is NULL is not violated, but SQLite's ALTER TABLE takes it so.
        unless = f"SELECT 1 FROM {change.full_name} WHERE ({body}) IS NULL LIMIT 1"
        if not _natively(change, f"ADD {text}", unless=unless):
            self._add_constraint(change, text)

    def drop_constraint(self, op: ops.DropConstraint, change: TableChange) -> None:
        clause = find_constraint(op, change.table, self.naming_convention)
        if clause is None:
            return
        named = clause.kind == CHECK and clause.name is not None
        if named and _natively(change, f"DROP CONSTRAINT {quote(clause.name or '')}"):
            return
        change.edit(partial(_drop, clause=clause), editable=clause.kind in (CHECK, FOREIGN_KEY))

    def rename_constraint(self, op: ops.RenameConstraint, change: TableChange) -> None:
        drop = ops.DropConstraint(
            op.table_name, constraint_name=op.constraint_name, schema=op.schema
        )
        clause = find_constraint(drop, change.table, self.naming_convention)
        if clause is not None:
            change.edit(
                lambda sql: text_edits.rename_clause(sql, clause, op.new_constraint_name),
                editable=True,
            )

    def _constraint_text(self, op: ops.CreateConstraint) -> str:
        return self.spell.element(constructs.constraint_of(op, self.naming_convention))

    def _add_constraint(self, change: TableChange, text: str) -> None:
        change.edit(lambda sql: text_edits.add_constraint(sql, text))

    def _require_columns(self, names: tuple[str, ...], change: TableChange) -> None:
        for name in names:
            change.require_column(name)

    # -- indexes -----------------------------------------------------------------------------

    def create_index(self, op: ops.CreateIndex, change: TableChange) -> None:
        index = constructs.index_of(op, self.naming_convention)
        if not (op.if_not_exists and change.index(str(index.name))):
            change.create_index(self.index_statement(index))

    def drop_index(self, op: ops.DropIndex, change: TableChange) -> None:
        name = op.index_name
        if name is None and op.original is not None:
            name = str(constructs.index_of(op.original, self.naming_convention).name)
        if not (op.if_exists and change.index(name or "") is None):
            change.drop_index(name or "")

    def rename_index(self, op: ops.RenameIndex, change: TableChange) -> None:
        change.rename_index(op.index_name, op.new_index_name)

    def index_statement(self, index: sa.Index) -> str:
        """CREATE INDEX without the schema: that is added where the statement is sent."""
        if index.table is not None and index.table.schema is not None:
            index.table.schema = None
        return self.spell.element(sa.schema.CreateIndex(index))

    # -- the table ---------------------------------------------------------------------------

    def alter_table_options(self, op: ops.AlterTableOptions, change: TableChange) -> None:
        set_table_options(change, op.options)

    def create_table_comment(self, op: ops.Operation, change: TableChange) -> None:
        """SQLite stores no comments."""

    drop_table_comment = create_table_comment


def _drop(sql: str, *, clause: Any) -> str:
    return text_edits.drop_clause(sql, clause)


def _natively(change: TableChange, what: str, *, unless: str | None = None) -> bool:
    """Do it by an ALTER TABLE of this SQLite, if it has one and takes it."""
    if change.version < ALTERS_CONSTRAINTS:
        return False
    try:
        change.run(f"ALTER TABLE {quote(change.name)} {what}", unless=unless)
    except memory.Refused:
        return False
    return True


def can_be_added(definition: ColumnDefinition) -> bool:
    """Whether ADD COLUMN takes the column, whatever rows the table has.

    https://www.sqlite.org/lang_altertable.html#altertabaddcol
    """
    column = definition.parsed
    default = column.default
    constant = default is None or not (
        default.startswith("(") or default.upper().startswith("CURRENT_")
    )
    has_value = default is not None and default.upper() != "NULL"
    stored = any("STORED" in clause.words for clause in column.of(GENERATED))
    return (
        constant
        and not stored
        and not column.of(PRIMARY_KEY)
        and not column.of(UNIQUE)
        and (column.nullable or has_value)
        and not (has_value and column.of(FOREIGN_KEY))
    )


def column_table(op: ops.AddColumn, naming_convention: Mapping[str, Any] | None) -> sa.Table:
    """A private table with the new column alone; a primary key only where that was asked for."""
    column = _sa.copy_column(op.column)
    column.primary_key = column.primary_key and op.inline_primary_key
    made = ops.AddColumn(op.table_name, column, schema=op.schema)
    return constructs.column_table(made, naming_convention)


def bound_constraints(
    type_: Any, op: Any, naming_convention: Mapping[str, Any] | None, spell: Spelling
) -> list[sa.Constraint]:
    """The CHECKs that a type brings along (Boolean and Enum with create_constraint)."""
    if not isinstance(type_, sa.types.SchemaType):
        return []
    column: sa.Column[Any] = sa.Column(op.column_name, type_)
    made = ops.AddColumn(op.table_name, column)
    table = constructs.column_table(made, naming_convention)
    bound = [c for c in table.constraints if _sa.is_type_bound(c)]
    return [c for c in bound if _sa.should_create(c, spell.compiler)]


def move_column(change: TableChange, name: str, *, before: str | None, after: str | None) -> None:
    """Put a column beside another one."""
    names = [c.name for c in change.table.columns if not same_name(c.name, name)]
    beside = fold(change.require_column(before or after or ""))
    place = [fold(n) for n in names].index(beside) + (before is None)
    names.insert(place, name)
    change.edit(lambda sql: text_edits.reorder_columns(sql, names))


def set_table_options(change: TableChange, options: Mapping[str, Any]) -> None:
    """STRICT, WITHOUT ROWID and AUTOINCREMENT, by SQLAlchemy's keywords for them."""
    own = {k.removeprefix("sqlite_"): v for k, v in options.items() if k.startswith("sqlite_")}
    strict, rowid = own.get("strict"), own.get("with_rowid")
    if "strict" in own or "with_rowid" in own:
        rowid = True if "with_rowid" in own and rowid is None else rowid
        strict = bool(strict) if "strict" in own else None
        change.edit(lambda sql: text_edits.set_options(sql, strict=strict, rowid=rowid))
    if "autoincrement" in own:
        on = bool(own["autoincrement"])
        change.edit(lambda sql: text_edits.set_autoincrement(sql, on=on))
