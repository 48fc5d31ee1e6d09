"""Oracle."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

import sqlalchemy as sa

from .. import ops
from ..ops import constructs
from .base import Dialect, Statement
from .clauses import clause
from .column_enums import ColumnEnums
from .conditional import ConditionalDDL
from .ddl import Statements
from .oracle_session import OracleSession

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

    from ..catalog import Catalog


def dialect(sa_dialect: SQLAlchemyDialect) -> Dialect:
    """Oracle, as embedmig sees it."""
    return Dialect(
        sa_dialect.name,
        sa_dialect,
        OracleDDL(sa_dialect),
        OracleSession(),
        make_script=_script,
    )


def _script(ddl: Any) -> Any:
    from .oracle_script import OracleScript

    return OracleScript(ddl)


class OracleDDL(ColumnEnums, ConditionalDDL):
    """Spells operations for Oracle 12c and later."""

    script_end: ClassVar[str] = "\n/"
    #: IF [NOT] EXISTS came with 23ai; a block does the same everywhere.
    guarded: ClassVar[frozenset[str]] = frozenset()

    # -- if_exists ---------------------------------------------------------------------------

    def presence(self, op: Any, catalog: Catalog) -> str | None:
        """What is counted in the data dictionary."""
        match op:
            case ops.CreateTable() | ops.DropTable():
                return self._in_view("all_tables", op.schema, table_name=op.table_name)
            case ops.AddColumn() | ops.DropColumn():
                name = op.column.name if isinstance(op, ops.AddColumn) else op.column_name
                return self._in_view(
                    "all_tab_columns", op.schema, table_name=op.table_name, column_name=name
                )
            case ops.CreateIndex() | ops.DropIndex() if op.index_name:
                return self._in_view("all_indexes", op.schema, index_name=op.index_name)
            case ops.DropConstraint() if op.constraint_name:
                return self._in_view(
                    "all_constraints",
                    op.schema,
                    table_name=op.table_name,
                    constraint_name=op.constraint_name,
                )
            case ops.CreateSequence() | ops.DropSequence():
                return self._in_view("all_sequences", op.schema, sequence_name=op.sequence_name)
        return None

    def _in_view(self, view: str, schema: str | None, **names: str) -> str:
        owner = "sequence_owner" if view == "all_sequences" else "owner"
        here = "SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')"
        conditions = [f"{owner} = {self._stored(schema) if schema else here}"]
        conditions += [f"{column} = {self._stored(name)}" for column, name in names.items()]
        return f"{view} WHERE {' AND '.join(conditions)}"

    def _stored(self, name: str) -> str:
        """A name as the data dictionary holds it: in capitals, unless it was quoted."""
        return self.spell.literal(str(cast("Any", self.sa).denormalize_name(name)))

    def conditional(
        self, presence: str, statements: list[Statement], *, wanted: bool
    ) -> Iterable[Statement]:
        """A PL/SQL block."""
        inner = [
            f"    EXECUTE IMMEDIATE {self.spell.literal(cast('str', s.sql).strip())};"
            for s in statements
        ]
        yield Statement(
            "DECLARE\n  found NUMBER;\nBEGIN\n"
            f"  SELECT COUNT(*) INTO found FROM {presence};\n"
            f"  IF found {'> 0' if wanted else '= 0'} THEN\n"
            + "\n".join(inner)
            + "\n  END IF;\nEND;"
        )

    # -- comments ----------------------------------------------------------------------------

    def comment_literal(self, comment: str | None) -> str:
        return self.spell.literal(comment or "")

    # -- columns -----------------------------------------------------------------------------

    def add_column_words(self, op: ops.AddColumn) -> str:
        return "ADD "

    def drop_column(self, op: ops.DropColumn, catalog: Catalog) -> Statements:
        """A constraint over several columns goes with each of them only if that is said."""
        completed = cast("ops.DropColumn", catalog.complete(op))
        beside = [] if completed.original is None else constructs.beside(completed.original)
        wide = any(
            isinstance(item, ops.CreateConstraint) and len(constructs.columns_of(item)) != 1
            for item in beside
        )
        text = f"DROP COLUMN {self.spell.name(op.column_name)}"
        tail = " CASCADE CONSTRAINTS" if wide else ""
        yield clause(self.on_table(op), f"{text}{tail}", needs={op.column_name})

    def alter_facets(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        """One MODIFY for type, default and nullability."""
        drop, add = self.type_constraints(op, catalog)
        words = [self.spell.type(op.type_)] if op.type_ is not None else []
        words += self._default_words(op, catalog)
        words += self._null_words(op, catalog)
        yield from drop
        if words:
            text = f"MODIFY {self.spell.name(op.column_name)} {' '.join(words)}"
            yield clause(self.on_table(op), text, needs={op.column_name})
        yield from add

    def _null_words(self, op: ops.AlterColumn, catalog: Catalog) -> list[str]:
        """What the column is already must not be said again (ORA-01442, ORA-01451)."""
        before = op.existing_nullable
        if before is None:
            column = catalog.column(op.table_name, op.column_name, op.schema)
            before = None if column is None else bool(column.nullable)
        if op.nullable is None or op.nullable is before:
            return []
        return ["NULL" if op.nullable else "NOT NULL"]

    def _default_words(self, op: ops.AlterColumn, catalog: Catalog) -> list[str]:
        if not op.changes("server_default"):
            return []
        before, now = self.existing_default(op, catalog), op.server_default
        if isinstance(before, sa.Computed) or isinstance(now, sa.Computed):
            if not (isinstance(before, sa.Computed) and isinstance(now, sa.Computed)):
                self.alter_computed(op, before, now)
            return [self.spell.element(now)]
        if isinstance(before, sa.Identity) or isinstance(now, sa.Identity):
            return [self._identity_words(op, before, now)]
        return [f"DEFAULT {'NULL' if now is None else self.spell.default(now)}"]

    def _identity_words(self, op: ops.AlterColumn, before: Any, now: Any) -> str:
        """https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/ALTER-TABLE.html"""
        if not isinstance(before, sa.Identity):
            raise self.unsupported(
                op,
                "Oracle makes no identity of a column that exists; add a new column, copy the "
                "rows, and drop the old one",
            )
        if now is None:
            return "DROP IDENTITY"
        if not isinstance(now, sa.Identity):
            raise self.unsupported(op, "drop the identity first, then set the default")
        return self.spell.element(now)

    # -- constraints and indexes -------------------------------------------------------------

    def drop_constraint(self, op: ops.DropConstraint, catalog: Catalog) -> Statements:
        """A key that nobody named (SYS_C…) is dropped by its kind and columns."""
        found = catalog.constraint(op)
        named = op.constraint_name or (found is not None and found.constraint_name)
        kind = op.type_ or (found.kind if found is not None else None)
        if named or kind not in ("primary", "unique"):
            yield from super().drop_constraint(op, catalog)
        elif kind == "primary":
            yield clause(self.on_table(op), "DROP PRIMARY KEY")
        else:
            yield clause(self.on_table(op), f"DROP UNIQUE ({self.spell.names(op.columns)})")

    def default_constraint_name(
        self,
        constraint: sa.Constraint,
        taken: Collection[str] = (),
        columns: Collection[str] = (),
    ) -> str | None:
        """None: Oracle numbers them (SYS_C0012345)."""
        return None

    # -- schemas and sequences ---------------------------------------------------------------

    def create_schema(self, op: ops.CreateSchema, catalog: Catalog) -> Statements:
        raise self.unsupported(op, _SCHEMA_IS_USER)

    def drop_schema(self, op: ops.DropSchema, catalog: Catalog) -> Statements:
        raise self.unsupported(op, _SCHEMA_IS_USER)

    def sequence_option(self, op: ops.AlterSequence, key: str, value: Any) -> str:
        """NOCYCLE, NOMINVALUE: one word here."""
        if key == "start":
            return f"RESTART START WITH {int(value)}"
        return super().sequence_option(op, key, value).replace("NO ", "NO")


_SCHEMA_IS_USER = "a schema is a user there; let an administrator run CREATE USER"
