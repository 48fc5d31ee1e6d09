"""SQL Server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import sqlalchemy as sa

from .. import _sa, ops
from ..catalog import Folding, altered_type, with_collation_of
from ..errors import InvalidOperation, UnknownTable
from ..ops import constructs
from .base import Dialect, Statement
from .clauses import clause
from .column_enums import ColumnEnums
from .conditional import ConditionalDDL
from .ddl import Statements
from .learning import LearningDDL
from .limits import is_plain_part, refuse_deferrable
from .mssql_blocks import Blocks, unicode_literal
from .mssql_session import MSSQLSession
from .spelling import Spelling

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

    from ..catalog import Catalog


#: What a dialect that never met a server stands for: SQL Server 2019.
CURRENT = (15, 0)


def dialect(sa_dialect: SQLAlchemyDialect) -> Dialect:
    """SQL Server, as embedmig sees it."""
    return Dialect(
        sa_dialect.name,
        sa_dialect,
        MSSQLDDL(sa_dialect),
        MSSQLSession(),
        make_script=_script,
    )


def _script(ddl: Any) -> Any:
    from .mssql_script import MSSQLScript

    return MSSQLScript(ddl)


class MSSQLSpelling(Spelling):
    """How SQL Server writes the pieces."""

    @cached_property
    def dialect(self) -> SQLAlchemyDialect:
        plain: Any = _sa.plain_dialect(self._original)
        if not plain.server_version_info:
            plain.server_version_info = CURRENT
            if plain.deprecate_large_types is None:
                plain.deprecate_large_types = True
        return cast("SQLAlchemyDialect", plain)


class MSSQLDDL(LearningDDL, ColumnEnums, ConditionalDDL):
    """Spells operations in Transact-SQL, for SQL Server 2016 and later."""

    spelling: ClassVar[type[Spelling]] = MSSQLSpelling
    compiles_loose_columns: ClassVar[bool] = False
    script_end: ClassVar[str] = ";\nGO"
    guarded: ClassVar[frozenset[str]] = frozenset(
        {
            "drop_table",
            "drop_column",
            "drop_constraint",
            "drop_index",
            "drop_schema",
            "drop_sequence",
        }
    )

    def folding(self, naming_convention: Mapping[str, Any] | None) -> Folding:
        return Folding(naming_convention, dialect=self.sa, keeps_collation=True)

    @property
    def blocks(self) -> Blocks:
        """Statements that look something up when they run."""
        return Blocks(self.spell)

    # -- if_not_exists -----------------------------------------------------------------------

    def presence(self, op: Any, catalog: Catalog) -> str | None:
        """A condition that holds where the thing is there."""
        match op:
            case ops.CreateTable():
                return f"{self.blocks.object(op.table_name, op.schema)} IS NOT NULL"
            case ops.CreateSequence():
                return f"{self.blocks.object(op.sequence_name, op.schema)} IS NOT NULL"
            case ops.CreateSchema():
                return f"SCHEMA_ID({unicode_literal(op.schema_name)}) IS NOT NULL"
            case ops.AddColumn():
                table = unicode_literal(self.spell.qualified(op.table_name, op.schema))
                return f"COL_LENGTH({table}, {unicode_literal(op.column.name)}) IS NOT NULL"
            case ops.CreateIndex() if op.index_name:
                table = self.blocks.object(op.table_name, op.schema)
                found = f"name = {unicode_literal(op.index_name)} AND object_id = {table}"
                return f"EXISTS (SELECT 1 FROM sys.indexes WHERE {found})"
        return None

    def conditional(
        self, presence: str, statements: list[Statement], *, wanted: bool
    ) -> Iterable[Statement]:
        """One batch; each statement is compiled only when it is reached (EXEC)."""
        inner = [f"EXEC({unicode_literal(cast('str', s.sql).strip())})" for s in statements]
        body = ";\n".join(inner)
        condition = presence if wanted else f"NOT ({presence})"
        yield Statement(f"IF {condition}\nBEGIN\n{body};\nEND")

    # -- tables ------------------------------------------------------------------------------

    def separate_constraints(self, table: sa.Table) -> list[sa.ForeignKeyConstraint]:
        refuse_deferrable(table.constraints, self.sa.name)
        return super().separate_constraints(table)

    def rename_table(self, op: ops.RenameTable, catalog: Catalog) -> Statements:
        yield self._rename([op.old_table_name], op.schema, op.new_table_name, "OBJECT")

    def _rename(self, parts: list[str], schema: str | None, new: str, kind: str) -> Statement:
        return Statement(self.blocks.rename(parts, schema, new, kind))

    def create_table_comment(self, op: ops.CreateTableComment, catalog: Catalog) -> Statements:
        yield self._comment(op.table_name, op.schema, None, op.comment)

    def drop_table_comment(self, op: ops.DropTableComment, catalog: Catalog) -> Statements:
        yield self._comment(op.table_name, op.schema, None, None)

    def _comment(
        self, table: str, schema: str | None, column: str | None, comment: str | None
    ) -> Statement:
        return Statement(self.blocks.comment(table, schema, column, comment))

    def comments(self, table: sa.Table) -> Iterable[Statement]:
        if table.comment is not None:
            yield self._comment(table.name, table.schema, None, table.comment)
        for column in table.columns:
            if column.comment is not None:
                yield self._comment(table.name, table.schema, column.name, column.comment)

    # -- columns -----------------------------------------------------------------------------

    def add_column_words(self, op: ops.AddColumn) -> str:
        return "ADD "

    def drop_column(self, op: ops.DropColumn, catalog: Catalog) -> Statements:
        """What hangs on the column goes first, as it does by itself elsewhere."""
        table, schema, column = op.table_name, op.schema, op.column_name
        beside = _beside(op, catalog)
        if op.options.get("mssql_drop_foreign_key") or _any(beside, ops.CreateForeignKey):
            yield Statement(self.blocks.drop_foreign_keys(table, schema, column))
        if op.options.get("mssql_drop_check") or _any(beside, ops.CreateCheckConstraint):
            yield Statement(self.blocks.drop_checks(table, schema, column))
        yield from self._drop_keys(op, beside)
        yield Statement(self.blocks.drop_default(table, schema, column))
        yield from super().drop_column(op, catalog)

    def _drop_keys(self, op: ops.DropColumn, beside: list[ops.Operation]) -> Iterator[Statement]:
        for item in beside:
            if isinstance(item, ops.CreateIndex) and item.index_name:
                drop = ops.DropIndex(item.index_name, op.table_name, schema=op.schema)
                yield Statement(f"DROP INDEX {self.index_place(drop)}")
            elif isinstance(item, ops.CreateUniqueConstraint | ops.CreatePrimaryKey):
                kind, columns = item.kind, item.columns
                yield Statement(self.blocks.drop_key(op.table_name, op.schema, kind, columns))

    def rename_column_statement(
        self, op: ops.RenameColumn | ops.AlterColumn, new_name: str
    ) -> Statement:
        return self._rename([op.table_name, op.column_name], op.schema, new_name, "COLUMN")

    def alter_column(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        self.require_end_position(op)
        yield from self.alter_facets(op, catalog)
        if op.changes("comment"):
            comment = cast("str | None", op.comment)
            yield self._comment(op.table_name, op.schema, op.column_name, comment)
        if op.new_column_name and op.new_column_name != op.column_name:
            yield self.rename_column_statement(op, op.new_column_name)

    def alter_facets(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        """The default stands aside while the type changes, for it would forbid that."""
        drop, add = self.type_constraints(op, catalog)
        before = self.existing_default(op, catalog)
        self._require_same_kind(op, before)
        redefined = list(self._redefine(op, catalog))
        lasting = before if self._changes_family(op, catalog) else None
        wanted = op.server_default if op.changes("server_default") else lasting
        yield from drop
        moved = op.changes("server_default") or lasting is not None
        if moved and (before is not None or self._is_unknown(op, catalog)):
            yield Statement(self.blocks.drop_default(op.table_name, op.schema, op.column_name))
        yield from redefined
        if wanted is not None:
            yield self._add_default(op, wanted)
        yield from add

    def _changes_family(self, op: ops.AlterColumn, catalog: Catalog) -> bool:
        """Whether the type becomes another one, not only longer; a default forbids that."""
        column = catalog.column(op.table_name, op.column_name, op.schema)
        before = op.existing_type if column is None else column.type
        if op.type_ is None or before is None:
            return op.type_ is not None
        old, new = (self.spell.type(t).partition("(")[0] for t in (before, op.type_))
        return old != new

    def _require_same_kind(self, op: ops.AlterColumn, before: Any) -> None:
        if op.changes("server_default"):
            now = op.server_default
            if isinstance(before, sa.Computed) or isinstance(now, sa.Computed):
                self.alter_computed(op, before, now)
            if isinstance(before, sa.Identity) or isinstance(now, sa.Identity):
                self.alter_identity(op, before, now)

    def alter_identity(self, op: ops.AlterColumn, before: Any, now: Any) -> Iterable[Statement]:
        raise self.unsupported(
            op,
            "SQL Server can neither give nor take IDENTITY from a column that exists; add a new "
            "column, copy the rows, and drop the old one",
        )

    def _is_unknown(self, op: ops.AlterColumn, catalog: Catalog) -> bool:
        """Nobody knows whether there is a default: the block finds out."""
        if op.existing_server_default is not ops.UNCHANGED:
            return False
        return catalog.column(op.table_name, op.column_name, op.schema) is None

    def _add_default(self, op: ops.AlterColumn, default: Any) -> Statement:
        value = self.spell.default(getattr(default, "arg", default))
        text = f"ADD DEFAULT {value} FOR {self.spell.name(op.column_name)}"
        return clause(self.on_table(op), text, needs={op.column_name})

    def _redefine(self, op: ops.AlterColumn, catalog: Catalog) -> Iterator[Statement]:
        """ALTER COLUMN names type and nullability together; what is not said would be changed."""
        if op.type_ is None and op.nullable is None:
            return
        column = catalog.column(op.table_name, op.column_name, op.schema)
        type_ = op.type_ if op.type_ is not None else op.existing_type
        nullable = op.nullable if op.nullable is not None else op.existing_nullable
        if column is not None:
            type_ = column.type if type_ is None else type_
            nullable = bool(column.nullable) if nullable is None else nullable
        if type_ is None or nullable is None:
            missing = "existing_type" if type_ is None else "existing_nullable"
            raise InvalidOperation(
                f"{op.describe()}: type and NULL are written together here, and the table is not "
                f"known at this point; pass {missing}"
            )
        before = None if column is None else column.type
        is_new = op.type_ is not None
        type_ = altered_type(op, before) if is_new else with_collation_of(type_, before)
        words = f"{self.spell.type(type_)} {'NULL' if nullable else 'NOT NULL'}"
        yield self.column_clause(op, words)

    # -- constraints -------------------------------------------------------------------------

    def add_constraint(self, constraint: sa.Constraint) -> Statement:
        refuse_deferrable([constraint], self.sa.name)
        return super().add_constraint(constraint)

    def drop_constraint(self, op: ops.DropConstraint, catalog: Catalog) -> Statements:
        """A key without a name is found by its columns when the statement runs."""
        found = catalog.constraint(op)
        named = op.constraint_name or (found is not None and found.constraint_name)
        kind = op.type_ or (found.kind if found is not None else None)
        if named or kind not in ("primary", "unique", "foreignkey"):
            yield from super().drop_constraint(op, catalog)
        else:
            columns = op.columns or (constructs.columns_of(found) if found is not None else ())
            yield Statement(self.blocks.drop_key(op.table_name, op.schema, kind, columns))

    def default_constraint_name(
        self,
        constraint: sa.Constraint,
        taken: Collection[str] = (),
        columns: Collection[str] = (),
    ) -> str | None:
        """None: SQL Server makes names up at random."""
        return None

    def rename_constraint(self, op: ops.RenameConstraint, catalog: Catalog) -> Statements:
        yield self._rename([op.constraint_name], op.schema, op.new_constraint_name, "OBJECT")

    # -- indexes -----------------------------------------------------------------------------

    def create_index_statement(
        self, op: ops.CreateIndex, index: sa.Index, *, guard: bool
    ) -> Statement:
        parts = (self.spell.expression(e) for e in _sa.index_expressions(index))
        if not all(map(is_plain_part, parts)):
            raise self.unsupported(
                op,
                "SQL Server indexes columns only; add a computed column with the expression and "
                "index that",
            )
        return super().create_index_statement(op, index, guard=guard)

    def drop_index(self, op: ops.DropIndex, catalog: Catalog) -> Statements:
        place = self.index_place(op, self._table_of(op, self.index_name(op), catalog))
        yield Statement(f"DROP INDEX {self.if_exists(op)}{place}")

    def index_place(self, op: ops.DropIndex, table_name: str | None = None) -> str:
        table = self.spell.qualified(cast("str", table_name or op.table_name), op.schema)
        return f"{self.spell.index_name(self.index_name(op))} ON {table}"

    def rename_index(self, op: ops.RenameIndex, catalog: Catalog) -> Statements:
        table = self._table_of(op, op.index_name, catalog)
        yield self._rename([table, op.index_name], op.schema, op.new_index_name, "INDEX")

    def _table_of(self, op: ops.DropIndex | ops.RenameIndex, index: str, catalog: Catalog) -> str:
        if op.table_name is not None:
            return op.table_name
        found = catalog.index(index, None, op.schema)
        if found is None:
            raise InvalidOperation(
                f"{op.describe()}: an index lives in its table here, and no table known at this "
                "point has it; give table_name"
            )
        return found.table_name

    # -- schemas and sequences ---------------------------------------------------------------

    def drop_schema(self, op: ops.DropSchema, catalog: Catalog) -> Statements:
        if op.cascade:
            raise self.unsupported(op, "a schema is dropped empty; drop its tables first")
        yield from super().drop_schema(op, catalog)

    def sequence_option(self, op: ops.AlterSequence, key: str, value: Any) -> str:
        if key == "start":
            return f"RESTART WITH {int(value)}"
        return super().sequence_option(op, key, value)

    # -- data --------------------------------------------------------------------------------

    def bulk_insert(self, op: ops.BulkInsert, catalog: Catalog) -> Statements:
        """Values for an IDENTITY column are taken only while IDENTITY_INSERT is on."""
        inserts = super().bulk_insert(op, catalog)
        identity = _identity_of(op.table, catalog)
        if identity is None or not any(identity in row for row in op.rows):
            yield from inserts
            return
        table = self.spell.qualified(op.table.name, op.table.schema)
        yield Statement(f"SET IDENTITY_INSERT {table} ON", is_data=True)
        yield from inserts
        yield Statement(f"SET IDENTITY_INSERT {table} OFF", is_data=True)


def _identity_of(table: Any, catalog: Catalog) -> str | None:
    """The key of the column that the server numbers; None where there is none or nobody knows."""
    if not isinstance(table, sa.Table):
        try:
            table = catalog.table(table.name, table.schema)
        except UnknownTable:
            return None
    for column in table.columns:
        if column.identity is not None:
            return str(column.key)
    numbered = _sa.autoincrement_column(table)
    return None if numbered is None else str(numbered.key)


def _beside(op: ops.DropColumn, catalog: Catalog) -> list[ops.Operation]:
    """The constraints and indexes that speak of the column, as far as the catalog knows."""
    completed = catalog.complete(op)
    original = completed.original if isinstance(completed, ops.DropColumn) else None
    return [] if original is None else list(constructs.beside(original))


def _any(items: list[ops.Operation], kind: type[ops.Operation]) -> bool:
    return any(isinstance(item, kind) for item in items)
