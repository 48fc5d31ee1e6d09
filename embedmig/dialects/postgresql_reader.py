"""PostgreSQL's catalog as a picture: a constant number of queries, whatever is read.

What the catalog means is told in https://www.postgresql.org/docs/current/catalogs.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .describe import bare, closing, split_list
from .snapshot import (
    CheckState,
    ColumnState,
    EnumState,
    ForeignKeyState,
    IndexState,
    Key,
    KeyState,
    SchemaState,
    SequenceState,
    TableState,
    options_of,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .comparison import Scope

ACTIONS = {"a": None, "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
MATCHES = {"f": "FULL", "p": "PARTIAL"}

_TABLES = """
SELECT c.oid::bigint, n.nspname, c.relname, obj_description(c.oid, 'pg_class'), c.reloptions,
       ts.spcname, c.relispartition,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
       (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
          AND d.refclassid = 'pg_extension'::regclass LIMIT 1),
       c.relpersistence = 'u', am.amname,
       (SELECT string_agg(quote_ident(pn.nspname) || ',' || quote_ident(p.relname), ','
                          ORDER BY h.inhseqno)
        FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent
             JOIN pg_namespace pn ON pn.oid = p.relnamespace
        WHERE h.inhrelid = c.oid AND NOT c.relispartition)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
     LEFT JOIN pg_am am ON am.oid = c.relam
WHERE c.relkind IN ('r', 'p') AND n.nspname IN ({schemas})
ORDER BY n.nspname, c.relname
"""

_COLUMNS = """
SELECT a.attrelid::bigint, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
       NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attgenerated::text,
       a.attidentity::text, c.collname, s.description, a.attislocal
FROM pg_attribute a
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     LEFT JOIN pg_type t ON t.oid = a.atttypid AND t.typcollation <> a.attcollation
     LEFT JOIN pg_collation c ON c.oid = a.attcollation AND t.oid IS NOT NULL
     LEFT JOIN pg_description s ON s.classoid = 'pg_class'::regclass
          AND s.objoid = a.attrelid AND s.objsubid = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY ('{{{oids}}}'::oid[])
ORDER BY a.attrelid, a.attnum
"""

# A sequence that a column owns: 'a' a serial's, 'i' an identity's.
_OWNED = """
SELECT d.refobjid::bigint, d.refobjsubid, d.deptype::text, s.seqstart, s.seqincrement, s.seqmin,
       s.seqmax, s.seqcache, s.seqcycle, n.nspname, c.relname
FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
     JOIN pg_class c ON c.oid = d.objid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
  AND d.deptype IN ('a', 'i') AND d.refobjid = ANY ('{{{oids}}}'::oid[])
"""

_CONSTRAINTS = """
SELECT k.conrelid::bigint, k.conname, k.contype::text, k.conkey, k.condeferrable, k.condeferred,
       CASE WHEN k.contype IN ('c', 'x') OR k.confdeltype IN ('n', 'd')
            THEN pg_get_constraintdef(k.oid) END,
       k.convalidated, rn.nspname, r.relname,
       CASE WHEN k.contype = 'f' THEN
         (SELECT string_agg(quote_ident(a.attname), ',' ORDER BY u.place)
          FROM unnest(k.confkey) WITH ORDINALITY u(number, place)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) END,
       k.confupdtype::text, k.confdeltype::text, k.confmatchtype::text
FROM pg_constraint k
     LEFT JOIN pg_class r ON r.oid = k.confrelid
     LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE k.contype IN ('c', 'x', 'f', 'p', 'u') AND k.conrelid = ANY ('{{{oids}}}'::oid[])
  AND (k.contype <> 'f' OR k.conparentid = 0) AND (k.contype <> 'c' OR k.conislocal)
ORDER BY k.conrelid, k.oid
"""

_INDEXES = """
SELECT i.indrelid::bigint, c.relname, i.indisunique, i.indisvalid, pg_get_indexdef(i.indexrelid),
       ts.spcname, k.contype::text
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
     LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
          AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = ANY ('{{{oids}}}'::oid[])
