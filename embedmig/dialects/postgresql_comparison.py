"""PostgreSQL: how it prints types and expressions, and what its catalog knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from .. import _sa
from ..catalog import EXCLUDES
from .comparison import Comparison, NoShadow, Scope, Shadowed
from .describe import Describer, Description, bare, closing, is_unnamed, split_list
from .materialize import sql_text
from .postgresql_excludes import exclude_constraint
from .postgresql_named_types import enums_of
from .postgresql_reader import Reader, sequence_options
from .snapshot import (
    UNLOGGED,
    CheckState,
    ColumnState,
    Key,
    SchemaState,
    TableState,
    options_of,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TYPE = re.compile(
    r"(?P<base>[A-Z][A-Z ]*?)(?P<zone> WITH(?:OUT)? TIME ZONE)?"
    r"(?P<size>\(\d+(?:, ?\d+)?\))?(?P<late> WITH(?:OUT)? TIME ZONE)?(?P<array>\[\])?"
)
_SPELLINGS = {
    "varchar": "character varying",
    "char": "character",
    "float": "double precision",
    "decimal": "numeric",
    "int": "integer",
    "bool": "boolean",
}
NOT_VALID = ("not_valid", True)
_STRING = re.compile(r"'(?:[^']|'')*'")
_NEXTVAL = re.compile(r"nextval\(('(?:[^']|'')*')\)")


class PostgreSQLDescriber(Describer):
    """What PostgreSQL prints for the usual types and defaults; the rest is the shadow's."""

    keyword = "postgresql"
    compares_index_options = (
        "using",
        "where",
        "include",
        "with",
        "tablespace",
        "nulls_not_distinct",
    )

    def spell_type(self, written: str) -> str:
        found = _TYPE.fullmatch(written)
        if found is None:
            return written
        base, size = found["base"].lower(), (found["size"] or "").replace(" ", "")
        if base == "float" and size:
            return ("real" if int(size[1:-1]) <= 24 else "double precision") + (
                found["array"] or ""
            )
        if base == "char":
            size = size or "(1)"
        zone = (found["zone"] or found["late"] or "").lower()
        spelled = _SPELLINGS.get(base, base)
        return f"{spelled}{size}{zone}{found['array'] or ''}"

    def spell_default(self, written: str, type_: str) -> str | None:
        if _STRING.fullmatch(written):
            return _string_default(written, re.sub(r"\(.*?\)", "", type_))
        if found := _NEXTVAL.fullmatch(written):
            return f"nextval({found.group(1)}::regclass)"
        return written

    def persisted(self, computed: sa.Computed) -> bool | None:
        if computed.persisted is None:
            return not getattr(self.dialect, "supports_virtual_generated_columns", False)
        return computed.persisted

    def identity(self, column: sa.Column[Any]) -> tuple[tuple[str, Any], ...]:
        identity = column.identity
        assert identity is not None
        return options_of({"always": bool(identity.always), **named_options(identity)})

    def autoincrement(self, column: sa.Column[Any]) -> bool:
        return (
            column.primary_key
            and column is column.table.autoincrement_column
            and column.identity is None
            and (column.default is None or _is_optional_sequence(column.default))
        )

    def key_options(self, item: sa.Constraint) -> dict[str, Any]:
        given = _sa.dialect_options(item, self.keyword) if item.dialect_kwargs else {}
        kept = ("include", "nulls_not_distinct")
        return {k: self.option_value(v) for k, v in given.items() if k in kept and v}

    def check_options(self, item: sa.CheckConstraint) -> dict[str, Any]:
        not_valid = item.dialect_kwargs.get("postgresql_not_valid")
        return {"not_valid": True} if not_valid else {}

    def foreign_key_options(self, item: sa.ForeignKeyConstraint) -> dict[str, Any]:
        not_valid = item.dialect_kwargs.get("postgresql_not_valid")
        return {"not_valid": True} if not_valid else {}

    def constraints_of(self, table: sa.Table) -> Iterator[sa.Constraint]:
        """With those that a replayed history keeps beside its tables."""
        yield from super().constraints_of(table)
        yield from map(exclude_constraint, table.info.get(EXCLUDES, ()))

    def exclude(self, item: sa.Constraint, name: str) -> CheckState | None:
        if not isinstance(item, postgresql.ExcludeConstraint):
            return None
        text = str(self.compiler.process(item))
        return CheckState(name, text[text.index("EXCLUDE ") + 8 :])

    def index_element(self, element: Any, index: sa.Index) -> str:
        text = super().index_element(element, index)
        operators = index.dialect_kwargs.get("postgresql_ops") or {}
        operator = operators.get(getattr(element, "key", None))
        return f"{text} {operator}" if operator else text

    def option_value(self, value: Any) -> Any:
        folded = super().option_value(value)
        return folded.lower() if folded in ("BTREE", "HASH", "GIN", "GIST", "BRIN") else folded

    def index_options(self, index: sa.Index) -> dict[str, Any]:
        options = super().index_options(index)
        if options.get("using") == "btree":
            del options["using"]
        return options

    def is_unlogged(self, table: sa.Table) -> bool:
        return any(prefix.upper() == UNLOGGED for prefix in _sa.prefixes(table))

    def needs(self, table: sa.Table, key_of: Callable[[str | None, str], Key]) -> frozenset[Key]:
        parents = parents_of(table)
        found = {key_of(schema, name) for name in parents for schema in (None, table.schema)}
        return super().needs(table, key_of) | found

    def table_options(self, table: sa.Table) -> dict[str, Any]:
        given = table.dialect_kwargs
        if not given:
            return {}
        options = {
            k: given[k]
            for k in ("postgresql_tablespace", "postgresql_partition_by", "postgresql_using")
            if given.get(k) and (k, given[k]) != ("postgresql_using", "heap")
        }
        if parents := parents_of(table):
            options["postgresql_inherits"] = parents
        if storage := given.get("postgresql_with"):
            options["postgresql_with"] = {k: _storage(v) for k, v in storage.items()}
        return options


