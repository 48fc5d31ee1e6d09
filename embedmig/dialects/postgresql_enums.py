"""PostgreSQL's enum types: made before their first user, gone with their last.

https://www.postgresql.org/docs/current/datatype-enum.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import ExecutableDDLElement

from .. import _sa, ops
from ..catalog import enum_in, enum_key
from ..errors import DataWouldBeLost, InvalidOperation, UnknownTable
from .base import Statement
from .clauses import Preparation
from .spelling import Spelling

if TYPE_CHECKING:
    from ..catalog import Catalog

#: The enum types of one table (or one of its columns) that nothing else depends on.
_LONELY = sa.text("""
SELECT DISTINCT n.nspname, t.typname, pg_type_is_visible(t.oid) AS visible
FROM pg_attribute a
JOIN pg_type t ON (t.oid = a.atttypid OR t.typarray = a.atttypid) AND t.typtype = 'e'
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped
  AND (CAST(:column AS text) IS NULL OR a.attname = :column)
  AND NOT EXISTS (
    SELECT FROM pg_depend d
    WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
  AND NOT EXISTS (
    SELECT FROM pg_depend d
    WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
      AND d.deptype <> 'i'
      AND NOT (d.classid = 'pg_class'::regclass AND d.objid = a.attrelid
               AND (CAST(:column AS text) IS NULL OR d.objsubid IN (0, a.attnum)))
      AND NOT (d.classid = 'pg_class'::regclass AND d.objid IN
               (SELECT indexrelid FROM pg_index WHERE indrelid = a.attrelid))
      AND NOT (d.classid = 'pg_attrdef'::regclass AND d.objid IN
               (SELECT oid FROM pg_attrdef WHERE adrelid = a.attrelid))
      AND NOT (d.classid = 'pg_constraint'::regclass AND d.objid IN
               (SELECT oid FROM pg_constraint WHERE conrelid = a.attrelid)))
""")

#: The columns of an enum type, with their defaults; children of a partitioned table follow it.
_COLUMNS = sa.text("""
SELECT n.nspname, c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid) AS preset,
       a.atttypid = t.typarray AS is_array, pg_table_is_visible(c.oid) AS visible
FROM pg_type t
JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum AND a.attgenerated = ''
WHERE t.oid = to_regtype(:type) AND a.attinhcount = 0
ORDER BY 1, 2, a.attnum
""")

#: A block, since only the server knows what there is to carry over. The owner comes last, and takes
#: over what was granted until then. https://www.postgresql.org/docs/current/ddl-priv.html
_AS_IT_WAS = """\
DO $embedmig$
DECLARE
  was pg_type;
  given record;