ORDER BY i.indrelid, c.relname
"""

_ENUMS = """
SELECT n.nspname, t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder),
       EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_type'::regclass
               AND d.objid = t.oid AND d.deptype = 'e')
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
     LEFT JOIN pg_enum e ON e.enumtypid = t.oid
WHERE t.typtype = 'e' AND n.nspname IN ({schemas})
GROUP BY n.nspname, t.typname, t.oid ORDER BY n.nspname, t.typname
"""

_SEQUENCES = """
SELECT n.nspname, c.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
       s.seqcycle, format_type(s.seqtypid, NULL),
       EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
               AND d.objid = c.oid AND d.deptype = 'e')
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ({schemas})
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                  AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0)
ORDER BY n.nspname, c.relname
"""


class Reader:
    """Reads the schemas of a scope; `schemas` maps a real schema's name to the one in the keys."""

    def __init__(self, connection: Connection, scope: Scope, schemas: Mapping[str, str | None]):
        self.connection = connection
        self.scope = scope
        self.schemas = schemas
        self.state = SchemaState()
        self.tables: dict[int, TableState] = {}
        self.names: dict[int, dict[int, str]] = {}

    def read(self) -> SchemaState:
        """Tables, then what belongs to them, then types and sequences."""
        if self.schemas:
            self.read_tables()
            self.read_enums()
            self.read_sequences()
        if self.tables:
            self.read_columns()
            self.read_indexes()
            self.read_constraints()
        return self.state

    def rows(self, query: str) -> Sequence[Any]:
        """The rows of a catalog query for the schemas or tables of this reader."""
        names = ", ".join(map(literal, self.schemas))
        oids = ",".join(map(str, self.tables))
        sql = query.format(schemas=names, oids=oids)
        return self.connection.exec_driver_sql(sql).fetchall()

    def key(self, schema: str, name: str) -> Key:
        """The key of an object: the default schema is None."""
        return self.schemas.get(schema, schema), name

    def read_tables(self) -> None:
        for row in self.rows(_TABLES):
            oid, schema, name, comment, reloptions, tablespace, partition = row[:7]
            partitioned, owner, unlogged, method, inherited = row[7:]
            key = self.key(schema, name)
            if not self.scope.wants_table(key):
                continue
            table = TableState(key, comment=comment or None, unlogged=unlogged)
            parents = [unquote(part) for part in split_list(inherited or "")]
            table.needs = frozenset(map(self.key, parents[::2], parents[1::2]))
            table.options = table_options(
                reloptions, tablespace, partitioned, method, parents[1::2]
            )
            if partition:
                table.foreign = "a partition of another table"
            elif owner:
                table.foreign = f"owned by the extension {owner}"
            self.tables[oid] = self.state.tables[key] = table

    def read_columns(self) -> None:
        owned = {(row[0], row[1]): row for row in self.rows(_OWNED)}
        for row in self.rows(_COLUMNS):
            oid, number, name, type_, nullable, default, generated, identity = row[:8]
            self.names.setdefault(oid, {})[number] = name
            if not row[10] and self.tables[oid].needs:
                continue  # it is the parent's
            serial = owned.get((oid, number))
            is_serial = bool(serial and serial[2] == "a" and default and "nextval(" in default)
            self.tables[oid].columns[name] = ColumnState(
                name,
                type_,
                nullable,
                None if is_serial or generated else default,
                bare(settled(default)) if generated else None,
                (generated == "s") if generated else None,
                identity_options(identity, serial) if identity else None,
                is_serial,
                row[9] or None,
                row[8],
            )

    def read_constraints(self) -> None:
        found: dict[int, list[Any]] = {}
        for row in self.rows(_CONSTRAINTS):
            found.setdefault(row[0], []).append(row)
        for oid, rows in found.items():
            table = self.tables[oid]
            kinds = {kind: [r for r in rows if r[2] == kind] for kind in "pufcx"}
            for row in kinds["p"]:
                table.primary_key = self.constraint_key(row)
            table.uniques = tuple(self.constraint_key(row) for row in kinds["u"])
            table.foreign_keys = tuple(self.foreign_key(row) for row in kinds["f"])
            table.checks = tuple(check(row) for row in kinds["c"])
            table.excludes = tuple(exclusion(row) for row in kinds["x"])

    def constraint_key(self, row: Any) -> KeyState:
        names = self.names[row[0]]
        columns = tuple(names[number] for number in row[3])
        index = self.backing.get((row[0], row[1]))
        options = {} if index is None else dict(index.options)
        kept = {k: v for k, v in options.items() if k in ("include", "nulls_not_distinct")}
        deferred = "DEFERRED" if row[5] else None
        return KeyState(row[1], columns, row[4], deferred, options_of(kept))

    def foreign_key(self, row: Any) -> ForeignKeyState:
        names = self.names[row[0]]
        ondelete = ACTIONS[row[12]]
        if ondelete and row[6] and (only := re.search(rf"{ondelete} (\([^)]*\))", row[6])):
            ondelete = f"{ondelete} {only.group(1)}"
        return ForeignKeyState(
            row[1],
            tuple(names[number] for number in row[3]),
            self.key(row[8], row[9]),
            tuple(unquote(part) for part in split_list(row[10])),
            ACTIONS[row[11]],
            ondelete,
            row[4],
            "DEFERRED" if row[5] else None,
            MATCHES.get(row[13]),
            options_of({} if row[7] else {"not_valid": True}),
        )

    def read_indexes(self) -> None:
        self.backing: dict[tuple[int, str], IndexState] = {}
        found: dict[int, list[IndexState]] = {}
        for oid, name, unique, valid, definition, tablespace, kind in self.rows(_INDEXES):
            index = parse_index(name, definition, tablespace, unique=unique, valid=valid)
            if kind:
                self.backing[oid, name] = index
            else:
                found.setdefault(oid, []).append(index)
        for oid, indexes in found.items():
            self.tables[oid].indexes = tuple(indexes)

    def read_enums(self) -> None:
        for schema, name, values, owned in self.rows(_ENUMS):
            key = self.key(schema, name)
            labels = tuple(value for value in values if value is not None)
            self.state.enums[key] = EnumState(key, labels, "owned by an extension" if owned else "")

    def read_sequences(self) -> None:
        for schema, name, *options, type_, owned in self.rows(_SEQUENCES):
            key = self.key(schema, name)
            named = sequence_options(*options)
            if type_ != "bigint":
                named["data_type"] = type_
            foreign = "owned by an extension" if owned else ""
            self.state.sequences[key] = SequenceState(key, named, foreign)


