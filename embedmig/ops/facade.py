"""`op`: what a revision function is given. One short method per verb; the names are Alembic's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from .. import ops
from ..errors import InvalidOperation
from .base import UNCHANGED, frozen_options

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Table
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.sql.elements import ClauseElement, conv
    from sqlalchemy.types import TypeEngine


class Destination(Protocol):
    """Where operations go: a database, a script, or a replay."""

    @property
    def is_offline(self) -> bool: ...

    @property
    def dialect_name(self) -> str: ...

    @property
    def naming_convention(self) -> Mapping[str, Any] | None: ...

    def apply(self, operation: ops.Operation) -> None: ...

    @property
    def connection(self) -> Connection: ...

    def table(self, name: str, schema: str | None) -> Table: ...

    def autocommit_block(self) -> AbstractContextManager[None]: ...


class _Changes:
    """The operations that a database, a script and a batch block have in common."""

    def __init__(self, apply: Callable[[ops.Operation], None]) -> None:
        self._apply = apply

    def invoke(self, operation: ops.Operation) -> None:
        """Apply an operation that is at hand as data, a custom one included."""
        self._apply(operation)

    def f(self, name: str) -> conv:
        """Mark a name as final, so that no naming convention is applied to it."""
        from sqlalchemy.sql.elements import conv

        final: conv = conv(name)  # SQLAlchemy 2.0 leaves its constructor untyped
        return final


class Operations(_Changes):
    """The `op` argument of a revision function.

    Every method applies one operation: it runs it, writes it into the script, or records it,
    depending on who called. On PostgreSQL, DDL may be sent later in the same transaction, before
    anything looks at the database. Method and parameter names are those of Alembic's `op`.
    """

    def __init__(self, destination: Destination) -> None:
        super().__init__(destination.apply)
        self._destination = destination

    # -- where we are ------------------------------------------------------------------------

    @property
    def is_offline(self) -> bool:
        """True while rendering SQL or replaying: there is no database to ask."""
        return self._destination.is_offline

    @property
    def dialect_name(self) -> str:
        """SQLAlchemy's name of the database that the operations are spelled for."""
        return self._destination.dialect_name

    @property
    def connection(self) -> Connection:
        """The migration's connection, inside its transaction; raises NeedsDatabase offline.

        Do not commit or roll back on it: the revision's record belongs to the same transaction.
        """
        return self._destination.connection

    def get_bind(self) -> Connection:
        """The same as `connection`, under Alembic's name."""
        return self._destination.connection

    def table(self, table_name: str, *, schema: str | None = None) -> Table:
        """The table as it is at this point of the history, for data migrations; offline too.

        Raises UnknownTable where no earlier revision made it.
        """
        return self._destination.table(table_name, schema)

    def autocommit_block(self) -> AbstractContextManager[None]:
        """A block whose statements run outside a transaction; what came before is committed."""
        return self._destination.autocommit_block()

    def inline_literal(self, value: Any, type_: TypeEngine[Any] | None = None) -> ClauseElement:
        """A literal that is written into the SQL text instead of travelling as a parameter."""
        from sqlalchemy import literal

        return literal(value, type_, literal_execute=True)

    # -- tables ------------------------------------------------------------------------------

    def create_table(
        self,
        table_name: str,
        *columns: SchemaItem,
        schema: str | None = None,
        if_not_exists: bool = False,
        comment: str | None = None,
        prefixes: Sequence[str] = (),
        info: Mapping[Any, Any] | None = None,
        **options: Any,
    ) -> Table:
        """CREATE TABLE with its indexes; returns the Table, for bulk_insert and statements."""
        operation = ops.CreateTable(
            table_name,
            columns,
            schema=schema,
            if_not_exists=if_not_exists,
            comment=comment,
            prefixes=tuple(prefixes),
            info=frozen_options(info or {}),
            options=frozen_options(options),
        )
        self._apply(operation)
        return operation.late_table(self._destination.naming_convention)

    def drop_table(
        self, table_name: str, *, schema: str | None = None, if_exists: bool = False, **options: Any
    ) -> None:
        """DROP TABLE."""
        self._apply(
            ops.DropTable(
                table_name, schema=schema, if_exists=if_exists, options=frozen_options(options)
            )
        )

    def rename_table(
        self, old_table_name: str, new_table_name: str, *, schema: str | None = None
    ) -> None:
        """Rename a table within its schema."""
        self._apply(ops.RenameTable(old_table_name, new_table_name, schema=schema))

    def create_table_comment(
        self,
        table_name: str,
        comment: str | None,
        *,
        existing_comment: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Set a table's comment."""
        self._apply(
            ops.CreateTableComment(
                table_name, comment, schema=schema, existing_comment=existing_comment
            )
        )

    def drop_table_comment(
        self, table_name: str, *, existing_comment: str | None = None, schema: str | None = None
    ) -> None:
        """Remove a table's comment."""
        self._apply(
            ops.DropTableComment(table_name, schema=schema, existing_comment=existing_comment)
        )

    def alter_table_options(
        self, table_name: str, *, schema: str | None = None, **options: Any
    ) -> None:
        """Change table options such as `mysql_engine` or `postgresql_with`; None resets one."""
        self._apply(ops.AlterTableOptions(table_name, frozen_options(options), schema=schema))

    @contextmanager
    def batch_alter_table(
        self,
        table_name: str,
        schema: str | None = None,
        recreate: str = "auto",
        partial_reordering: Iterable[Sequence[str]] = (),
        copy_from: Table | None = None,
        table_args: Sequence[Any] = (),
        table_kwargs: Mapping[str, Any] | None = None,
        reflect_args: Sequence[Any] = (),
        reflect_kwargs: Mapping[str, Any] | None = None,
        naming_convention: Mapping[str, Any] | None = None,
    ) -> Iterator[BatchOperations]:
        """Group the changes of one table: one rebuild on SQLite, few statements elsewhere.

        Nothing is applied before the block ends, and nothing at all if it raises.
        """
        if recreate not in ("auto", "always", "never"):
            raise InvalidOperation(f"recreate={recreate!r}: use 'auto', 'always' or 'never'")
        changes: list[ops.Operation] = []
        yield BatchOperations(table_name, schema, changes.append)
        self._apply(
            ops.BatchAlterTable(
                table_name,
                tuple(changes),
                schema=schema,
                recreate=recreate,
                copy_from=copy_from,
                table_args=tuple(table_args),
                table_kwargs=frozen_options(table_kwargs or {}),
                reflect_args=tuple(reflect_args),
                reflect_kwargs=frozen_options(reflect_kwargs or {}),
                naming_convention=naming_convention,
                partial_reordering=tuple(tuple(group) for group in partial_reordering),
            )
        )

    # -- columns -----------------------------------------------------------------------------

    def add_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_not_exists: bool = False,
        inline_references: bool = False,
        inline_primary_key: bool = False,
    ) -> None:
        """ADD COLUMN, with its constraints, index and comment."""
        self._apply(
            ops.AddColumn(
                table_name,
                column,
                schema=schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
            )
        )

    def drop_column(
        self,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        if_exists: bool = False,
        **options: Any,
    ) -> None:
        """DROP COLUMN; options are `mssql_drop_check`, `mssql_drop_default`, …"""
        self._apply(
            ops.DropColumn(
                table_name,
                column_name,
                schema=schema,
                if_exists=if_exists,
                options=frozen_options(options),
            )
        )

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | bool | None = UNCHANGED,
        server_default: Any = UNCHANGED,
        new_column_name: str | None = None,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        autoincrement: bool | None = None,
        existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_server_default: Any = UNCHANGED,
        existing_nullable: bool | None = None,
        existing_comment: str | bool | None = UNCHANGED,
        existing_autoincrement: bool | None = None,
        schema: str | None = None,
        **options: Any,
    ) -> None:
        """Change a column. False leaves `comment` and `server_default`, None removes them.

        The `existing_…` arguments are not needed: the catalog knows. What is given is believed.
        """
        self._apply(
            ops.AlterColumn(
                table_name,
                column_name,
                schema=schema,
                nullable=nullable,
                comment=comment,
                server_default=server_default,
                new_column_name=new_column_name,
                type_=_instance(type_),
                autoincrement=autoincrement,
                existing_type=_instance(existing_type),
                existing_server_default=existing_server_default,
                existing_nullable=existing_nullable,
                existing_comment=existing_comment,
                existing_autoincrement=existing_autoincrement,
                options=frozen_options(options),
            )
        )

    def rename_column(
        self, table_name: str, column_name: str, new_column_name: str, *, schema: str | None = None
    ) -> None:
        """Rename a column; everything else about it stays."""
        self._apply(ops.RenameColumn(table_name, column_name, new_column_name, schema=schema))

    # -- constraints -------------------------------------------------------------------------

    def create_primary_key(
        self,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        **options: Any,
    ) -> None:
        """ADD PRIMARY KEY."""
        self._apply(
            ops.CreatePrimaryKey(
                table_name,
                tuple(columns),
                constraint_name=constraint_name,
                schema=schema,
                deferrable=deferrable,
                initially=initially,
                options=frozen_options(options),
            )
        )

    def create_unique_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        **options: Any,
    ) -> None:
        """ADD UNIQUE."""
        self._apply(
            ops.CreateUniqueConstraint(
                table_name,
                tuple(columns),
                constraint_name=constraint_name,
                schema=schema,
                deferrable=deferrable,
                initially=initially,
                options=frozen_options(options),
            )
        )

    def create_foreign_key(
        self,
        constraint_name: str | None,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        **options: Any,
    ) -> None:
        """ADD FOREIGN KEY."""
        self._apply(
            ops.CreateForeignKey(
                source_table,
                referent_table,
                tuple(local_cols),
                tuple(remote_cols),
                constraint_name=constraint_name,
                schema=source_schema,
                referent_schema=referent_schema,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                options=frozen_options(options),
            )
        )

    def create_check_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        condition: Any,
        *,
        schema: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        **options: Any,
    ) -> None:
        """ADD CHECK; the condition is text or an expression."""
        self._apply(
            ops.CreateCheckConstraint(
                table_name,
                condition,
                constraint_name=constraint_name,
                schema=schema,
                deferrable=deferrable,
                initially=initially,
                options=frozen_options(options),
            )
        )

    def create_exclude_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        *elements: tuple[Any, str],
        schema: str | None = None,
        where: Any = None,
        using: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        **options: Any,
    ) -> None:
        """ADD EXCLUDE; elements are (expression, operator) pairs."""
        self._apply(
            ops.CreateExcludeConstraint(
                table_name,
                elements,
                constraint_name=constraint_name,
                schema=schema,
                where=where,
                using=using,
                deferrable=deferrable,
                initially=initially,
                options=frozen_options(options),
            )
        )

    def drop_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool = False,
        columns: Sequence[str] = (),
        condition: Any = None,
    ) -> None:
        """Drop a constraint by name, or (name None) by `type_` and `columns`.

        A CHECK that has no name, as SQLite may have, is dropped by its `condition`.
        """
        self._apply(
            ops.DropConstraint(
                table_name,
                constraint_name=constraint_name,
                type_=type_,
                schema=schema,
                if_exists=if_exists,
                columns=tuple(columns),
                original=_check(table_name, condition, schema),
            )
        )

    def rename_constraint(
        self,
        table_name: str,
        constraint_name: str,
        new_constraint_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename a constraint."""
        self._apply(
            ops.RenameConstraint(table_name, constraint_name, new_constraint_name, schema=schema)
        )

    # -- indexes -----------------------------------------------------------------------------

    def create_index(
        self,
        index_name: str | None,
        table_name: str,
        columns: Sequence[Any],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool = False,
        **options: Any,
    ) -> None:
        """CREATE INDEX; columns are names, text() or expressions, options dialect keywords."""
        self._apply(
            ops.CreateIndex(
                index_name,
                table_name,
                tuple(columns),
                schema=schema,
                unique=unique,
                if_not_exists=if_not_exists,
                options=frozen_options(options),
            )
        )

    def drop_index(
        self,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool = False,
        **options: Any,
    ) -> None:
        """DROP INDEX."""
        self._apply(
            ops.DropIndex(
                index_name,
                table_name,
                schema=schema,
                if_exists=if_exists,
                options=frozen_options(options),
            )
        )

    def rename_index(
        self,
        index_name: str,
        new_index_name: str,
        *,
        table_name: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Rename an index; MySQL and SQL Server need the table's name too."""
        self._apply(ops.RenameIndex(index_name, new_index_name, table_name, schema=schema))

    # -- schemas, sequences, enums -----------------------------------------------------------

    def create_schema(self, schema_name: str, *, if_not_exists: bool = False) -> None:
        """CREATE SCHEMA."""
        self._apply(ops.CreateSchema(schema_name, if_not_exists=if_not_exists))

    def drop_schema(
        self, schema_name: str, *, if_exists: bool = False, cascade: bool = False
    ) -> None:
        """DROP SCHEMA."""
        self._apply(ops.DropSchema(schema_name, if_exists=if_exists, cascade=cascade))

    def create_sequence(
        self,
        sequence_name: str,
        *,
        schema: str | None = None,
        if_not_exists: bool = False,
        **options: Any,
    ) -> None:
        """CREATE SEQUENCE; options as in SQLAlchemy's Sequence."""
        self._apply(
            ops.CreateSequence(
                sequence_name,
                schema=schema,
                if_not_exists=if_not_exists,
                options=frozen_options(options),
            )
        )

    def alter_sequence(
        self, sequence_name: str, *, schema: str | None = None, **options: Any
    ) -> None:
        """ALTER SEQUENCE; only the options given change."""
        self._apply(
            ops.AlterSequence(sequence_name, schema=schema, options=frozen_options(options))
        )

    def drop_sequence(
        self, sequence_name: str, *, schema: str | None = None, if_exists: bool = False
    ) -> None:
        """DROP SEQUENCE."""
        self._apply(ops.DropSequence(sequence_name, schema=schema, if_exists=if_exists))

    def create_enum(
        self,
        enum_name: str,
        values: Sequence[str],
        *,
        schema: str | None = None,
        if_not_exists: bool = False,
    ) -> None:
        """Create an enum type ahead of the columns that use it."""
        self._apply(
            ops.CreateEnum(enum_name, tuple(values), schema=schema, if_not_exists=if_not_exists)
        )

    def add_enum_value(
        self,
        enum_name: str,
        value: str,
        *,
        before: str | None = None,
        after: str | None = None,
        schema: str | None = None,
        if_not_exists: bool = False,
    ) -> None:
        """Add a value to an enum, at the end or beside another."""
        if before is not None and after is not None:
            raise InvalidOperation("add_enum_value: give before or after, not both")
        self._apply(
            ops.AddEnumValue(
                enum_name,
                value,
                before=before,
                after=after,
                schema=schema,
                if_not_exists=if_not_exists,
            )
        )

    def drop_enum_value(
        self,
        enum_name: str,
        value: str,
        *,
        replacement: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Remove a value; fails before any change while rows hold it and nothing replaces it."""
        self._apply(ops.DropEnumValue(enum_name, value, replacement=replacement, schema=schema))

    def rename_enum_value(
        self, enum_name: str, value: str, new_value: str, *, schema: str | None = None
    ) -> None:
        """Rename a value; rows show the new name."""
        self._apply(ops.RenameEnumValue(enum_name, value, new_value, schema=schema))

    def drop_enum(
        self, enum_name: str, *, schema: str | None = None, if_exists: bool = False
    ) -> None:
        """Drop an enum type that nothing uses."""
        self._apply(ops.DropEnum(enum_name, schema=schema, if_exists=if_exists))

    # -- data --------------------------------------------------------------------------------

    def execute(
        self,
        sqltext: str | ClauseElement,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Run a statement: a string becomes text(), where `:name` is a bind; `\\:` escapes it."""
        self._apply(
            ops.ExecuteSQL(sqltext, execution_options=frozen_options(execution_options or {}))
        )

    def bulk_insert(
        self, table: Table, rows: Sequence[Mapping[str, Any]], *, multiinsert: bool = True
    ) -> None:
        """Insert many rows; with multiinsert=False row by row. Nothing happens for no rows."""
        if not isinstance(rows, list | tuple):
            raise InvalidOperation("bulk_insert(table, rows): rows is a list of dicts")
        if rows:
            self._apply(ops.BulkInsert(table, tuple(rows), multiinsert=multiinsert))


class BatchOperations(_Changes):
    """The changes of one table inside `with op.batch_alter_table("t") as batch:`."""

    def __init__(
        self, table_name: str, schema: str | None, apply: Callable[[ops.Operation], None]
    ) -> None:
        super().__init__(apply)
        self.table_name = table_name
        self.schema = schema

    def add_column(
        self,
        column: Column[Any],
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool = False,
        inline_references: bool = False,
        inline_primary_key: bool = False,
    ) -> None:
        """Add a column, at the end or beside another (that needs a rebuild)."""
        self._apply(
            ops.AddColumn(
                self.table_name,
                column,
                schema=self.schema,
                insert_before=insert_before,
                insert_after=insert_after,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
            )
        )

    def drop_column(self, column_name: str, *, if_exists: bool = False, **options: Any) -> None:
        """Drop a column."""
        self._apply(
            ops.DropColumn(
                self.table_name,
                column_name,
                schema=self.schema,
                if_exists=if_exists,
                options=frozen_options(options),
            )
        )

    def alter_column(
        self,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | bool | None = UNCHANGED,
        server_default: Any = UNCHANGED,
        new_column_name: str | None = None,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        autoincrement: bool | None = None,
        existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_server_default: Any = UNCHANGED,
        existing_nullable: bool | None = None,
        existing_comment: str | bool | None = UNCHANGED,
        existing_autoincrement: bool | None = None,
        insert_before: str | None = None,
        insert_after: str | None = None,
        **options: Any,
    ) -> None:
        """Change a column, as `op.alter_column`; insert_before/after move it (a rebuild)."""
        self._apply(
            ops.AlterColumn(
                self.table_name,
                column_name,
                schema=self.schema,
                nullable=nullable,
                comment=comment,
                server_default=server_default,
                new_column_name=new_column_name,
                type_=_instance(type_),
                autoincrement=autoincrement,
                existing_type=_instance(existing_type),
                existing_server_default=existing_server_default,
                existing_nullable=existing_nullable,
                existing_comment=existing_comment,
                existing_autoincrement=existing_autoincrement,
                insert_before=insert_before,
                insert_after=insert_after,
                options=frozen_options(options),
            )
        )

    def rename_column(self, column_name: str, new_column_name: str) -> None:
        """Rename a column."""
        self._apply(
            ops.RenameColumn(self.table_name, column_name, new_column_name, schema=self.schema)
        )

    def create_primary_key(
        self,
        constraint_name: str | None,
        columns: Sequence[str],
        *,
        deferrable: bool | None = None,
        initially: str | None = None,
        **options: Any,
    ) -> None:
        """Add the primary key."""
        self._apply(
            ops.CreatePrimaryKey(
                self.table_name,
                tuple(columns),
                constraint_name=constraint_name,
                schema=self.schema,
                deferrable=deferrable,
                initially=initially,
                options=frozen_options(options),
            )
        )

    def create_unique_constraint(
        self,
        constraint_name: str | None,
        columns: Sequence[str],
        *,
        deferrable: bool | None = None,
        initially: str | None = None,
        **options: Any,
    ) -> None:
        """Add a unique constraint."""
        self._apply(
            ops.CreateUniqueConstraint(
                self.table_name,
                tuple(columns),
                constraint_name=constraint_name,
                schema=self.schema,
                deferrable=deferrable,
                initially=initially,
                options=frozen_options(options),
            )
        )

    def create_foreign_key(
        self,
        constraint_name: str | None,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        referent_schema: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        **options: Any,
    ) -> None:
        """Add a foreign key."""
        self._apply(
            ops.CreateForeignKey(
                self.table_name,
                referent_table,
                tuple(local_cols),
                tuple(remote_cols),
                constraint_name=constraint_name,
                schema=self.schema,
                referent_schema=referent_schema,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                options=frozen_options(options),
            )
        )

    def create_check_constraint(
        self, constraint_name: str | None, condition: Any, **options: Any
    ) -> None:
        """Add a CHECK."""
        self._apply(
            ops.CreateCheckConstraint(
                self.table_name,
                condition,
                constraint_name=constraint_name,
                schema=self.schema,
                options=frozen_options(options),
            )
        )

    def create_exclude_constraint(
        self,
        constraint_name: str | None,
        *elements: tuple[Any, str],
        where: Any = None,
        using: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        **options: Any,
    ) -> None:
        """Add an EXCLUDE constraint (PostgreSQL)."""
        self._apply(
            ops.CreateExcludeConstraint(
                self.table_name,
                elements,
                constraint_name=constraint_name,
                schema=self.schema,
                where=where,
                using=using,
                deferrable=deferrable,
                initially=initially,
                options=frozen_options(options),
            )
        )

    def drop_constraint(
        self,
        constraint_name: str | None,
        type_: str | None = None,
        *,
        if_exists: bool = False,
        columns: Sequence[str] = (),
        condition: Any = None,
    ) -> None:
        """Drop a constraint by name, or by `type_` and `columns`, or a CHECK by its condition."""
        self._apply(
            ops.DropConstraint(
                self.table_name,
                constraint_name=constraint_name,
                type_=type_,
                schema=self.schema,
                if_exists=if_exists,
                columns=tuple(columns),
                original=_check(self.table_name, condition, self.schema),
            )
        )

    def rename_constraint(self, constraint_name: str, new_constraint_name: str) -> None:
        """Rename a constraint."""
        self._apply(
            ops.RenameConstraint(
                self.table_name, constraint_name, new_constraint_name, schema=self.schema
            )
        )

    def create_index(
        self,
        index_name: str | None,
        columns: Sequence[Any],
        *,
        unique: bool = False,
        if_not_exists: bool = False,
        **options: Any,
    ) -> None:
        """Create an index."""
        self._apply(
            ops.CreateIndex(
                index_name,
                self.table_name,
                tuple(columns),
                schema=self.schema,
                unique=unique,
                if_not_exists=if_not_exists,
                options=frozen_options(options),
            )
        )

    def drop_index(self, index_name: str, *, if_exists: bool = False, **options: Any) -> None:
        """Drop an index."""
        self._apply(
            ops.DropIndex(
                index_name,
                self.table_name,
                schema=self.schema,
                if_exists=if_exists,
                options=frozen_options(options),
            )
        )

    def rename_index(self, index_name: str, new_index_name: str) -> None:
        """Rename an index."""
        self._apply(
            ops.RenameIndex(index_name, new_index_name, self.table_name, schema=self.schema)
        )

    def create_table_comment(
        self, comment: str | None, *, existing_comment: str | None = None
    ) -> None:
        """Set the table's comment."""
        self._apply(
            ops.CreateTableComment(
                self.table_name, comment, schema=self.schema, existing_comment=existing_comment
            )
        )

    def drop_table_comment(self, *, existing_comment: str | None = None) -> None:
        """Remove the table's comment."""
        self._apply(
            ops.DropTableComment(
                self.table_name, schema=self.schema, existing_comment=existing_comment
            )
        )

    def execute(
        self,
        sqltext: str | ClauseElement,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Run a statement at its place in the order of the block."""
        self._apply(
            ops.ExecuteSQL(sqltext, execution_options=frozen_options(execution_options or {}))
        )


def _instance(type_: Any) -> TypeEngine[Any] | None:
    """A type given as a class becomes an instance."""
    made: TypeEngine[Any] | None = type_() if isinstance(type_, type) else type_
    return made


def _check(table: str, condition: Any, schema: str | None) -> ops.CreateCheckConstraint | None:
    """The CHECK that a condition speaks of."""
    if condition is None:
        return None
    return ops.CreateCheckConstraint(table, condition, schema=schema)