BEGIN
  SELECT * INTO STRICT was FROM pg_type WHERE oid = {old}::regtype;
  IF obj_description(was.oid, 'pg_type') IS NOT NULL THEN
    EXECUTE format('COMMENT ON TYPE %s IS %L', {name}, obj_description(was.oid, 'pg_type'));
  END IF;
  IF was.typacl IS NOT NULL THEN
    REVOKE ALL ON TYPE {new} FROM PUBLIC;
    FOR given IN SELECT * FROM aclexplode(was.typacl) WHERE grantee <> was.typowner LOOP
      EXECUTE format('GRANT USAGE ON TYPE %s TO %s%s', {name},
        CASE given.grantee WHEN 0 THEN 'PUBLIC' ELSE given.grantee::regrole::text END,
        CASE WHEN given.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
    END LOOP;
  END IF;
  IF pg_get_userbyid(was.typowner) <> current_user THEN
    EXECUTE format('ALTER TYPE %s OWNER TO %s', {name}, was.typowner::regrole);
  END IF;
END $embedmig$"""


@dataclass(frozen=True, slots=True)
class EnumColumn:
    """One column that has an enum type, or an array of it."""

    table: str
    schema: str | None
    name: str
    default: str | None
    is_array: bool


class EnumTypes:
    """The statements that keep enum types in step with the columns that use them."""

    def __init__(self, spell: Spelling) -> None:
        self.spell = spell

    # -- before a column ---------------------------------------------------------------------

    def needed(
        self,
        op: ops.Operation,
        columns: Iterable[sa.Column[Any]],
        schema: str | None,
        catalog: Catalog,
    ) -> Iterator[Statement]:
        """CREATE TYPE for each type of the columns that is not there yet."""
        seen = set()
        for column in columns:
            if _sa.is_plain(column.type):
                continue
            impl = self.implementation(column.type)
            enum = enum_in(impl)
            if enum is not None and (key := enum_key(enum, schema)) not in seen:
                seen.add(key)
                yield from self._create(op, enum, key, catalog)
            elif isinstance(impl, postgresql.DOMAIN) and impl.create_type:
                yield from self._create_domain(impl, catalog)

    def implementation(self, type_: Any) -> Any:
        """What the type is here, a TypeDecorator being looked through."""
        impl = type_.dialect_impl(self.spell.dialect)
        return impl.impl_instance if isinstance(impl, sa.types.TypeDecorator) else impl

    def _create(
        self, op: ops.Operation, enum: sa.Enum, key: tuple[str | None, str], catalog: Catalog
    ) -> Iterator[Statement]:
        if not getattr(enum, "create_type", True):
            return
        schema, name = key
        values = tuple(enum.enums)
        existing = catalog.enum(name, schema)
        if existing is None:
            guard = catalog.connection is None and bool(catalog.raw_sql_seen)
            yield Preparation(self.create_text(name, schema, values, guard=guard))
        elif not set(values) <= set(existing):
            missing = sorted(set(values) - set(existing))
            raise InvalidOperation(
                f"{op.describe()}: the type {name!r} exists already, without the value(s) "
                f"{', '.join(map(repr, missing))}; add them with add_enum_value first"
            )

    def create_text(
        self, name: str, schema: str | None, values: Iterable[str], *, guard: bool = False
    ) -> str:
        """CREATE TYPE … AS ENUM; guarded it is passed over where the type exists."""
        place = self.spell.qualified(name, schema)
        text = f"CREATE TYPE {place} AS ENUM ({', '.join(map(self.spell.literal, values))})"
        return guarded(text) if guard else text

    def _create_domain(self, domain: Any, catalog: Catalog) -> Iterator[Statement]:
        element: ExecutableDDLElement = postgresql.CreateDomainType(domain)
        text = self.spell.element(element)
        if catalog.connection is None:
            yield Preparation(guarded(text))
            return
        inspector: Any = sa.inspect(catalog.connection)
        known = {found["name"] for found in inspector.get_domains(schema=domain.schema)}
        if domain.name not in known:
            yield Preparation(text)

    # -- after a column ----------------------------------------------------------------------

    def left_alone(
        self, catalog: Catalog, table: str, schema: str | None, column: str | None = None
    ) -> list[str]:
        """The types (as SQL) that nothing uses any more once the table or column is gone."""
        if catalog.connection is not None:
            parameters = {"table": self.spell.qualified(table, schema), "column": column}
            rows = catalog.connection.execute(_LONELY, parameters)
            return [
                self.spell.qualified(row.typname, None if row.visible else row.nspname)
                for row in rows
            ]
        return self._left_alone_offline(catalog, table, schema, column)

    def _left_alone_offline(
        self, catalog: Catalog, table: str, schema: str | None, column: str | None
    ) -> list[str]:
        try:
            columns = catalog.state(table, schema).columns
        except UnknownTable:
            return []
        mine = {((schema, table), name) for name in columns if column in (None, name)}
        enums = {}
        for name in columns:
            enum = enum_in(columns[name].type) if column in (None, name) else None
            if enum is not None:
                enums[enum_key(enum, schema)] = True
        return [
            self.spell.qualified(name, place)
            for place, name in enums
            if catalog.enum(name, place) is not None
            and set(catalog.enum_users(name, place)) <= mine
        ]

    # -- removing a value --------------------------------------------------------------------

    def without_value(self, op: ops.DropEnumValue, catalog: Catalog) -> list[Statement]:
        """The checked rebuild: nothing is touched while a row holds the value."""
        values = catalog.enum(op.enum_name, op.schema)
        if values is not None and op.value not in values:
            raise InvalidOperation(f"{op.describe()}: it has no such value")
        if values is None:
            raise InvalidOperation(f"{op.describe()}: the type is not known here")
        if op.replacement is not None and op.replacement not in values:
            raise InvalidOperation(f"{op.describe()}: no value {op.replacement!r} to replace it by")
        rest = [value for value in values if value != op.value]
        columns = self._columns(op, catalog)
        presets = [self._preset(op, column) for column in columns]
        place = self.spell.qualified(op.enum_name, op.schema)
        old_name = f"{op.enum_name}__old"
        return [
            *(self._check_or_replace(op, column, catalog) for column in columns),
            Statement(f"ALTER TYPE {place} RENAME TO {self.spell.name(old_name)}"),
            Statement(self.create_text(op.enum_name, op.schema, rest)),
            *(
                Statement(text)
                for column, preset in zip(columns, presets, strict=True)
                for text in self._retype(column, preset, place)
            ),
            Statement(self._as_it_was(op, old_name)),
            Statement(f"DROP TYPE {self.spell.qualified(old_name, op.schema)}"),
        ]

    def _as_it_was(self, op: ops.DropEnumValue, old_name: str) -> str:
        """Give the new type the old one's comment, privileges and owner."""
        old = self.spell.literal(self.spell.qualified(old_name, op.schema))
        place = self.spell.qualified(op.enum_name, op.schema)
        return _AS_IT_WAS.format(old=old, new=place, name=self.spell.literal(place))

    def _columns(self, op: ops.DropEnumValue, catalog: Catalog) -> list[EnumColumn]:
        if catalog.connection is None:
            return list(self._columns_offline(op, catalog))
        place = self.spell.qualified(op.enum_name, op.schema)
        return [
            EnumColumn(
                row.relname,
                None if row.visible else row.nspname,
                row.attname,
                row.preset,
                row.is_array,
            )
            for row in catalog.connection.execute(_COLUMNS, {"type": place})
        ]

    def _columns_offline(self, op: ops.DropEnumValue, catalog: Catalog) -> Iterator[EnumColumn]:
        for (schema, table), name in catalog.enum_users(op.enum_name, op.schema):
            column = catalog.column(table, name, schema)
            if column is None:
                continue
            default = column.server_default
            text = None if default is None else self.spell.default(default)
            is_array = isinstance(self.implementation(column.type), sa.ARRAY)
            yield EnumColumn(table, schema, name, text, is_array)

    def _preset(self, op: ops.DropEnumValue, column: EnumColumn) -> str | None:
        """The column's default for the new type."""
        if column.default is None:
            return None
        plain = plain_literal(column.default)
        if plain != self.spell.literal(op.value):
            return plain
        if op.replacement is None:
            raise InvalidOperation(
                f"{op.describe()}: {column.table}.{column.name} has it as its default; change the "
                "default first, or give a replacement"
            )
        return self.spell.literal(op.replacement)

    def _check_or_replace(
        self, op: ops.DropEnumValue, column: EnumColumn, catalog: Catalog
    ) -> Statement:
        table, name = (
            self.spell.qualified(column.table, column.schema),
            self.spell.name(column.name),
        )
        value = self.spell.literal(op.value)
        # As text: a value that this transaction added may not be spoken of as one of the type.
        holds = f"{value} = ANY ({name}::text[])" if column.is_array else f"{name}::text = {value}"
        if op.replacement is not None:
            new = self.spell.literal(op.replacement)
            if column.is_array:
                new = f"array_replace({name}, {value}, {new})"
            return Statement(f"UPDATE {table} SET {name} = {new} WHERE {holds}", is_data=True)
        keys = self._key(column, catalog)
        query = f"SELECT {keys} FROM {table} WHERE {holds} LIMIT 5"
        reason = f"{column.table}.{column.name}: rows still hold the value {op.value!r}"
        return Statement(query, is_data=True, check=_nothing_holds(op, column), forbids=reason)

    def _key(self, column: EnumColumn, catalog: Catalog) -> str:
        try:
            primary = catalog.state(column.table, column.schema).primary_key
        except UnknownTable:
            primary = None
        return self.spell.names(primary.columns) if primary is not None else "ctid"

    def _retype(self, column: EnumColumn, preset: str | None, type_: str) -> Iterator[str]:
        name = self.spell.name(column.name)
        alter = f"ALTER TABLE {self.spell.qualified(column.table, column.schema)} "
        array = "[]" if column.is_array else ""
        if column.default is not None:
            yield f"{alter}ALTER COLUMN {name} DROP DEFAULT"
        cast = f"{name}::text{array}::{type_}{array}"
        yield f"{alter}ALTER COLUMN {name} TYPE {type_}{array} USING {cast}"
        if preset is not None:
            yield f"{alter}ALTER COLUMN {name} SET DEFAULT {preset}"


def _nothing_holds(op: ops.DropEnumValue, column: EnumColumn) -> Callable[[Sequence[Any]], None]:
    def check(rows: Sequence[Any]) -> None:
        if rows:
            keys = [row[0] if len(row) == 1 else tuple(row) for row in rows]
            raise DataWouldBeLost(
                column.table, column.name, f"rows still hold the value {op.value!r}", keys
            )

    return check


def guarded(text: str) -> str:
    """A CREATE that is passed over where the thing exists, for what has no IF NOT EXISTS."""
    tag = "$embedmig$"
    return f"DO {tag} BEGIN {text}; EXCEPTION WHEN duplicate_object THEN NULL; END {tag}"


_CAST_LITERAL = re.compile(r"""^('(?:[^']|'')*')::[\w\s"'.()\[\]]+$""")


def plain_literal(default: str) -> str:
    """A default without the cast that the server adds to a string: `'a'::e` is `'a'`."""
    found = _CAST_LITERAL.match(default)
    return found[1] if found else default