_MAXIMA = (2**15 - 1, 2**31 - 1, 2**63 - 1)
_MINIMA = tuple(-bound - 1 for bound in _MAXIMA)


def sequence_options(
    start: int, increment: int, minimum: int, maximum: int, cache: int, cycle: object
) -> dict[str, Any]:
    """A sequence's options that are not the default ones."""
    up = increment > 0
    usual = {
        "start": (1 if up else -1,),
        "increment": (1,),
        "minvalue": (1,) if up else _MINIMA,
        "maxvalue": _MAXIMA if up else (-1,),
        "cache": (1,),
        "cycle": (False,),
    }
    values = (start, increment, minimum, maximum, cache, cycle)
    given = zip(usual.items(), values, strict=True)
    return {option: value for (option, usuals), value in given if value not in usuals}


def identity_options(kind: str, owned: Any) -> tuple[tuple[str, Any], ...]:
    """An identity's options that are not the default ones."""
    named = sequence_options(*owned[3:9]) if owned else {}
    return options_of({"always": kind == "a", **named})


def table_options(
    reloptions: Iterable[str] | None,
    tablespace: str | None,
    partitioned: str | None,
    method: str | None,
    parents: Sequence[str],
) -> dict[str, Any]:
    """A table's options by SQLAlchemy's keyword."""
    options: dict[str, Any] = {}
    if reloptions:
        pairs = (option.partition("=") for option in reloptions)
        options["postgresql_with"] = {key: value for key, _, value in pairs}
    if tablespace:
        options["postgresql_tablespace"] = tablespace
    if partitioned:
        options["postgresql_partition_by"] = partitioned
    if method not in (None, "heap"):
        options["postgresql_using"] = method
    if parents:
        options["postgresql_inherits"] = tuple(parents)
    return options


