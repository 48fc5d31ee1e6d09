"""PostgreSQL: DDL. The lock and the transactions are in `postgresql_session`.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex

from .. import _sa, ops
from ..catalog import EXCLUDES, Folding, enum_in
from ..errors import InvalidOperation
from .base import Dialect, Statement
from .clauses import Preparation, clause
from .ddl import DDL, Statements
from .postgresql_casts import cast_needed
from .postgresql_enums import EnumTypes, plain_literal
from .postgresql_excludes import exclude_constraint
from .postgresql_names import default_name
from .postgresql_serial import behind_rows, with_serial, without_serial
from .postgresql_session import PostgreSQLSession

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

    from ..catalog import Catalog


def dialect(sa_dialect: SQLAlchemyDialect) -> Dialect:
    """The bundle for PostgreSQL."""
    return Dialect(
        "postgresql",
        sa_dialect,
        PostgreSQLDDL(sa_dialect),
        PostgreSQLSession(),
        _comparison,
        _script,
    )


def _comparison(sa_dialect: SQLAlchemyDialect) -> Any:
    from .postgresql_comparison import PostgreSQLComparison

    return PostgreSQLComparison(sa_dialect)


def _script(ddl: DDL) -> Any:
    from .postgresql_script import PostgreSQLScript

    return PostgreSQLScript(ddl)


# What PostgreSQL's reference says "cannot be executed inside a transaction block" of.
_NEVER_IN_TRANSACTION = re.compile(
    r"VACUUM\b|ALTER\s+SYSTEM\b|(CREATE|DROP)\s+(DATABASE|TABLESPACE)\b"
    r"|(CREATE\s+(UNIQUE\s+)?|DROP\s+)INDEX\s+CONCURRENTLY\b"
    r"|REINDEX\b.*\b(CONCURRENTLY|DATABASE|SYSTEM|SCHEMA)\b"
    r"|ALTER\s+TABLE\b.*\bDETACH\s+PARTITION\b.*\bCONCURRENTLY\b",
    re.IGNORECASE | re.DOTALL,
)


class PostgreSQLDDL(DDL):
    """How PostgreSQL writes it."""

    never_in_transaction: ClassVar[re.Pattern[str] | None] = _NEVER_IN_TRANSACTION
    plain_tables: ClassVar[bool] = True
    guarded: ClassVar[frozenset[str]] = frozenset(
        {
            "create_table",
            "drop_table",
            "add_column",
            "drop_column",
            "drop_constraint",
            "create_index",
            "drop_index",
            "create_schema",
            "drop_schema",
            "create_sequence",
            "drop_sequence",
            "create_enum",
            "drop_enum",
            "add_enum_value",
        }
    )
    combines_clauses: ClassVar[bool] = True
    table_options: ClassVar[frozenset[str]] = frozenset({"postgresql_with", "postgresql_unlogged"})

    def __init__(self, sa_dialect: SQLAlchemyDialect) -> None:
        super().__init__(sa_dialect)
        self.enums = EnumTypes(self.spell)

    def version(self) -> tuple[int, ...]:
        """The server's version; a current one where no server was asked."""
        return getattr(self.sa, "server_version_info", None) or (16,)

    # -- tables ------------------------------------------------------------------------------

    def plain_column(self, column: sa.Column[Any], *, numbered: bool) -> str:
        if not numbered:
            return super().plain_column(column, numbered=False)
        small, big = (isinstance(column.type, t) for t in (sa.SmallInteger, sa.BigInteger))
        serial = "SMALLSERIAL" if small else "BIGSERIAL" if big else "SERIAL"
        return f"{self.spell.name(column.name)} {serial}{'' if column.nullable else ' NOT NULL'}"

    def before_table(
        self, op: ops.CreateTable, table: sa.Table, catalog: Catalog
    ) -> Iterable[Statement]:
        return self.enums.needed(op, table.columns, op.schema, catalog)

    def create_table(self, op: ops.CreateTable, catalog: Catalog) -> Statements:
        yield from super().create_table(op, catalog)
        if op.plain_columns is not None:
            return
        for exclude in op.to_table(catalog.naming_convention).info.get(EXCLUDES, ()):
            yield from self.create_exclude_constraint(exclude, catalog)

    def comments(self, table: sa.Table) -> Iterator[Statement]:
        yield from super().comments(table)
        place = self.spell.qualified(table.name, table.schema)
        for constraint in _sa.in_order(table.constraints):
            if constraint.comment is not None and constraint.name is not None:
                name = self.sa.identifier_preparer.format_constraint(constraint)
                comment = self.comment_literal(constraint.comment)
                yield Statement(f"COMMENT ON CONSTRAINT {name} ON {place} IS {comment}")

    def drop_table(self, op: ops.DropTable, catalog: Catalog) -> Statements:
        alone = self.enums.left_alone(catalog, op.table_name, op.schema)
        yield from super().drop_table(op, catalog)
        yield from map(_drop_type, alone)

    def alter_table_options(self, op: ops.AlterTableOptions, catalog: Catalog) -> Statements:
        own = self.own_options(op)
        known = op.existing
        if known is None and catalog.has_table(op.table_name, op.schema):
            known = catalog.state(op.table_name, op.schema).options
        clauses = [
            text
            for name, value in own.items()
            for text in self.option_clauses(op, name, value, known or {})
        ]
        for text in clauses:
            yield clause(self.on_table(op), text)

    def option_clauses(
        self, op: ops.AlterTableOptions, name: str, value: Any, known: Mapping[str, Any]
    ) -> Iterator[str]:
        """What changes one table option."""
        if name == "with":
            yield from _storage(value or {}, known.get("postgresql_with") or {})
        elif name == "tablespace":
            yield f"SET TABLESPACE {self.spell.name(value or 'pg_default')}"
        elif name == "unlogged":
            yield "SET UNLOGGED" if value else "SET LOGGED"
        elif name == "using" and self.version() >= (15,):
            yield f"SET ACCESS METHOD {self.spell.name(value or 'heap')}"
        elif name == "inherits":
            before, now = _tables(known.get("postgresql_inherits")), _tables(value)
            yield from (f"NO INHERIT {self.spell.name(n)}" for n in before if n not in now)
            yield from (f"INHERIT {self.spell.name(n)}" for n in now if n not in before)
        else:
            raise self.unsupported(op, f"postgresql_{name} cannot be changed afterwards")

    # -- columns -----------------------------------------------------------------------------

    def before_column(
        self, op: ops.AddColumn, column: sa.Column[Any], catalog: Catalog
    ) -> Iterable[Statement]:
        return self.enums.needed(op, [column], op.schema, catalog)

    def drop_column(self, op: ops.DropColumn, catalog: Catalog) -> Statements:
        alone = self.enums.left_alone(catalog, op.table_name, op.schema, op.column_name)
        yield from super().drop_column(op, catalog)
        yield from map(_drop_type, alone)

    def alter_facets(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        if op.options.get("postgresql_using") is not None and op.type_ is None:
            raise InvalidOperation(f"{op.describe()}: postgresql_using goes with type_")
        alone = self.types_left_alone(op, catalog)
        yield from self.alter_with_serial(op, catalog)
        yield from map(_drop_type, alone)

    def alter_with_serial(self, op: ops.AlterColumn, catalog: Catalog) -> Statements:
        """SERIAL goes before the rest changes, and comes after it."""
        change = self.serial_change(op, catalog)
        if change is False:
            yield from without_serial(op, self.spell, catalog)
        yield from super().alter_facets(op, catalog)
        if change:
            yield from with_serial(op, self.spell)

    def serial_change(self, op: ops.AlterColumn, catalog: Catalog) -> bool | None:
        """Whether the column becomes SERIAL, or ceases to be one; None for neither."""
        if op.autoincrement is None:
            return None
        before = self.existing_default(op, catalog)
        after = op.server_default if op.changes("server_default") else before
        if isinstance(after, sa.Identity) and after is before and not op.autoincrement:
            raise InvalidOperation(f"{op.describe()}: server_default=None removes an identity")
        was = not isinstance(before, sa.Identity) and self.was_numbered(op, catalog)
        now = not isinstance(after, sa.Identity) and op.autoincrement
        return None if was == now else now

    def was_numbered(self, op: ops.AlterColumn, catalog: Catalog) -> bool:
        numbered = op.existing_autoincrement
        if numbered is None:
            numbered = catalog.is_numbered(op.table_name, op.column_name, op.schema)
        if numbered is None:
            raise InvalidOperation(
                f"{op.describe()}: whether the column is numbered by itself is not known here; "
                "pass existing_autoincrement"
            )
        return numbered

    def types_left_alone(self, op: ops.AlterColumn, catalog: Catalog) -> list[str]:
        """The enum types that go when the column gets another type."""
        if op.type_ is None:
            return []
        new = enum_in(self.enums.implementation(op.type_))
        alone = self.enums.left_alone(catalog, op.table_name, op.schema, op.column_name)
        kept = None if new is None else self.spell.qualified(str(new.name), new.schema)
        return [name for name in alone if name != kept]

    def alter_type(self, op: ops.AlterColumn, catalog: Catalog) -> Iterable[Statement]:
        column: sa.Column[Any] = sa.Column(op.column_name, op.type_)
        yield from self.enums.needed(op, [column], op.schema, catalog)
        default = self.default_in_the_way(op, catalog)
        if default is not None:
            yield self.column_clause(op, "DROP DEFAULT")
        text = f"TYPE {self.spell.type(cast('Any', op.type_))}"
        using = self.conversion(op, catalog)
        if using is not None:
            text += f" USING {using}"
        yield self.column_clause(op, text)
        if default is not None and not op.changes("server_default"):
            yield self.column_clause(op, f"SET DEFAULT {default}")

    def conversion(self, op: ops.AlterColumn, catalog: Catalog) -> str | None:
        """What follows USING: as given, or how no assignment cast leads to the new type."""
        given = op.options.get("postgresql_using")
        if given is not None:
            return self.spell.expression(given)
        impl = self.enums.implementation(op.type_)
        if enum_in(impl) is None:
            return self.plain_conversion(op, impl, catalog)
        array = "[]" if isinstance(impl, sa.ARRAY) else ""
        type_ = self.spell.type(cast("Any", op.type_))
        return f"{self.spell.name(op.column_name)}::text{array}::{type_}"

    def plain_conversion(self, op: ops.AlterColumn, impl: Any, catalog: Catalog) -> str | None:
        """The cast that must be written, if any."""
        before = self.type_before(op, catalog)
        if before is None:
            return None
        cast_ = cast_needed(self.enums.implementation(before), impl)
        if cast_ is None:
            return None
        type_ = self.spell.type(cast("Any", op.type_))
        return f"{self.spell.name(op.column_name)}{cast_.format(type_)}"

    def type_before(self, op: ops.AlterColumn, catalog: Catalog) -> Any:
        """The type before, as the caller says or the catalog knows.

        None where there is no such column: the server says so.
        """
        if op.existing_type is not None:
            return op.existing_type
        known = catalog.column(op.table_name, op.column_name, op.schema)
        return None if known is None else known.type

    def default_in_the_way(self, op: ops.AlterColumn, catalog: Catalog) -> str | None:
        """A default that the server could not carry over to the new type by itself."""
        before = self.type_before(op, catalog)
        if before is None:
            return None
        needs_cast = cast_needed(
            self.enums.implementation(before), self.enums.implementation(op.type_)
        )
        if enum_in(before) is None and enum_in(op.type_) is None and needs_cast is None:
            return None
        default = self.existing_default(op, catalog)
        if default is None or isinstance(default, sa.Computed | sa.Identity):
            return None
        return plain_literal(self.spell.default(default))

    def alter_computed(self, op: ops.AlterColumn, before: Any, now: Any) -> Iterable[Statement]:
        if isinstance(before, sa.Computed) and isinstance(now, sa.Computed):
            if self.version() < (17,):
                raise self.unsupported(
                    op,
                    "the expression of a generated column can be changed since version 17 only; "
                    "drop the column and add it again (it then stands last)",
                )
            yield self.column_clause(
                op, f"SET EXPRESSION AS ({self.spell.expression(now.sqltext)})"
            )
        elif isinstance(before, sa.Computed):
            yield self.column_clause(op, "DROP EXPRESSION")
            if now is not None:
                yield from self.alter_plain(op, None, now)
        else:
            raise self.unsupported(
                op,
                "a column cannot become a generated one; drop the column and add it again "
                "(it then stands last)",
            )

    def alter_plain(self, op: ops.AlterColumn, before: Any, now: Any) -> Iterable[Statement]:
        """A default or an identity on a column that has none."""
        if isinstance(now, sa.Identity):
            return self.alter_identity(op, before, now)
        return [self.column_clause(op, self.default_change(now))]

    def alter_identity(self, op: ops.AlterColumn, before: Any, now: Any) -> Iterable[Statement]:
        if not isinstance(now, sa.Identity):
            yield self.column_clause(op, "DROP IDENTITY")
            if now is not None:
                yield self.column_clause(op, self.default_change(now))
        elif isinstance(before, sa.Identity):
            words = list(_identity_changes(before, now))
            if words:
                yield self.column_clause(op, " ".join(words))
            else:  # it may have become one just before a process died
                yield behind_rows(op, now, self.spell)
        else:
            if before is not None:
                yield self.column_clause(op, "DROP DEFAULT")
            if op.nullable is None:  # an identity column must be NOT NULL
                yield self.column_clause(op, "SET NOT NULL")
            yield self.column_clause(op, f"ADD {self.spell.element(now)}")
            yield behind_rows(op, now, self.spell)

    # -- constraints -------------------------------------------------------------------------

    def create_exclude_constraint(
        self, op: ops.CreateExcludeConstraint, catalog: Catalog
    ) -> Statements:
        yield self.add_constraint(exclude_constraint(op))

    def folding(self, naming_convention: Mapping[str, Any] | None) -> Folding:
        return Folding(naming_convention, self.default_constraint_name, dialect=self.sa)

    def default_constraint_name(
        self,
        constraint: sa.Constraint,
        taken: Collection[str] = (),
        columns: Collection[str] = (),
    ) -> str | None:
        return default_name(constraint, taken, columns)

    # -- indexes -----------------------------------------------------------------------------

    def create_index(self, op: ops.CreateIndex, catalog: Catalog) -> Statements:
        yield from self.invalid_leftover(op, catalog)
        yield from super().create_index(op, catalog)

    def create_index_statement(
        self, op: ops.CreateIndex, index: sa.Index, *, guard: bool
    ) -> Statement:
        text = self.spell.element(CreateIndex(index, if_not_exists=guard))
        return Statement(text, autocommit=bool(op.options.get("postgresql_concurrently")))

    def invalid_leftover(self, op: ops.CreateIndex, catalog: Catalog) -> Statements:
        """Drop what a CONCURRENTLY that was cut short left under the same name."""
        wanted = op.options.get("postgresql_concurrently") and op.index_name is not None
        if not wanted or catalog.connection is None:
            return
        name = self.spell.index_name(cast("str", op.index_name))
        place = f"{self.spell.qualified_prefix(op.schema)}{name}"
        parameters = {"index": place, "table": self.spell.qualified(op.table_name, op.schema)}
        if catalog.connection.execute(_INVALID, parameters).first() is not None:
            yield Statement(f"DROP INDEX CONCURRENTLY IF EXISTS {place}", autocommit=True)

    def drop_index(self, op: ops.DropIndex, catalog: Catalog) -> Statements:
        if op.options:
            sa.Index(op.index_name, **op.options)
        concurrently = bool(op.options.get("postgresql_concurrently"))
        words = "CONCURRENTLY " if concurrently else ""
        text = f"DROP INDEX {words}{self.if_exists(op)}{self.index_place(op)}"
        yield Statement(text, autocommit=concurrently)

    # -- sequences ---------------------------------------------------------------------------

    def sequence_option(self, op: ops.AlterSequence, key: str, value: Any) -> str:
        if key == "data_type" and value is not None:
            return f"AS {self.spell.type(sa.types.to_instance(value))}"
        return super().sequence_option(op, key, value)

    # -- enums -------------------------------------------------------------------------------

    def create_enum(self, op: ops.CreateEnum, catalog: Catalog) -> Statements:
        if op.if_not_exists and catalog.enum(op.enum_name, op.schema) is not None:
            return
        guard = op.if_not_exists and catalog.connection is None
        text = self.enums.create_text(op.enum_name, op.schema, op.values, guard=guard)
        yield Preparation(text)

    def drop_enum(self, op: ops.DropEnum, catalog: Catalog) -> Statements:
        """The type may be gone already, with its last user."""
        yield Statement(f"DROP TYPE IF EXISTS {self.spell.qualified(op.enum_name, op.schema)}")

    def add_enum_value(self, op: ops.AddEnumValue, catalog: Catalog) -> Statements:
        place = ""
        if op.before is not None:
            place = f" BEFORE {self.spell.literal(op.before)}"
        elif op.after is not None:
            place = f" AFTER {self.spell.literal(op.after)}"
        text = (
            f"ALTER TYPE {self.spell.qualified(op.enum_name, op.schema)} "
            f"ADD VALUE {self.if_not_exists(op)}{self.spell.literal(op.value)}{place}"
        )
        # https://www.postgresql.org/docs/12/sql-altertype.html
        yield Statement(text, autocommit=self.version() < (12,))

    def drop_enum_value(self, op: ops.DropEnumValue, catalog: Catalog) -> Statements:
        yield from self.enums.without_value(op, catalog)

    def rename_enum_value(self, op: ops.RenameEnumValue, catalog: Catalog) -> Statements:
        old, new = self.spell.literal(op.value), self.spell.literal(op.new_value)
        place = self.spell.qualified(op.enum_name, op.schema)
        yield Statement(f"ALTER TYPE {place} RENAME VALUE {old} TO {new}")

    # -- data --------------------------------------------------------------------------------

    def bulk_insert(self, op: ops.BulkInsert, catalog: Catalog) -> Statements:
        always = {
            key
            for key, column in op.table.c.items()
            if getattr(column, "identity", None) is not None and column.identity.always
        }
        given = any(always & row.keys() for row in op.rows)
        for statement in super().bulk_insert(op, catalog):
            yield _overriding(statement) if given else statement


_INVALID = sa.text(
    "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:index)"
    " AND indrelid = to_regclass(:table) AND NOT indisvalid"
)


class OverridingInsert(sa.Insert):
    """INSERT that may write into a GENERATED ALWAYS column."""

    inherit_cache = True


@compiles(OverridingInsert)
def _compile_overriding(element: OverridingInsert, compiler: Any, **options: Any) -> str:
    text: str = compiler.visit_insert(element, **options)
    return re.sub(r"\) VALUES ", ") OVERRIDING SYSTEM VALUE VALUES ", text, count=1)


def _overriding(statement: Statement) -> Statement:
    plain = cast("sa.Insert", statement.sql)
    made = OverridingInsert(plain.table)
    made.__dict__.update(plain.__dict__)
    return Statement(made, statement.parameters, is_data=True)


def _drop_type(name: str) -> Statement:
    return Statement(f"DROP TYPE {name}")


def _tables(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _storage(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    """SET and RESET of storage parameters."""
    if now:
        yield f"SET ({', '.join(f'{key} = {_parameter(value)}' for key, value in now.items())})"
    gone = [key for key in before if key not in now]
    if gone:
        yield f"RESET ({', '.join(gone)})"


def _parameter(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_IDENTITY_WORDS = (
    ("increment", "SET INCREMENT BY {}", 1),
    ("start", "SET START WITH {}", 1),
    ("minvalue", "SET MINVALUE {}", None),
    ("maxvalue", "SET MAXVALUE {}", None),
    ("cache", "SET CACHE {}", 1),
)


def _identity_changes(before: sa.Identity, now: sa.Identity) -> Iterator[str]:
    """The SET clauses that lead from one identity to the other."""
    if bool(before.always) != bool(now.always):
        yield f"SET GENERATED {'ALWAYS' if now.always else 'BY DEFAULT'}"
    for name, words, default in _IDENTITY_WORDS:
        old, new = getattr(before, name), getattr(now, name)
        if new is None and name in ("minvalue", "maxvalue"):
            if old is not None and getattr(now, f"no{name}"):
                yield f"SET NO {name.upper()}"
        elif (new if new is not None else default) != (old if old is not None else default):
            yield words.format(new if new is not None else default)
    if bool(before.cycle) != bool(now.cycle):
        yield f"SET {'CYCLE' if now.cycle else 'NO CYCLE'}"
