"""MySQL and MariaDB.

What differs between the two, and between their versions, is asked of SQLAlchemy's dialect, which
learns it from the server; never connected, it stands for the current release.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import sqlalchemy as sa

from .. import _sa, ops
from ..catalog import Folding
from ..errors import InvalidOperation
from ..ops import constructs
from .base import Dialect, Statement
from .clauses import Clause, clause, merged
from .conditional import ConditionalDDL
from .ddl import Statements
from .learning import LearningDDL
from .limits import is_plain_part, refuse_deferrable
from .mysql_columns import ColumnText, renamed_in
from .mysql_definitions import (
    compiled_definition,
    default_parts,
    existing_definition,
    known_definition,
)
from .mysql_enums import MySQLEnums
from .mysql_presence import presence_query
from .mysql_session import MySQLSession
from .spelling import Spelling

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

    from ..catalog import Catalog

#: What a dialect that never met a server stands for.
CURRENT_MYSQL, CURRENT_MARIADB = (8, 4, 0), (10, 11, 0)
_TABLES = frozenset({"create_table", "drop_table", "create_schema", "drop_schema"})
_MARIADB = _TABLES | {
    "add_column",
    "drop_column",
    "create_index",
    "drop_index",
    "drop_constraint",
    "create_sequence",
    "drop_sequence",
}


def dialect(sa_dialect: SQLAlchemyDialect) -> Dialect:
    """MySQL or MariaDB, as embedmig sees it."""
    ddl = MySQLDDL(sa_dialect)
    return Dialect(sa_dialect.name, sa_dialect, ddl, MySQLSession(), _comparison, _script)


def _comparison(sa_dialect: SQLAlchemyDialect) -> Any:
    from .mysql_comparison import MySQLComparison

    return MySQLComparison(sa_dialect)


def _script(ddl: Any) -> Any:
    from .mysql_script import MySQLScript

    return MySQLScript(ddl)


class MySQLSpelling(Spelling):
    """How MySQL writes the pieces."""

    @cached_property
    def dialect(self) -> SQLAlchemyDialect:
        plain: Any = _sa.plain_dialect(self._original)
        if plain.server_version_info is None:
            plain.server_version_info = CURRENT_MARIADB if plain.is_mariadb else CURRENT_MYSQL
            plain.supports_sequences = bool(plain.is_mariadb)
        return cast("SQLAlchemyDialect", plain)


class MySQLDDL(LearningDDL, MySQLEnums, ConditionalDDL):
    """Spells operations for MySQL and MariaDB."""

    spelling: ClassVar[type[Spelling]] = MySQLSpelling
    combines_clauses: ClassVar[bool] = True

    @property
    def is_mariadb(self) -> bool:
        """MariaDB, also behind a `mysql://` URL."""
        return bool(cast("Any", self.spell.dialect).is_mariadb)

    @property
    def version(self) -> tuple[int, ...]:
        """The server's version."""
        return cast("tuple[int, ...]", cast("Any", self.spell.dialect).server_version_info)

    @property
    def guarded(self) -> frozenset[str]:  # type: ignore[override]  # known only after connecting
        """MariaDB has IF [NOT] EXISTS nearly everywhere, MySQL for tables only."""
        return _MARIADB if self.is_mariadb else _TABLES

    def new_catalog(self, *, naming_convention: Mapping[str, Any] | None = None) -> Catalog:
        catalog = super().new_catalog(naming_convention=naming_convention)
        catalog.folding = Folding(
            naming_convention, self.default_constraint_name, keeps_collation=True
        )
        return catalog

    # -- if_exists on MySQL ------------------------------------------------------------------

    def presence(self, op: Any, catalog: Catalog) -> str | None:
        return presence_query(op, self.spell)

    def conditional(
        self, presence: str, statements: list[Statement], *, wanted: bool
    ) -> Iterable[Statement]:
        """Prepared statements, since only a procedure may say IF.

        https://dev.mysql.com/doc/refman/en/sql-prepared-statements.html
        """
        yield Statement(f"SET @embedmig_there = ({presence})")
        comparison = "> 0" if wanted else "= 0"
        for statement in statements:
            text = self.spell.literal(cast("str", statement.sql))
            yield Statement(f"SET @embedmig_sql = IF(@embedmig_there {comparison}, {text}, 'DO 0')")
            yield Statement("PREPARE embedmig_statement FROM @embedmig_sql")
            yield Statement("EXECUTE embedmig_statement")
            yield Statement("DEALLOCATE PREPARE embedmig_statement")

    # -- tables ------------------------------------------------------------------------------

    def typed(self, table: sa.Table, op: ops.Operation, catalog: Catalog) -> sa.Table:
        """CHECKs of columns go to the table: MariaDB takes no name at a column, and gives none."""
        table = super().typed(table, op, catalog)
        if not any(column.constraints for column in table.columns):
            return table
        return _with_lifted_checks(_sa.copy_table(table))

    def separate_constraints(self, table: sa.Table) -> list[sa.ForeignKeyConstraint]:
        refuse_deferrable(table.constraints, self.sa.name)
        return super().separate_constraints(table)

    def rename_table(self, op: ops.RenameTable, catalog: Catalog) -> Statements:
        old = self.spell.qualified(op.old_table_name, op.schema)
        new = self.spell.qualified(op.new_table_name, op.schema)
        yield Statement(f"ALTER TABLE {old} RENAME TO {new}")

    def comment_on_table(self, table: str, comment: str | None) -> Statement:
        return clause(table, f"COMMENT {self.spell.literal(comment or '')}")

    def alter_table_options(self, op: ops.AlterTableOptions, catalog: Catalog) -> Statements:
        words = [self._table_option(op, k, v) for k, v in self.own_options(op).items()]
        if words:
            yield clause(self.on_table(op), " ".join(words))

    def own_options(self, op: ops.AlterTableOptions) -> dict[str, Any]:
        """MariaDB has MySQL's options under its own prefix, which wins over MySQL's."""
        shared = {k[6:]: v for k, v in op.options.items() if k.startswith("mysql_")}
        return {**shared, **super().own_options(op)}

    def _table_option(self, op: ops.AlterTableOptions, key: str, value: Any) -> str:
        word = key.upper().replace("_", " ")
        if word in ("PARTITION BY", "PARTITIONS", "SUBPARTITION BY", "SUBPARTITIONS"):
            raise self.unsupported(op, "partitions are changed with op.execute")
        if value is None:
            raise self.unsupported(op, f"{key} has no value to go back to; name the one you want")
        if word in ("CHARSET", "CHARACTER SET", "DEFAULT CHARSET"):
            word = "DEFAULT CHARACTER SET"
        if word in ("COMMENT", "CONNECTION", "PASSWORD", "DATA DIRECTORY", "INDEX DIRECTORY"):
            value = self.spell.literal(str(value))
        return f"{word.replace(' ', '_') if word.startswith('ROW') else word}={value}"

    def batch_alter_table(self, op: ops.BatchAlterTable, catalog: Catalog) -> Statements:
        """One ALTER TABLE, or several where two changes speak of the same column or constraint.

        A clause sees the table as it was before the statement, so the second change of a column
        must come in a statement of its own.
        """
        scratch = catalog.copy() if len(op.changes) > 1 else catalog
        for group in _independent(op.changes):
            yield from merged(self.changes(replace(op, changes=group), scratch))
            if scratch is not catalog:
                for change in group:
                    scratch.observe(change)

    # -- columns -----------------------------------------------------------------------------

    def require_end_position(self, op: ops.AddColumn | ops.AlterColumn) -> None:
        """Here a column can be given any place."""

    def column_definition(
        self, op: ops.AddColumn, column: sa.Column[Any], inline: sa.ForeignKeyConstraint | None
    ) -> str:
        """The column; an inline reference would be read and forgotten here, so there is none."""
        text = super().column_definition(op, column, None)
        if column.primary_key and column.autoincrement is True and "AUTO_INC" not in text:
            text += " AUTO_INCREMENT"
        return text + self.place(op)

    def inline_reference(
        self, op: ops.AddColumn, table: sa.Table
    ) -> sa.ForeignKeyConstraint | None:
        """None: `REFERENCES` at a column is ignored by MySQL.

        https://dev.mysql.com/doc/refman/en/ansi-diff-foreign-keys.html
        """
        return None

    def add_column(self, op: ops.AddColumn, catalog: Catalog) -> Statements:
        yield from super().add_column(_placed(op, catalog), catalog)

    def place(self, op: ops.AddColumn | ops.AlterColumn) -> str:
        """FIRST or AFTER: insert_before is left only where it means the first column."""
        if op.insert_after:
            return f" AFTER {self.spell.name(op.insert_after)}"
        return " FIRST" if op.insert_before else ""

    def alter_column(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        op = _placed(op, catalog)
        drop, add = self.type_constraints(op, catalog)
        change = list(self._change(op, catalog))
        yield from drop
        yield from change
        yield from add

    def _change(self, op: ops.AlterColumn, catalog: Catalog) -> Iterator[Statement]:
        facets = [f for f in _FACETS if op.changes(f)]
        renamed = op.new_column_name not in (None, op.column_name)
        moved = op.insert_after or op.insert_before
        if not facets and not moved:
            if renamed:
                yield from self._rename(op, cast("str", op.new_column_name), catalog)
            return
        if facets == ["server_default"] and not renamed and not moved:
            yield self._quick_default(op, catalog) or self._redefine(op, catalog)
        else:
            yield self._redefine(op, catalog)

    def _quick_default(self, op: ops.AlterColumn, catalog: Catalog) -> Statement | None:
        """ALTER COLUMN … SET DEFAULT, which touches no rows; None where it would not do.

        It takes literals only, and leaves ON UPDATE as it is.
        """
        if isinstance(op.server_default, sa.Computed | sa.Identity):
            return None
        before = known_definition(op, catalog, self.spell)
        if before is not None and (before.on_update or before.generated):
            return None
        if op.server_default is None:
            # Without any default, MySQL refuses an INSERT that leaves a nullable column out.
            nullable = before is not None and before.nullable
            return self.column_clause(op, "SET DEFAULT NULL" if nullable else "DROP DEFAULT")
        value, on_update = default_parts(op.server_default, self.spell)
        if value is None or on_update or value[0].isalpha():
            return None
        return self.column_clause(op, f"SET DEFAULT {value}")

    def _redefine(self, op: ops.AlterColumn, catalog: Catalog) -> Statement:
        """MODIFY, or CHANGE with a new name: the whole definition, as it is and as it shall be."""
        before = existing_definition(op, catalog, self.spell)
        after = self._altered(op, before)
        name = self.spell.name(op.column_name)
        new = op.new_column_name or op.column_name
        needs = {op.column_name}
        if new == op.column_name:
            return clause(self.on_table(op), f"MODIFY {name} {after}{self.place(op)}", needs=needs)
        after = replace(after, check=renamed_in(after.check, op.column_name, new))
        text = f"CHANGE {name} {self.spell.name(new)} {after}{self.place(op)}"
        return clause(self.on_table(op), text, adds={new}, needs=needs)

    def _altered(self, op: ops.AlterColumn, before: ColumnText) -> ColumnText:
        """The definition with the operation's changes."""
        wanted = compiled_definition(_wanted_column(op, before), self.spell)
        self._require_possible(op, before, wanted)
        after = before
        if op.type_ is not None:
            after = after.with_type_of(wanted, op.column_name)
        if op.nullable is not None:
            after = replace(after, nullable=op.nullable)
        if op.changes("server_default"):
            after = _with_default_of(after, wanted, op.server_default)
        if op.changes("comment"):
            after = replace(after, comment=self._comment(op))
        if op.autoincrement is not None:
            after = replace(after, auto_increment=op.autoincrement)
        return replace(after, default=None) if after.auto_increment else after

    def _comment(self, op: ops.AlterColumn) -> str | None:
        return None if op.comment is None else self.spell.literal(op.comment)

    def _require_possible(
        self, op: ops.AlterColumn, before: ColumnText, wanted: ColumnText
    ) -> None:
        if not op.changes("server_default") or _kind(before) == _kind(wanted):
            return
        kinds = {_kind(before), _kind(wanted)}
        if "VIRTUAL" in kinds or self.is_mariadb:
            raise self.unsupported(
                op,
                f"a {_kind(before)} column cannot become a {_kind(wanted)} one in place; drop the "
                "column and add it again",
            )

    def rename_column(self, op: ops.RenameColumn, catalog: Catalog) -> Statements:
        yield from self._rename(op, op.new_column_name, catalog)

    def _rename(
        self, op: ops.RenameColumn | ops.AlterColumn, new: str, catalog: Catalog
    ) -> Iterator[Statement]:
        old = self.spell.name(op.column_name)
        needs, adds = {op.column_name}, {new}
        if self.version >= ((10, 5, 2) if self.is_mariadb else (8, 0, 0)):
            text = f"RENAME COLUMN {old} TO {self.spell.name(new)}"
        else:
            alter = ops.AlterColumn(op.table_name, op.column_name, schema=op.schema)
            before = existing_definition(alter, catalog, self.spell)
            after = replace(before, check=renamed_in(before.check, op.column_name, new))
            text = f"CHANGE {old} {self.spell.name(new)} {after}"
        yield clause(self.on_table(op), text, adds=adds, needs=needs)

    # -- constraints -------------------------------------------------------------------------

    def add_constraint(self, constraint: sa.Constraint) -> Statement:
        refuse_deferrable([constraint], self.sa.name)
        return super().add_constraint(constraint)

    def drop_constraint(self, op: ops.DropConstraint, catalog: Catalog) -> Statements:
        kind = op.type_ or self._kind_of(op, catalog)
        if kind == "primary":
            yield clause(self.on_table(op), self._drop_primary_key(op))
            return
        name = self.dropped_name(op, catalog)
        if name is None:
            return
        words = f"DROP {self._drop_words(kind)} {self.if_exists(op)}"
        made = [clause(self.on_table(op), f"{words}{self.spell.constraint_name(name)}")]
        index = self._index_of_key(op, name, catalog) if kind == "foreignkey" else None
        if index is not None:
            guard = "IF EXISTS " if self.is_mariadb else ""
            text = f"DROP INDEX {guard}{self.spell.index_name(index)}"
            made.append(clause(self.on_table(op), text))
        yield from merged(made)

    def _index_of_key(self, op: ops.DropConstraint, name: str, catalog: Catalog) -> str | None:
        """The index that the server made for this foreign key, which goes with it.

        It makes one where no other index begins with the key's columns, and calls it as the key,
        or as its first column where the key had no name:
        https://dev.mysql.com/doc/refman/en/create-table-foreign-keys.html
        """
        key = catalog.constraint(replace(op, constraint_name=name, type_="foreignkey"))
        if not isinstance(key, ops.CreateForeignKey):
            return None
        index = key.columns[0] if name.startswith(f"{op.table_name}_ibfk_") else name
        state = catalog.state(op.table_name, op.schema)
        if catalog.connection is not None and not any(i.index_name == index for i in state.indexes):
            return None
        others = [i.columns for i in state.indexes if i.index_name != index]
        others += [constructs.columns_of(c) for c in state.constraints if c is not key]
        taken = any(columns[: len(key.columns)] == key.columns for columns in others)
        return None if taken else index

    def _kind_of(self, op: ops.DropConstraint, catalog: Catalog) -> str | None:
        found = self.found_constraint(op, catalog)
        return None if found is None else found.kind

    def found_constraint(
        self, op: ops.DropConstraint, catalog: Catalog
    ) -> ops.CreateConstraint | None:
        """The constraint as it is; a unique index is one, and is reflected as an index."""
        found = catalog.constraint(op)
        if found is not None or not catalog.has_table(op.table_name, op.schema):
            return found
        for index in catalog.state(op.table_name, op.schema).indexes:
            named = index.index_name == op.constraint_name
            alike = op.type_ == "unique" and index.columns == op.columns
            if index.unique and (named if op.constraint_name else alike):
                return ops.CreateUniqueConstraint(
                    op.table_name,
                    index.columns,
                    constraint_name=index.index_name,
                    schema=op.schema,
                )
        return None

    def dropped_name(self, op: ops.DropConstraint, catalog: Catalog) -> str | None:
        if op.constraint_name is None and catalog.constraint(op) is None:
            found = self.found_constraint(op, catalog)
            if found is not None:
                return found.constraint_name
        return super().dropped_name(op, catalog)

    def _drop_primary_key(self, op: ops.DropConstraint) -> str:
        guarded = self.if_exists(op)
        return f"DROP CONSTRAINT {guarded}`PRIMARY`" if guarded else "DROP PRIMARY KEY"

    def _drop_words(self, kind: str | None) -> str:
        words = {"foreignkey": "FOREIGN KEY", "unique": "INDEX"}
        if kind == "check" and not self.is_mariadb:
            return "CHECK"
        return words.get(kind or "", "CONSTRAINT")

    def drop_named_constraint(
        self, op: ops.TableOperation, name: str, guard: str = ""
    ) -> Statement:
        """The CHECK of a type (Boolean, Enum)."""
        words = self._drop_words("check")
        return clause(self.on_table(op), f"DROP {words} {guard}{self.spell.constraint_name(name)}")

    def default_constraint_name(
        self,
        constraint: sa.Constraint,
        taken: Collection[str] = (),
        columns: Collection[str] = (),
    ) -> str | None:
        """What the server calls a constraint that nobody named."""
        table, used = constraint.table.name, {name.lower() for name in taken}
        if isinstance(constraint, sa.UniqueConstraint):
            first = next(iter(constraint.columns)).name
            return _free([first, *(f"{first}_{n}" for n in range(2, 100))], used)
        if isinstance(constraint, sa.ForeignKeyConstraint):
            return _free([f"{table}_ibfk_{n}" for n in range(1, 100)], used)
        if isinstance(constraint, sa.CheckConstraint):
            stem = "CONSTRAINT" if self.is_mariadb else f"{table}_chk"
            return _free([f"{stem}_{n}" for n in range(1, 100)], used)
        return "PRIMARY"

    def rename_constraint(self, op: ops.RenameConstraint, catalog: Catalog) -> Statements:
        """There is no such clause: an index is renamed, the others are dropped and added again."""
        drop = ops.DropConstraint(
            op.table_name, constraint_name=op.constraint_name, schema=op.schema
        )
        found = self.found_constraint(drop, catalog)
        if found is None:
            raise InvalidOperation(
                f"{op.describe()}: the constraint is not known at this point of the history"
            )
        if found.kind == "primary":
            return
        if found.kind == "unique":
            yield self._rename_index(op, op.constraint_name, op.new_constraint_name)
            return
        renamed = replace(found, constraint_name=_final(op.new_constraint_name))
        yield from merged(
            [
                *self.drop_constraint(replace(drop, type_=found.kind), catalog),
                self.create_constraint(renamed, catalog),
            ]
        )

    # -- indexes -----------------------------------------------------------------------------

    def create_index_statement(
        self, op: ops.CreateIndex, index: sa.Index, *, guard: bool
    ) -> Statement:
        index = self._with_functional_parts(op, index)
        made = cast("str", super().create_index_statement(op, index, guard=guard).sql)
        table = self.spell.qualified(op.table_name, op.schema)
        head, _, tail = made.partition(f" ON {table} ")
        return Clause(made, table=table, clause=f"{head.replace('CREATE', 'ADD', 1)} {tail}")

    def _with_functional_parts(self, op: ops.CreateIndex, index: sa.Index) -> sa.Index:
        """Expressions stand in parentheses of their own; MariaDB has none.

        https://dev.mysql.com/doc/refman/en/create-index.html#create-index-functional-key-parts
        """
        parts = [_key_part(self.spell.expression(e)) for e in _sa.index_expressions(index)]
        if self.is_mariadb and any(part.startswith("(") for part in parts):
            raise self.unsupported(
                op,
                "MariaDB indexes columns only; add a generated column with the expression and "
                "index that",
            )
        texts = [c for c in op.columns if isinstance(c, sa.TextClause)]
        if not texts:
            return index
        columns = tuple(
            sa.text(part) if isinstance(column, sa.TextClause) else column
            for column, part in zip(op.columns, parts, strict=True)
        )
        return constructs.index_of(replace(op, index_name=_final(index.name), columns=columns))

    def drop_index(self, op: ops.DropIndex, catalog: Catalog) -> Statements:
        table = self._table_of_index(op, op.table_name, self.index_name(op), catalog)
        text = f"DROP INDEX {self.if_exists(op)}{self.spell.index_name(self.index_name(op))}"
        yield Clause(f"{text} ON {table}", table=table, clause=text)

    def rename_index(self, op: ops.RenameIndex, catalog: Catalog) -> Statements:
        table = self._table_of_index(op, op.table_name, op.index_name, catalog)
        yield self._rename_index(op, op.index_name, op.new_index_name, table)

    def _rename_index(self, op: Any, old: str, new: str, table: str | None = None) -> Statement:
        names = f"{self.spell.index_name(old)} TO {self.spell.index_name(new)}"
        return clause(table or self.on_table(op), f"RENAME INDEX {names}")

    def _table_of_index(self, op: Any, table_name: str | None, index: str, catalog: Catalog) -> str:
        """An index lives in its table here; without the table's name the catalog is searched."""
        if table_name is None:
            owners = [table.name for table in catalog.tables() if _has_index(table, index, op)]
            if len(owners) != 1:
                known = f"{', '.join(owners)} have one" if owners else "no table known has it"
                raise InvalidOperation(f"{op.describe()}: give table_name; {known}")
            table_name = owners[0]
        return self.spell.qualified(table_name, op.schema)

    # -- schemas and sequences ---------------------------------------------------------------

    def drop_schema(self, op: ops.DropSchema, catalog: Catalog) -> Statements:
        """A schema is a database, and DROP DATABASE always cascades; so that must be asked for."""
        if not op.cascade:
            yield self._require_empty(op)
        name = self.spell.schema(op.schema_name)
        yield Statement(f"DROP SCHEMA {self.if_exists(op)}{name}")

    def _require_empty(self, op: ops.DropSchema) -> Statement:
        name = self.spell.literal(op.schema_name)

        def check(rows: Any) -> None:
            if rows:
                raise InvalidOperation(
                    f"{op.describe()}: table {rows[0][0]!r} is in it; drop it first, or pass "
                    "cascade=True"
                )

        return Statement(
            f"SELECT table_name FROM information_schema.tables WHERE table_schema = {name} LIMIT 1",
            check=check,
            forbids=f"schema {op.schema_name!r} is not empty",
        )

    def require_sequences(self, op: ops.Operation) -> None:
        if not self.is_mariadb:
            raise self.unsupported(op, "MySQL has no sequences")


_ORDER = re.compile(r"\s+(?:ASC|DESC)$", re.IGNORECASE)
_FACETS = ("type_", "nullable", "server_default", "comment", "autoincrement")


Placed = TypeVar("Placed", ops.AddColumn, ops.AlterColumn)


def _placed(op: Placed, catalog: Catalog) -> Placed:
    """The operation with `insert_before` turned into the `insert_after` that it means."""
    if not op.insert_before:
        return op
    own = op.column_name if isinstance(op, ops.AlterColumn) else None
    names = [name for name in catalog.state(op.table_name, op.schema).columns if name != own]
    if op.insert_before not in names:
        raise InvalidOperation(f"{op.describe()}: there is no column {op.insert_before!r}")
    at = names.index(op.insert_before)
    return op if at == 0 else replace(op, insert_before=None, insert_after=names[at - 1])


def _with_lifted_checks(table: sa.Table) -> sa.Table:
    for column in table.columns:
        for check in _sa.in_order(column.constraints):
            column.constraints.discard(check)
            condition = cast("sa.CheckConstraint", check).sqltext
            _sa.check_on(table, condition, name=check.name)
    return table


def _independent(changes: Iterable[ops.Operation]) -> Iterator[tuple[ops.Operation, ...]]:
    """The changes in runs, in which no two speak of the same column, constraint or index."""
    group: list[ops.Operation] = []
    touched: set[tuple[str, str]] = set()
    for change in changes:
        names = _touched(change)
        if touched & names:
            yield tuple(group)
            group, touched = [], set()
        group.append(change)
        touched |= names
    if group:
        yield tuple(group)


def _touched(change: Any) -> set[tuple[str, str]]:
    columns = [getattr(change, "column_name", None), getattr(change, "new_column_name", None)]
    if isinstance(change, ops.AddColumn):
        columns = [change.column.name]
    names = [
        getattr(change, field, None)
        for field in ("constraint_name", "new_constraint_name", "index_name", "new_index_name")
    ]
    found = {("column", str(name).lower()) for name in columns if name}
    return found | {("name", str(name).lower()) for name in names if name}


def _wanted_column(op: ops.AlterColumn, before: ColumnText) -> sa.Column[Any]:
    """What the operation asks for, as a column that can be compiled."""
    type_ = op.type_ if op.type_ is not None else op.existing_type
    default = op.server_default if op.changes("server_default") else None
    column: sa.Column[Any] = sa.Column(
        op.column_name, type_ if type_ is not None else sa.Integer(), autoincrement=False
    )
    if isinstance(default, sa.Computed):
        return sa.Column(
            op.column_name, column.type, sa.Computed(default.sqltext, persisted=default.persisted)
        )
    column.server_default = None
    if default is not None and not isinstance(default, sa.Identity):
        return sa.Column(op.column_name, column.type, server_default=default)
    return column


def _with_default_of(after: ColumnText, wanted: ColumnText, value: Any) -> ColumnText:
    return replace(
        after,
        nullable=after.nullable and not isinstance(value, sa.Identity),
        default=wanted.default,
        on_update=wanted.on_update,
        generated=wanted.generated,
        auto_increment=isinstance(value, sa.Identity),
    )


def _kind(column: ColumnText) -> str:
    if not column.generated:
        return "plain"
    return "STORED" if column.generated.endswith(("STORED", "PERSISTENT")) else "VIRTUAL"


def _key_part(text: str) -> str:
    """A part of an index: a column (with a length, ASC or DESC) as it is, else (expression)."""
    if text.startswith("(") or is_plain_part(text):
        return text
    found = _ORDER.search(text)
    bare, order = (text[: found.start()], found[0]) if found else (text, "")
    return f"({bare}){order}"


def _has_index(table: sa.Table, name: str, op: Any) -> bool:
    return table.schema == op.schema and any(index.name == name for index in table.indexes)


def _final(name: Any) -> Any:
    return None if name is None else sa.sql.elements.conv(name)


def _free(names: list[str], taken: set[str]) -> str | None:
    return next((name for name in names if name.lower() not in taken), None)
