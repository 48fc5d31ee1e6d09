"""MySQL and MariaDB.

What differs between the two, and between their versions, is asked of SQLAlchemy's dialect, which
learns it from the server; never connected, it stands for the current release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

import sqlalchemy as sa

from .. import _sa, ops
from ..catalog import Folding, Words, speaks_of
from ..errors import InvalidOperation
from .base import Dialect, Statement
from .clauses import clause, merged
from .conditional import ConditionalDDL
from .ddl import Statements
from .limits import refuse_deferrable
from .mysql_alter import MySQLAlter
from .mysql_enums import MySQLEnums
from .mysql_keys import MySQLKeys
from .mysql_presence import presence_query
from .mysql_session import MySQLSession

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

    from ..catalog import Catalog


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


#: What a table option is where none was given.
_USUAL_OPTIONS = {"row_format": "DEFAULT", "key_block_size": 0, "comment": ""}
#: The table options that SQL writes with a space.
_SEVERAL_WORDS = frozenset(
    {
        "CHARACTER_SET",
        "DATA_DIRECTORY",
        "DEFAULT_CHARACTER_SET",
        "DEFAULT_CHARSET",
        "DEFAULT_COLLATE",
        "INDEX_DIRECTORY",
        "PARTITION_BY",
        "SUBPARTITION_BY",
    }
)


class MySQLDDL(MySQLAlter, MySQLKeys, MySQLEnums, ConditionalDDL):
    """Spells operations for MySQL and MariaDB."""

    combines_clauses: ClassVar[bool] = True
    plain_tables: ClassVar[bool] = True

    def plain_column(self, column: sa.Column[Any], *, numbered: bool) -> str:
        return super().plain_column(column, numbered=numbered) + " AUTO_INCREMENT" * numbered

    def folding(self, naming_convention: Mapping[str, Any] | None) -> Folding:
        return Folding(
            naming_convention, self.default_constraint_name, dialect=self.sa, keeps_collation=True
        )

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
        word = key.upper()
        if word in _SEVERAL_WORDS:
            word = word.replace("_", " ")
        if word in ("PARTITION BY", "PARTITIONS", "SUBPARTITION BY", "SUBPARTITIONS"):
            raise self.unsupported(op, "partitions are changed with op.execute")
        if value is None and key in _USUAL_OPTIONS:
            value = _USUAL_OPTIONS[key]
        if value is None:
            raise self.unsupported(op, f"{key} has no value to go back to; name the one you want")
        if word in ("CHARSET", "CHARACTER SET", "DEFAULT CHARSET"):
            word = "DEFAULT CHARACTER SET"
        if word in ("COMMENT", "CONNECTION", "PASSWORD", "DATA DIRECTORY", "INDEX DIRECTORY"):
            value = self.spell.literal(str(value))
        return f"{word}={value}"

    def batch_alter_table(self, op: ops.BatchAlterTable, catalog: Catalog) -> Statements:
        """One ALTER TABLE, or several where two changes speak of the same column or constraint.

        A clause sees the table as it was before the statement, so the second change of a column
        must come in a statement of its own; and what is added sees the table as it will be, so
        a column that it speaks of must not go, nor get another name, in the same statement.
        """
        scratch = catalog.copy() if len(op.changes) > 1 else catalog
        for group in _independent(op.changes, catalog.folding.words):
            yield from merged(self.changes(replace(op, changes=group), scratch))
            if scratch is not catalog:
                for change in group:
                    scratch.observe(change)

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

    def sequence_option(self, op: ops.AlterSequence, key: str, value: Any) -> str:
        """NOCYCLE is one word here.

        https://mariadb.com/docs/server/reference/sql-structure/sequences/alter-sequence
        """
        return super().sequence_option(op, key, value).replace("NO CYCLE", "NOCYCLE")


def _with_lifted_checks(table: sa.Table) -> sa.Table:
    for column in table.columns:
        for check in _sa.in_order(column.constraints):
            column.constraints.discard(check)
            condition = cast("sa.CheckConstraint", check).sqltext
            _sa.check_on(table, condition, name=check.name)
    return table


def _independent(
    changes: Iterable[ops.Operation], words: Words
) -> Iterator[tuple[ops.Operation, ...]]:
    """The changes in runs, in which no two speak of the same column, constraint or index."""
    group: list[ops.Operation] = []
    touched: set[tuple[str, str]] = set()
    for change in changes:
        names, gone = _touched(change), _gone(change)
        if touched & names or (gone and any(speaks_of(each, gone, words) for each in group)):
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


def _gone(change: Any) -> str | None:
    """The name under which no column stands after the change."""
    if isinstance(change, ops.DropColumn) or getattr(change, "new_column_name", None):
        return cast("str", change.column_name)
    return None