def parents_of(table: sa.Table) -> tuple[str, ...]:
    """The tables that a table inherits from, as the metadata names them."""
    given = table.dialect_kwargs.get("postgresql_inherits") or ()
    return (given,) if isinstance(given, str) else tuple(given)


def _storage(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_optional_sequence(default: Any) -> bool:
    return isinstance(default, sa.Sequence) and default.optional


def _string_default(written: str, base: str) -> str:
    value = written[1:-1]
    if base in ("integer", "bigint", "smallint") and value.isdigit():
        return value
    if base == "boolean" and value.lower() in ("true", "false"):
        return value.lower()
    return f"{written}::{'bpchar' if base == 'character' else base}"


def named_options(item: Any) -> dict[str, Any]:
    """The options of a Sequence or Identity that are not the default ones."""
    increment = item.increment or 1
    minimum = item.minvalue if item.minvalue is not None else (1 if increment > 0 else -(2**63))
    maximum = item.maxvalue if item.maxvalue is not None else (2**63 - 1 if increment > 0 else -1)
    start = item.start if item.start is not None else (minimum if increment > 0 else maximum)
    return sequence_options(start, increment, minimum, maximum, item.cache or 1, bool(item.cycle))


class PostgreSQLComparison(Comparison):
    """Everything that PostgreSQL's catalog knows."""

    describer_class = PostgreSQLDescriber
    has_enums = True
    has_sequences = True
    has_schemas = True
    generated_columns_hold = True
    fixed_options = ("postgresql_partition_by",)

    def enums(self, metadata: sa.MetaData) -> list[Any]:
        return enums_of(metadata)

    def default_schema(self, connection: Connection) -> str | None:
        """The first schema of the search_path that exists, on this connection, now."""
        return connection.exec_driver_sql("SELECT current_schema()").scalar()

    def schema_names(self, connection: Connection) -> list[str]:
        return [
            str(name)
            for name in connection.exec_driver_sql(
                "SELECT nspname FROM pg_namespace WHERE left(nspname, 3) <> 'pg_' "
                "AND nspname <> 'information_schema' ORDER BY nspname"
            ).scalars()
        ]

    def read(self, connection: Connection, scope: Scope) -> SchemaState:
        schemas = {
            name: schema for schema in scope.schemas if (name := scope.real(schema)) is not None
        }
        state = Reader(connection, scope, schemas).read()
        state.schemas = frozenset(self.schema_names(connection))
        return state

    def sequence_options(self, sequence: sa.Sequence) -> dict[str, Any]:
        """A sequence's options as the catalog shows them."""
        options = named_options(sequence)
        if sequence.data_type is not None:
            spelled, _ = self.describer.type_of(sa.Column("x", sequence.data_type))
            if spelled != "bigint":
                options["data_type"] = spelled
        return options

    def accept(self, current: TableState, described: Description) -> None:
        """A constraint that holds for every row is as good as one that is NOT VALID."""
        for attribute in ("foreign_keys", "checks"):
            waived = {
                (None if is_unnamed(item.name) else item.name, item._replace(name=None))
                for item in getattr(described.state, attribute)
                if NOT_VALID in item.options
            }
            if not waived:
                continue
            kept = []
            for item in getattr(current, attribute):
                lenient = item._replace(options=(NOT_VALID,))
                bare = lenient._replace(name=None)
                is_waived = (item.name, bare) in waived or (None, bare) in waived
                kept.append(lenient if is_waived else item)
            setattr(current, attribute, tuple(kept))

    def renames(self, kind: str) -> bool:
        return True

    def alters_generation(self, current: ColumnState, wanted: ColumnState) -> bool:
        """Taking away always, changing since version 17, giving never."""
        if wanted.generated is None:
            return True
        same_kind = current.generated is not None and current.persisted == wanted.persisted
        return same_kind and (self.dialect.server_version_info or (15,)) >= (17,)

    def exclusion(self, state: CheckState) -> postgresql.ExcludeConstraint:
        """An EXCLUDE from its definition."""
        text = state.expression
        start = text.index("(")
        end = closing(text, start)
        pairs = (part.rpartition(" WITH ") for part in split_list(text[start + 1 : end]))
        using = re.match(r"USING (\w+)", text)
        where = re.match(r" WHERE (\(.*\))", text[end + 1 :], re.DOTALL)
        return postgresql.ExcludeConstraint(
            *[(sql_text(expression), operator) for expression, _, operator in pairs],
            name=state.name,
            using=using.group(1) if using else "gist",
            where=sql_text(bare(where.group(1))) if where else None,
            deferrable="DEFERRABLE" in text[end:] or None,
            initially="DEFERRED" if "INITIALLY DEFERRED" in text[end:] else None,
        )

    def shadow(
        self,
        connection: Connection,
        described: Sequence[Description],
        scope: Scope,
        metadata: Sequence[sa.MetaData],
    ) -> Shadowed:
        """The tables, made in schemas of a transaction that is rolled back, and read there."""
        from .postgresql_shadow import Shadow

        try:
            return Shadow(self.describer, connection, scope).ask(described, metadata)
        except sa.exc.DBAPIError as error:
            raise NoShadow(str(error.orig).strip().splitlines()[0]) from error