def check(row: Any) -> CheckState:
    """A CHECK from its definition."""
    definition = settled(row[6])
    end = closing(definition, definition.index("("))
    options = {} if row[7] else {"not_valid": True}
    return CheckState(
        row[1], bare(definition[definition.index("(") : end + 1]), options_of(options)
    )


def exclusion(row: Any) -> CheckState:
    """An EXCLUDE, whole."""
    return CheckState(row[1], settled(row[6]).removeprefix("EXCLUDE ").strip())


_ELEMENT = r"'(?:[^']|'')*'::character varying"
_CAST_AS_ONE = re.compile(rf"\(ARRAY\[({_ELEMENT}(?:, {_ELEMENT})*)\]\)::text\[\]")


def settled(text: str) -> str:
    """An expression as PostgreSQL writes it once it has read its own writing (pg_dump does that).

    A list of a VARCHAR's values is written with one cast at first, and then with one for each.
    """
    return _CAST_AS_ONE.sub(
        lambda found: "ARRAY[" + re.sub(_ELEMENT, r"(\g<0>)::text", found[1]) + "]", text
    )


_INDEX = re.compile(r" USING (?P<method>\w+) (?=\()")


def parse_index(
    name: str, definition: str, tablespace: str | None, *, unique: bool, valid: bool = True
) -> IndexState:
    """An index from what pg_get_indexdef says."""
    definition = settled(definition)
    found = _INDEX.search(definition)
    assert found is not None, definition
    start = found.end()
    end = closing(definition, start)
    elements = split_list(definition[start + 1 : end])
    options: dict[str, Any] = index_tail(definition[end + 1 :])
    if found["method"] != "btree":
        options["using"] = found["method"]
    if tablespace:
        options["tablespace"] = tablespace
    if not valid:
        options["invalid"] = True
    return IndexState(name, tuple(map(element, elements)), unique, options_of(options))


def index_tail(tail: str) -> dict[str, Any]:
    """INCLUDE, NULLS NOT DISTINCT, WITH and WHERE, as they follow the elements."""
    options: dict[str, Any] = {}
    tail = tail.strip()
    if tail.startswith("INCLUDE "):
        end = closing(tail, 8)
        options["include"] = tuple(unquote(part) for part in split_list(tail[9:end]))
        tail = tail[end + 1 :].strip()
    if tail.startswith("NULLS NOT DISTINCT"):
        options["nulls_not_distinct"] = True
        tail = tail[18:].strip()
    if tail.startswith("WITH "):
        end = closing(tail, 5)
        pairs = (part.partition("=") for part in split_list(tail[6:end]))
        options["with"] = tuple(sorted((k.strip(), v.strip("'")) for k, _, v in pairs))
        tail = tail[end + 1 :].strip()
    if tail.startswith("WHERE "):
        options["where"] = bare(tail[6:])
    return options


def element(text: str) -> str:
    """An index element: a plain column by its name, anything else as text."""
    return unquote(text) if re.fullmatch(r'\w+|"([^"]|"")+"', text) else text


def unquote(name: str) -> str:
    """A name without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def literal(text: str) -> str:
    """An SQL string that every driver lets pass, whatever it makes of a percent sign."""
    return "'" + text.replace("'", "''").replace("%", "' || chr(37) || '") + "'"
