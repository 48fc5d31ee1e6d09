"""Verb → statements, in standard SQL. A database's module overrides what it writes differently.

A method computes statements and runs nothing; what it must know it asks the catalog, and it asks
before it yields the first statement.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, cast

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateSequence, CreateTable
from sqlalchemy.sql.elements import ClauseElement

from .. import _sa, ops
from ..errors import InvalidOperation, UnknownTable, UnsupportedOperation
from ..ops import constructs
from ..ops.plain import is_plain_column, numbered_column, primary_key
from .base import Statement
from .clauses import clause, merged
from .guards import is_guarded, is_needed
from .keywords import check_keywords
from .spelling import Spelling

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

    from ..catalog import Catalog, Folding

Statements = Iterator[Statement]

#: Naming conventions that name every primary key.
_KEY_NAMES: frozenset[Any] = frozenset({"pk", sa.PrimaryKeyConstraint})

#: What the server itself can guard with IF [NOT] EXISTS in most databases.
STANDARD_GUARDS = frozenset({"create_table", "drop_table"})


class DDL:
    """Spells operations as statements; one method per verb."""

    #: The verbs whose IF [NOT] EXISTS the server understands; for the rest the catalog is asked.
    guarded: ClassVar[frozenset[str]] = STANDARD_GUARDS
    #: Whether ALTER TABLE takes several clauses.
    combines_clauses: ClassVar[bool] = False
    #: How a script ends a statement.
    script_end: ClassVar[str] = ";"
    #: Whether SQLAlchemy compiles a column that stands in no table.
    compiles_loose_columns: ClassVar[bool] = True
    #: Whether tables of nothing but columns are written by `plain_column`.
    plain_tables: ClassVar[bool] = False
    #: Table options that this database can change though not every SQLAlchemy knows them.
    table_options: ClassVar[frozenset[str]] = frozenset()
    #: Keywords beside those of `dialects.keywords`, for databases that are added from outside.
    extra_keywords: ClassVar[frozenset[str]] = frozenset()
    #: Statements of the user's that the server refuses inside a transaction; None where none is.
    never_in_transaction: ClassVar[re.Pattern[str] | None] = None

    def __init__(self, sa_dialect: SQLAlchemyDialect) -> None:
        self.sa = sa_dialect
        self.spell = Spelling(sa_dialect)

    def statements(self, op: ops.Operation, catalog: Catalog) -> Statements:
        """The statements of one operation, in order. The catalog is as before the operation.

        Raises UnsupportedOperation, InvalidOperation or UnknownTable before the first statement.
        """
        if isinstance(op, ops.CustomOperation):
            for sql in op.statements(self.sa.name):
                yield Statement(sql)
            return
        if is_guarded(op) and op.verb not in self.guarded and not is_needed(op, catalog):
            return
        check_keywords(op, self.extra_keywords)
        if isinstance(op, ops.AddColumn):
            op = constructs.with_its_besides(op)
        try:
            yield from getattr(self, op.verb)(op, catalog)
        except sa.exc.CompileError as error:
            raise self.unsupported(op, str(error)) from error
        except (sa.exc.ArgumentError, sa.exc.IdentifierError) as error:
            raise InvalidOperation(f"{op.describe()}: {error}") from error

    def new_catalog(self, *, naming_convention: Mapping[str, Any] | None = None) -> Catalog:
        """An empty catalog that follows operations offline, with this database's own rules."""
        from ..catalog import Catalog

        catalog = Catalog(naming_convention=naming_convention)
        catalog.folding = self.folding(naming_convention)
        return catalog

    def folding(self, naming_convention: Mapping[str, Any] | None) -> Folding:
        """How an operation changes a table that is followed offline."""
        from ..catalog import Folding

        return Folding(naming_convention, dialect=self.sa)

    def unsupported(self, op: ops.Operation, reason: str) -> UnsupportedOperation:
        """The error for what this database cannot do."""
        return UnsupportedOperation(op, self.sa.name, reason)

    def if_exists(self, op: Any) -> str:
        """IF EXISTS, where it was asked for and the server takes it."""
        return "IF EXISTS " if op.if_exists and op.verb in self.guarded else ""

    def if_not_exists(self, op: Any) -> str:
        """IF NOT EXISTS, where it was asked for and the server takes it."""
        return "IF NOT EXISTS " if op.if_not_exists and op.verb in self.guarded else ""

    def on_table(self, op: ops.TableOperation) -> str:
        """The operation's table as it stands in SQL."""
        return self.spell.qualified(op.table_name, op.schema)

    # -- tables ------------------------------------------------------------------------------

    def create_table(self, op: ops.CreateTable, catalog: Catalog) -> Statements:
        if (plain := self.plain_table(op, catalog.naming_convention)) is not None:
            yield Statement(plain)
            return
        table = self.typed(op.to_table(catalog.naming_convention), op, catalog)
        there = op.if_not_exists and catalog.has_table(op.table_name, op.schema)
        yield from self.before_table(op, table, catalog)
        guard = op.if_not_exists and "create_table" in self.guarded
        yield Statement(self.spell.element(CreateTable(table, if_not_exists=guard)))
        for constraint in sorted(self.separate_constraints(table), key=lambda c: str(c.name)):
            yield self.add_constraint(constraint)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield from self.index_of_table(op, table, index, catalog)
        if not there:
            yield from self.comments(table)

    def plain_table(self, op: ops.CreateTable, convention: Mapping[Any, Any] | None) -> str | None:
        """CREATE TABLE for a table of nothing but columns, as SQLAlchemy writes it.

        None where SQLAlchemy must write it.
        """
        if not self.writes_plain_columns or not _KEY_NAMES.isdisjoint(convention or ()):
            return None
        if (columns := op.plain_columns) is None:
            return None
        numbered = numbered_column(columns)
        try:
            lines = [self.plain_column(c, numbered=c is numbered) for c in columns]
        except sa.exc.CompileError:
            return None  # SQLAlchemy's words name the column
        if key := primary_key(columns):
            lines.append(f"PRIMARY KEY ({self.spell.names(column.name for column in key)})")
        guard, inside = self.if_not_exists(op), ", \n\t".join(lines)
        return f"CREATE TABLE {guard}{self.on_table(op)} (\n\t{inside}\n)"

    @property
    def writes_plain_columns(self) -> bool:
        """Whether `plain_column` writes what SQLAlchemy would: nobody changes what that writes."""
        return self._has_plain_compiler and not _sa.tables_are_rewritten(self.sa.name)

    @cached_property
    def _has_plain_compiler(self) -> bool:
        """Whether `plain_column` stands for SQLAlchemy's own compiler, and nobody replaced that."""
        compiler: Any = self.sa.ddl_compiler
        return self.plain_tables and str(compiler.__module__).startswith("sqlalchemy.dialects.")

    def plain_column(self, column: sa.Column[Any], *, numbered: bool) -> str:
        """A column that has a name, a type and a NOT NULL; `numbered` if the database fills it."""
        null = "" if column.nullable else " NOT NULL"
        return f"{self.spell.name(column.name)} {self.spell.type(column.type)}{null}"

    def loose_column(self, column: sa.Column[Any]) -> str:
        """A column as ADD COLUMN takes it, whether it stands in a table or not."""
        if self.writes_plain_columns and is_plain_column(column):
            with suppress(sa.exc.CompileError):  # SQLAlchemy's words name the column
                return self.plain_column(column, numbered=False)
        return self.spell.column(column)

    def before_table(
        self, op: ops.CreateTable, table: sa.Table, catalog: Catalog
    ) -> Iterable[Statement]:
        """What must be there before the table, such as types."""
        return ()

    def separate_constraints(self, table: sa.Table) -> list[sa.ForeignKeyConstraint]:
        """The foreign keys that CREATE TABLE leaves out (`use_alter`)."""
        if not self.sa.supports_alter:
            return []
        return [key for key in table.foreign_key_constraints if key.use_alter]

    def index_of_table(
        self, op: ops.CreateTable, table: sa.Table, index: sa.Index, catalog: Catalog
    ) -> Iterable[Statement]:
        """One index of a new table, guarded as the table is."""
        create = constructs.index_operation_of(index, table)
        guard = op.if_not_exists and "create_index" in self.guarded
        if op.if_not_exists and not guard:
            name = None if index.name is None else str(index.name)
            if catalog.has_index(name, op.table_name, op.schema):
                return ()
        return [self.create_index_statement(create, index, guard=guard)]

    def comments(self, table: sa.Table) -> Iterable[Statement]:
        """COMMENT ON for a new table and its columns, where comments are not inline."""
        if not self.sa.supports_comments or self.sa.inline_comments:
            return
        name = self.spell.qualified(table.name, table.schema)
        if table.comment is not None:
            yield self.comment_on_table(name, table.comment)
        for column in table.columns:
            if column.comment is not None:
                yield self.comment_on_column(name, column.name, column.comment)

    def drop_table(self, op: ops.DropTable, catalog: Catalog) -> Statements:
        if op.options:
            sa.Table(op.table_name, sa.MetaData(), **op.options)
        yield Statement(f"DROP TABLE {self.if_exists(op)}{self.on_table(op)}")

    def rename_table(self, op: ops.RenameTable, catalog: Catalog) -> Statements:
        old = self.spell.qualified(op.old_table_name, op.schema)
        yield Statement(f"ALTER TABLE {old} RENAME TO {self.spell.name(op.new_table_name)}")

    def create_table_comment(self, op: ops.CreateTableComment, catalog: Catalog) -> Statements:
        self.require_comments(op)
        yield self.comment_on_table(self.on_table(op), op.comment)

    def drop_table_comment(self, op: ops.DropTableComment, catalog: Catalog) -> Statements:
        self.require_comments(op)
        yield self.comment_on_table(self.on_table(op), None)

    def require_comments(self, op: ops.Operation) -> None:
        """Raise where this database stores no comments."""
        if not self.sa.supports_comments:
            raise self.unsupported(op, "it stores no comments")

    def comment_on_table(self, table: str, comment: str | None) -> Statement:
        return Statement(f"COMMENT ON TABLE {table} IS {self.comment_literal(comment)}")

    def comment_on_column(self, table: str, column: str, comment: str | None) -> Statement:
        place = f"{table}.{self.spell.name(column)}"
        return Statement(f"COMMENT ON COLUMN {place} IS {self.comment_literal(comment)}")

    def comment_literal(self, comment: str | None) -> str:
        """A comment, or what removes it."""
        return "NULL" if comment is None else self.spell.literal(comment)

    def alter_table_options(self, op: ops.AlterTableOptions, catalog: Catalog) -> Statements:
        own = self.own_options(op)
        if own:
            raise self.unsupported(op, f"it cannot change {', '.join(sorted(own))} afterwards")
        yield from ()

    def own_options(self, op: ops.AlterTableOptions) -> dict[str, Any]:
        """The options meant for this database, without their prefix; unknown ones are an error."""
        unsure = {k: v for k, v in op.options.items() if k not in self.table_options}
        sa.Table(op.table_name, sa.MetaData(), **unsure)
        prefix = f"{self.sa.name}_"
        return {
            key.removeprefix(prefix): value
            for key, value in op.options.items()
            if key.startswith(prefix)
        }

    def batch_alter_table(self, op: ops.BatchAlterTable, catalog: Catalog) -> Statements:
        steps = self.changes(op, catalog)
        yield from merged(steps) if self.combines_clauses else steps

    def changes(self, op: ops.BatchAlterTable, catalog: Catalog) -> Statements:
        """The statements of a batch, each change seeing the table as the former ones leave it."""
        scratch = catalog.ahead(self.default_constraint_name) if len(op.changes) > 1 else catalog
        for change in op.changes:
            yield from self.statements(change, scratch)
            if scratch is not catalog:
                scratch.observe(change)

    # -- columns -----------------------------------------------------------------------------

    def typed(self, table: sa.Table, op: ops.Operation, catalog: Catalog) -> sa.Table:
        """The table, its untyped foreign key columns having their referents' types.

        Raises InvalidOperation for a column whose type nobody knows.
        """
        if not any(_is_untyped(column) for column in table.columns):
            return table
        if isinstance(op, ops.CreateTable):  # its table is shared; others are made for the moment
            table = _sa.copy_table(table)
        for column in table.columns:
            if _is_untyped(column):
                column.type = self.referent_type(column, op, catalog)
        return table

    def referent_type(self, column: sa.Column[Any], op: ops.Operation, catalog: Catalog) -> Any:
        """The type of the column that an untyped column refers to."""
        for key in column.foreign_keys:
            schema, name, remote = _sa.referent_of(key)
            own = column.table.c.get(remote or column.name)
            at_home = (name, schema) == (column.table.name, column.table.schema)
            if at_home and own is not None and not isinstance(own.type, sa.types.NullType):
                return own.type
            try:
                found = catalog.table(name, schema).c.get(remote or column.name)
            except UnknownTable:
                continue
            if found is not None and not isinstance(found.type, sa.types.NullType):
                return found.type
        raise InvalidOperation(
            f"{op.describe()}: column {column.name!r} has no type, and no table that it refers to "
            "is known to give it one; write the type"
        )

    def add_column(self, op: ops.AddColumn, catalog: Catalog) -> Statements:
        self.require_end_position(op)
        if self.compiles_loose_columns and constructs.is_plain(op.column):
            # No private table for the most usual case: it would cost more than all the rest.
            text = self.column_definition(op, op.column, None)
            words = f"{self.add_column_words(op)}{text}"
            yield clause(self.on_table(op), words, adds={op.column.name})
            return
        table = constructs.column_table(op, catalog.naming_convention)
        table = self.typed(table, op, catalog)
        column = table.c[op.column.key]
        inline = self.inline_reference(op, table)
        yield from self.before_column(op, column, catalog)
        text = self.column_definition(op, column, inline)
        name = self.on_table(op)
        yield clause(name, f"{self.add_column_words(op)}{text}", adds={column.name})
        yield from self.beside_column(op, table, inline)

    def add_column_words(self, op: ops.AddColumn) -> str:
        """What stands between ALTER TABLE t and the column's definition."""
        return f"ADD COLUMN {self.if_not_exists(op)}"

    def before_column(
        self, op: ops.AddColumn, column: sa.Column[Any], catalog: Catalog
    ) -> Iterable[Statement]:
        """What must be there before the column, such as its type."""
        return ()

    def column_definition(
        self, op: ops.AddColumn, column: sa.Column[Any], inline: sa.ForeignKeyConstraint | None
    ) -> str:
        """The column as ADD COLUMN takes it."""
        text = self.loose_column(column)
        if op.inline_primary_key and column.primary_key:
            text += " PRIMARY KEY"
        if inline is not None:
            text += f" {self.inline_reference_text(inline)}"
        return text

    def inline_reference(
        self, op: ops.AddColumn, table: sa.Table
    ) -> sa.ForeignKeyConstraint | None:
        """The foreign key that is written into the column, if that was asked for."""
        keys = list(table.foreign_key_constraints)
        return keys[0] if op.inline_references and len(keys) == 1 else None

    def inline_reference_text(self, key: sa.ForeignKeyConstraint) -> str:
        """A foreign key as a column constraint: without FOREIGN KEY (column)."""
        text = self.spell.element(key)
        head, _, tail = text.partition("FOREIGN KEY")
        return f"{head}REFERENCES{tail.partition('REFERENCES')[2]}"

    def beside_column(
        self, op: ops.AddColumn, table: sa.Table, inline: sa.ForeignKeyConstraint | None
    ) -> Statements:
        """The new column's constraints, index and comment."""
        for constraint in self.constraints_beside(table, inline):
            yield self.add_constraint(constraint)
        for index in table.indexes:
            guard = op.if_not_exists and "create_index" in self.guarded
            create = constructs.index_operation_of(index, table)
            yield self.create_index_statement(create, index, guard=guard)
        yield from self.comments(table)

    def constraints_beside(
        self, table: sa.Table, inline: sa.ForeignKeyConstraint | None
    ) -> list[sa.Constraint]:
        """The constraints that come with a column and are not written into it."""
        found = [
            constraint
            for constraint in table.constraints
            if not isinstance(constraint, sa.PrimaryKeyConstraint)
            and constraint is not inline
            and _sa.should_create(constraint, self.spell.compiler)
        ]
        return sorted(found, key=lambda c: (type(c).__name__, str(c.name)))

    def require_end_position(self, op: ops.AddColumn | ops.AlterColumn) -> None:
        """Raise where a column's place was asked for, which this database cannot choose."""
        if op.insert_before or op.insert_after:
            raise self.unsupported(op, "a column cannot be given a place here; it goes last")

    def drop_column(self, op: ops.DropColumn, catalog: Catalog) -> Statements:
        name = self.spell.name(op.column_name)
        text = f"DROP COLUMN {self.if_exists(op)}{name}"
        yield clause(self.on_table(op), text, needs={op.column_name})

    def rename_column(self, op: ops.RenameColumn, catalog: Catalog) -> Statements:
        yield self.rename_column_statement(op, op.new_column_name)

    def rename_column_statement(
        self, op: ops.RenameColumn | ops.AlterColumn, new_name: str
    ) -> Statement:
        old, new = self.spell.name(op.column_name), self.spell.name(new_name)
        return Statement(f"ALTER TABLE {self.on_table(op)} RENAME COLUMN {old} TO {new}")

    def alter_column(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        self.require_end_position(op)
        yield from self.alter_facets(op, catalog)
        if op.changes("comment"):
            self.require_comments(op)
            yield self.comment_on_column(
                self.on_table(op), op.column_name, cast("str | None", op.comment)
            )
        if op.new_column_name and op.new_column_name != op.column_name:
            yield self.rename_column_statement(op, op.new_column_name)

    def alter_facets(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        """Type, default and nullability, in an order in which each step is valid.

        The default comes first, but that an identity must be NOT NULL as long as it is one.
        """
        drop, add = self.type_constraints(op, catalog)
        default = tuple(self.alter_default(op, catalog))
        yield from drop
        if op.type_ is not None:
            yield from self.alter_type(op, catalog)
        is_first = op.nullable is False and isinstance(op.server_default, sa.Identity)
        if is_first:
            yield self.column_clause(op, "SET NOT NULL")
        yield from default
        if op.nullable is not None and not is_first:
            yield self.column_clause(op, f"{'DROP' if op.nullable else 'SET'} NOT NULL")
        yield from add

    def alter_type(self, op: ops.AlterColumn, catalog: Catalog) -> Iterable[Statement]:
        return [self.column_clause(op, f"TYPE {self.spell.type(cast('Any', op.type_))}")]

    def column_clause(self, op: ops.AlterColumn, change: str) -> Statement:
        """ALTER TABLE t ALTER COLUMN c …"""
        text = f"ALTER COLUMN {self.spell.name(op.column_name)} {change}"
        return clause(self.on_table(op), text, needs={op.column_name})

    def alter_default(self, op: ops.AlterColumn, catalog: Catalog) -> Iterable[Statement]:
        """A new default, or a change from or to Identity or Computed."""
        if not op.changes("server_default"):
            return ()
        before = self.existing_default(op, catalog)
        now = op.server_default
        if isinstance(before, sa.Computed) or isinstance(now, sa.Computed):
            return self.alter_computed(op, before, now)
        if isinstance(before, sa.Identity) or isinstance(now, sa.Identity):
            return self.alter_identity(op, before, now)
        return [self.column_clause(op, self.default_change(now))]

    def default_change(self, value: Any) -> str:
        """SET DEFAULT or DROP DEFAULT."""
        return "DROP DEFAULT" if value is None else f"SET DEFAULT {self.spell.default(value)}"

    def existing_default(self, op: ops.AlterColumn, catalog: Catalog) -> Any:
        """The default before, as the caller says or the catalog knows; None where nobody does."""
        if op.existing_server_default is not ops.UNCHANGED:
            return op.existing_server_default
        column = catalog.column(op.table_name, op.column_name, op.schema)
        return None if column is None else column.server_default

    def alter_computed(self, op: ops.AlterColumn, before: Any, now: Any) -> Iterable[Statement]:
        raise self.unsupported(
            op,
            "whether and how a column is generated cannot be changed in place; drop the column "
            "and add it again",
        )

    def alter_identity(self, op: ops.AlterColumn, before: Any, now: Any) -> Iterable[Statement]:
        raise self.unsupported(op, "identity cannot be changed afterwards")

    def type_constraints(
        self, op: ops.AlterColumn, catalog: Catalog
    ) -> tuple[list[Statement], list[Statement]]:
        """Dropping the CHECKs of the old type (Boolean, Enum) and adding those of the new one."""
        if op.type_ is None:
            return [], []
        before = op.existing_type
        if before is None:
            before = catalog.written_type(op.table_name, op.column_name, op.schema)
        old = [] if before is None else self.bound_constraints(op, before, catalog)
        new = self.bound_constraints(op, op.type_, catalog)
        names = [name for name in map(self.name_of, old) if self.is_there(op, name, catalog)]
        drop = [self.drop_named_constraint(op, name) for name in names]
        return drop, [self.add_constraint(constraint) for constraint in new]

    def is_there(self, op: ops.TableOperation, name: str, catalog: Catalog) -> bool:
        """Whether a table has this CHECK; a database may have got its column in another way."""
        if catalog.connection is None:
            return True
        drop = ops.DropConstraint(
            op.table_name, constraint_name=name, type_="check", schema=op.schema
        )
        return catalog.constraint(drop) is not None

    def bound_constraints(
        self, op: ops.AlterColumn, type_: Any, catalog: Catalog
    ) -> list[sa.Constraint]:
        """The constraints that a type brings along on this database."""
        if not isinstance(type_, sa.types.SchemaType):
            return []
        column: sa.Column[Any] = sa.Column(op.column_name, type_)
        table = constructs.column_table(
            ops.AddColumn(op.table_name, column, schema=op.schema), catalog.naming_convention
        )
        return [
            constraint
            for constraint in table.constraints
            if _sa.is_type_bound(constraint) and _sa.should_create(constraint, self.spell.compiler)
        ]

    # -- constraints -------------------------------------------------------------------------

    def create_primary_key(self, op: ops.CreatePrimaryKey, catalog: Catalog) -> Statements:
        yield self.create_constraint(op, catalog)

    def create_unique_constraint(
        self, op: ops.CreateUniqueConstraint, catalog: Catalog
    ) -> Statements:
        yield self.create_constraint(op, catalog)

    def create_foreign_key(self, op: ops.CreateForeignKey, catalog: Catalog) -> Statements:
        yield self.create_constraint(op, catalog)

    def create_check_constraint(
        self, op: ops.CreateCheckConstraint, catalog: Catalog
    ) -> Statements:
        yield self.create_constraint(op, catalog)

    def create_exclude_constraint(
        self, op: ops.CreateExcludeConstraint, catalog: Catalog
    ) -> Statements:
        raise self.unsupported(op, "it has no exclusion constraints")

    def create_constraint(self, op: ops.CreateConstraint, catalog: Catalog) -> Statement:
        """ADD CONSTRAINT for any kind."""
        return self.add_constraint(constructs.constraint_of(op, catalog.naming_convention))

    def add_constraint(self, constraint: sa.Constraint) -> Statement:
        """ADD CONSTRAINT of a constraint that stands on a table."""
        table: sa.Table = constraint.table
        return clause(
            self.spell.qualified(table.name, table.schema), f"ADD {self.spell.element(constraint)}"
        )

    def drop_constraint(self, op: ops.DropConstraint, catalog: Catalog) -> Statements:
        name = self.dropped_name(op, catalog)
        if name is not None:
            yield self.drop_named_constraint(op, name, self.if_exists(op))

    def drop_named_constraint(
        self, op: ops.TableOperation, name: str, guard: str = ""
    ) -> Statement:
        text = f"DROP CONSTRAINT {guard}{self.spell.constraint_name(name)}"
        return clause(self.on_table(op), text)

    def dropped_name(self, op: ops.DropConstraint, catalog: Catalog) -> str | None:
        """The name of the constraint to drop; None where if_exists finds nothing.

        A constraint given by its columns is looked up in the catalog; one that nobody named has
        the name that the database gives by its own rule.
        """
        if op.constraint_name is not None:
            return constructs.final_constraint_name(op, catalog.naming_convention)
        found = catalog.constraint(op)
        if found is not None:
            columns = list(catalog.state(op.table_name, op.schema).columns)
            return self.name_of(constructs.constraint_of(found), columns)
        if op.if_exists:
            return None
        raise InvalidOperation(f"{op.describe()}: the table has no such constraint")

    def name_of(self, constraint: sa.Constraint, columns: Collection[str] = ()) -> str:
        """A constraint's name, also where the database chose it."""
        if constraint.name is not None:
            return cast("str", constraint.name)
        name = self.default_constraint_name(constraint, (), columns)
        if name is None:
            raise InvalidOperation(
                f"a constraint of table {constraint.table.name!r} has no name, so this database "
                "gives it one that is not known here; name it when it is created"
            )
        return name

    def default_constraint_name(
        self,
        constraint: sa.Constraint,
        taken: Collection[str] = (),
        columns: Collection[str] = (),
    ) -> str | None:
        """The name this database gives an unnamed constraint; None where that cannot be known.

        `taken` are the names in use, `columns` all the columns of the table.
        """
        return None

    def rename_constraint(self, op: ops.RenameConstraint, catalog: Catalog) -> Statements:
        old = self.spell.constraint_name(op.constraint_name)
        new = self.spell.constraint_name(op.new_constraint_name)
        yield Statement(f"ALTER TABLE {self.on_table(op)} RENAME CONSTRAINT {old} TO {new}")

    # -- indexes -----------------------------------------------------------------------------

    def create_index(self, op: ops.CreateIndex, catalog: Catalog) -> Statements:
        index = constructs.index_of(op, catalog.naming_convention)
        guard = op.if_not_exists and op.verb in self.guarded
        yield self.create_index_statement(op, index, guard=guard)

    def create_index_statement(
        self, op: ops.CreateIndex, index: sa.Index, *, guard: bool
    ) -> Statement:
        return Statement(self.spell.element(CreateIndex(index, if_not_exists=guard)))

    def drop_index(self, op: ops.DropIndex, catalog: Catalog) -> Statements:
        yield Statement(f"DROP INDEX {self.if_exists(op)}{self.index_place(op)}")

    def index_place(self, op: ops.DropIndex) -> str:
        """The index as DROP INDEX takes it."""
        name = self.spell.index_name(self.index_name(op))
        return f"{self.spell.qualified_prefix(op.schema)}{name}"

    def index_name(self, op: ops.DropIndex) -> str:
        """The index's name; one that was dropped by its definition has its convention's name."""
        if op.index_name is not None:
            return op.index_name
        if op.original is not None:
            name = constructs.index_of(op.original).name
            if name is not None:
                return cast("str", name)
        raise InvalidOperation(f"{op.describe()}: an index is dropped by its name")

    def rename_index(self, op: ops.RenameIndex, catalog: Catalog) -> Statements:
        old = f"{self.spell.qualified_prefix(op.schema)}{self.spell.index_name(op.index_name)}"
        new = self.spell.index_name(op.new_index_name)
        yield Statement(f"ALTER INDEX {old} RENAME TO {new}")

    # -- schemas and sequences ---------------------------------------------------------------

    def create_schema(self, op: ops.CreateSchema, catalog: Catalog) -> Statements:
        name = self.spell.schema(op.schema_name)
        yield Statement(f"CREATE SCHEMA {self.if_not_exists(op)}{name}")

    def drop_schema(self, op: ops.DropSchema, catalog: Catalog) -> Statements:
        cascade = " CASCADE" if op.cascade else ""
        name = self.spell.schema(op.schema_name)
        yield Statement(f"DROP SCHEMA {self.if_exists(op)}{name}{cascade}")

    def create_sequence(self, op: ops.CreateSequence, catalog: Catalog) -> Statements:
        self.require_sequences(op)
        sequence = self.sequence(op)
        guard = op.if_not_exists and op.verb in self.guarded
        yield Statement(self.spell.element(CreateSequence(sequence, if_not_exists=guard)))

    def sequence(self, op: ops.CreateSequence | ops.AlterSequence) -> sa.Sequence:
        """SQLAlchemy's Sequence with the operation's options."""
        try:
            return sa.Sequence(op.sequence_name, schema=op.schema, **op.options)
        except TypeError as error:
            raise InvalidOperation(f"{op.describe()}: {error}") from error

    def require_sequences(self, op: ops.Operation) -> None:
        """Raise where this database has no sequences."""
        if not self.sa.supports_sequences:
            raise self.unsupported(op, "it has no sequences")

    def alter_sequence(self, op: ops.AlterSequence, catalog: Catalog) -> Statements:
        self.require_sequences(op)
        self.sequence(op)
        words = [self.sequence_option(op, key, value) for key, value in op.options.items()]
        if words:
            name = self.spell.qualified(op.sequence_name, op.schema)
            yield Statement(f"ALTER SEQUENCE {name} {' '.join(words)}")

    def sequence_option(self, op: ops.AlterSequence, key: str, value: Any) -> str:
        """One option of ALTER SEQUENCE."""
        match key, value:
            case "increment" | "start", int():
                return f"{key.upper()} {'BY' if key == 'increment' else 'WITH'} {value}"
            case "minvalue" | "maxvalue" | "cache", int():
                return f"{key.upper()} {value}"
            case ("minvalue" | "maxvalue", None) | ("nominvalue" | "nomaxvalue", True):
                return f"NO {key.removeprefix('no').upper()}"
            case "cycle", bool() | None:
                return "CYCLE" if value else "NO CYCLE"
        raise self.unsupported(op, f"{key}={value!r} cannot be changed")

    def drop_sequence(self, op: ops.DropSequence, catalog: Catalog) -> Statements:
        self.require_sequences(op)
        name = self.spell.qualified(op.sequence_name, op.schema)
        yield Statement(f"DROP SEQUENCE {self.if_exists(op)}{name}")

    # -- enums: where they are no types of their own, creating and dropping one is nothing -------

    def create_enum(self, op: ops.CreateEnum, catalog: Catalog) -> Statements:
        yield from ()

    def drop_enum(self, op: ops.DropEnum, catalog: Catalog) -> Statements:
        yield from ()

    def add_enum_value(self, op: ops.AddEnumValue, catalog: Catalog) -> Statements:
        raise self.unsupported(op, _NO_ENUM_TYPES)

    def drop_enum_value(self, op: ops.DropEnumValue, catalog: Catalog) -> Statements:
        raise self.unsupported(op, _NO_ENUM_TYPES)

    def rename_enum_value(self, op: ops.RenameEnumValue, catalog: Catalog) -> Statements:
        raise self.unsupported(op, _NO_ENUM_TYPES)

    # -- data --------------------------------------------------------------------------------

    def execute(self, op: ops.ExecuteSQL, catalog: Catalog) -> Statements:
        made: Any = sa.text(op.sqltext) if isinstance(op.sqltext, str) else op.sqltext
        if op.execution_options:
            made = made.execution_options(**op.execution_options)
        yield Statement(made, is_data=True, autocommit=self._refuses_a_transaction(made))

    def _refuses_a_transaction(self, statement: Any) -> bool:
        text = getattr(statement, "text", None)
        if self.never_in_transaction is None or not isinstance(text, str):
            return False
        return self.never_in_transaction.match(_COMMENTS.sub(" ", text).lstrip()) is not None

    def bulk_insert(self, op: ops.BulkInsert, catalog: Catalog) -> Statements:
        self.require_columns(op)
        insert = sa.insert(op.table).inline()
        for has_expressions, rows in groupby(op.rows, _has_expressions):
            for _, same in groupby(rows, frozenset):
                yield from self.insert_rows(op, insert, list(same), has_expressions)

    def insert_rows(
        self,
        op: ops.BulkInsert,
        insert: sa.Insert,
        rows: list[Mapping[str, Any]],
        has_expressions: bool,  # noqa: FBT001 - it travels beside the rows it describes
    ) -> Statements:
        """Rows with the same columns: one executemany, or row by row."""
        if has_expressions:
            for row in rows:
                yield Statement(insert.values(row), is_data=True)
        elif op.multiinsert:
            yield Statement(insert, rows, is_data=True)
        else:
            for row in rows:
                yield Statement(insert, [row], is_data=True)

    def require_columns(self, op: ops.BulkInsert) -> None:
        """Raise InvalidOperation for a row that names a column the table does not have."""
        known = set(op.table.c.keys())
        for row in op.rows:
            if unknown := row.keys() - known:
                raise InvalidOperation(
                    f"{op.describe()}: the table given has no column {sorted(unknown)[0]!r}"
                )


_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_NO_ENUM_TYPES = "it has no enum types of their own; alter the columns that use the enum"


def _has_expressions(row: Mapping[str, Any]) -> bool:
    return any(isinstance(value, ClauseElement) for value in row.values())


def _is_untyped(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.types.NullType) and bool(column.foreign_keys)
