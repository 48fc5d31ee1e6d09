"""MySQL's and MariaDB's information_schema as a picture: a constant number of queries.

https://dev.mysql.com/doc/refman/en/information-schema.html,
https://mariadb.com/kb/en/information-schema-tables/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .describe import bare
from .snapshot import (
    CheckState,
    ColumnState,
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

#: Scratch databases begin so; an account, the connection's number and a random part follow.
SHADOW = "embedmig_shadow_"

_TABLES = """
SELECT table_schema, table_name, table_type, engine, table_collation, table_comment, create_options
FROM information_schema.tables WHERE table_schema IN ({schemas})
  AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')
ORDER BY table_schema, table_name
"""

_COLUMNS = """
SELECT table_schema, table_name, column_name, column_type, is_nullable, column_default, extra,
       collation_name, column_comment, generation_expression
FROM information_schema.columns WHERE table_schema IN ({schemas})
ORDER BY table_schema, table_name, ordinal_position
"""

_INDEXES = """
SELECT table_schema, table_name, index_name, non_unique, column_name, collation, sub_part,
       index_type, {expression}
FROM information_schema.statistics WHERE table_schema IN ({{schemas}})
ORDER BY table_schema, table_name, index_name, seq_in_index
"""

_FOREIGN_KEYS = """
SELECT k.table_schema, k.table_name, k.constraint_name, k.column_name,
       k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name,
       r.update_rule, r.delete_rule
FROM information_schema.key_column_usage k
JOIN information_schema.referential_constraints r
  ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
     AND r.table_name = k.table_name
WHERE k.table_schema IN ({schemas}) AND r.constraint_schema IN ({schemas})
  AND k.referenced_table_name IS NOT NULL
ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position
"""

_CHECKS_MARIADB = """
SELECT constraint_schema, table_name, constraint_name, check_clause
FROM information_schema.check_constraints WHERE constraint_schema IN ({schemas})
ORDER BY constraint_schema, table_name, constraint_name
"""

_CHECKS_MYSQL = """
SELECT c.constraint_schema, t.table_name, c.constraint_name, c.check_clause
FROM information_schema.check_constraints c
JOIN information_schema.table_constraints t
  ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
WHERE c.constraint_schema IN ({schemas}) AND t.constraint_type = 'CHECK'
ORDER BY c.constraint_schema, t.table_name, c.constraint_name
"""

_INTEGER = re.compile(r"^(tinyint|smallint|mediumint|int|bigint)\((\d+)\)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NUMERIC = re.compile(r"(tinyint|smallint|mediumint|int|bigint|decimal|float|double|bit)\b")
_NAME = re.compile(r"`((?:[^`]|``)+)`")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STRINGS = re.compile(r"('(?:[^'\\]|''|\\.)*')")


class Reader:
    """Reads the schemas of a scope; `schemas` maps a real schema's name to the one in the keys."""

    def __init__(
        self,
        connection: Connection,
        scope: Scope,
        schemas: Mapping[str, str | None],
        *,
        is_mariadb: bool,
        has_checks: bool,
        needs_quotes: Callable[[str], bool],
    ) -> None:
        self.connection = connection
        self.scope = scope
        self.schemas = schemas
        self.is_mariadb = is_mariadb
        self.has_checks = has_checks
        self.needs_quotes = needs_quotes
        self.state = SchemaState()

    def read(self) -> SchemaState:
        """Tables and sequences, then what belongs to tables."""
        if not self.schemas:
            return self.state
        self.read_tables()
        if self.state.tables:
            self.read_columns()
            self.read_indexes()
            self.read_foreign_keys()
            if self.has_checks:
                self.read_checks()
        return self.state

    def rows(self, query: str) -> Sequence[Any]:
        """The rows of a query about the schemas of this reader."""
        names = ", ".join(hexed(name) for name in self.schemas)
        return self.connection.exec_driver_sql(query.format(schemas=names)).fetchall()

    def key(self, schema: str, name: str) -> Key:
        """The key of an object: the default schema is None."""
        return self.schemas.get(schema, schema), name

    def table_of(self, row: Any) -> TableState | None:
        """The table a row belongs to, if that is looked at."""
        return self.state.tables.get(self.key(row[0], row[1]))

    def read_tables(self) -> None:
        for schema, name, kind, engine, collation, comment, create_options in self.rows(_TABLES):
            key = self.key(schema, name)
            if kind == "SEQUENCE":
                self.read_sequence(key, schema, name)
            elif self.scope.wants_table(key):
                table = self.state.tables[key] = TableState(key, comment=comment or None)
                table.options = table_options(engine, collation, create_options)
                table.collation = collation

    def read_sequence(self, key: Key, schema: str, name: str) -> None:
        quoted = f"`{schema.replace('`', '``')}`.`{name.replace('`', '``')}`"
        row = self.connection.exec_driver_sql(
            "SELECT start_value, increment, minimum_value, maximum_value, cache_size, cycle_option "
            f"FROM {quoted}",
            execution_options={"no_parameters": True},
        ).one()
        self.state.sequences[key] = SequenceState(key, sequence_options(*row))

    # -- columns -----------------------------------------------------------------------------

    def read_columns(self) -> None:
        for row in self.rows(_COLUMNS):
            table = self.table_of(row)
            if table is not None:
                table.columns[row[2]] = self.column(table, row)
                if row[7] is not None:
                    table.collations[row[2]] = row[7]

    def column(self, table: TableState, row: Any) -> ColumnState:
        """One column."""
        _, _, name, column_type, is_nullable, default, extra, collation, comment, generation = row
        words = (extra or "").lower()
        type_ = spelled_type(column_type)
        expression = self.expression(generation) if generation else None
        return ColumnState(
            name,
            type_,
            is_nullable == "YES",
            None if expression else self.default(default, type_, words, extra or ""),
            expression,
            ("stored" in words or "persistent" in words) if expression else None,
            None,
            "auto_increment" in words,
            comment or None,
            None if collation == table.collation else collation,
        )

    def default(self, default: Any, type_: str, words: str, extra: str) -> str | None:
        """A default's text, with ON UPDATE as SQLAlchemy's users write it."""
        text = None if default is None else str(default)
        if self.is_mariadb:
            text = None if text == "NULL" else text
        elif text is not None and "default_generated" not in words:
            is_number = _NUMERIC.match(type_) and (_NUMBER.fullmatch(text) or text[:2] == "b'")
            text = text if is_number or text == "CURRENT_TIMESTAMP" else literal(text)
        elif text is not None and not text.upper().startswith("CURRENT_TIMESTAMP"):
            # MySQL shows the text of an expression with its quotes escaped.
            text = bare(text.replace("\\'", "'"))
        if text is not None:
            text = self.expression(text)
        if "on update" in words:
            update = re.search(r"on update (\S+)", extra, re.IGNORECASE)
            assert update is not None
            text = f"{text or 'NULL'} ON UPDATE {update.group(1)}"
        return text

    # -- indexes and constraints -------------------------------------------------------------

    def read_indexes(self) -> None:
        expression = "NULL" if self.is_mariadb or not self.has_checks else "expression"
        found: dict[Key, dict[str, list[Any]]] = {}
        for row in self.rows(_INDEXES.format(expression=expression)):
            table = self.table_of(row)
            if table is not None:
                found.setdefault(table.key, {}).setdefault(row[2], []).append(row)
        for key, indexes in found.items():
            table = self.state.tables[key]
            primary = indexes.pop("PRIMARY", None)
            if primary is not None:
                table.primary_key = KeyState(None, tuple(row[4] for row in primary))
            table.indexes = tuple(self.index(name, rows) for name, rows in indexes.items())

    def index(self, name: str, rows: Sequence[Any]) -> IndexState:
        """One index; unique constraints are unique indexes here."""
        kind = rows[0][7]
        options = {}
        if kind in ("FULLTEXT", "SPATIAL"):
            options["prefix"] = kind
        elif kind != "BTREE":
            options["using"] = kind.lower()
        elements = tuple(self.element(row, kind) for row in rows)
        return IndexState(name, elements, not rows[0][3], options_of(options))

    def element(self, row: Any, kind: str) -> str:
        """A column, with its length and direction, or an expression."""
        if row[4] is None:
            text = f"({self.expression(row[8])})"
        elif not (row[6] or row[5] == "D"):
            return str(row[4])
        else:
            text = self.expression(f"`{row[4].replace('`', '``')}`")
        if row[6] and kind != "SPATIAL":
            text = f"{text}({row[6]})"
        return f"{text} DESC" if row[5] == "D" else text

    def read_foreign_keys(self) -> None:
        found: dict[Key, dict[str, list[Any]]] = {}
        for row in self.rows(_FOREIGN_KEYS):
            table = self.table_of(row)
            if table is not None:
                found.setdefault(table.key, {}).setdefault(row[2], []).append(row)
        for key, constraints in found.items():
            self.state.tables[key].foreign_keys = tuple(
                self.foreign_key(name, rows) for name, rows in constraints.items()
            )

    def foreign_key(self, name: str, rows: Sequence[Any]) -> ForeignKeyState:
        """One foreign key; RESTRICT is what happens anyway."""
        first = rows[0]
        usual = ("RESTRICT", "NO ACTION")
        return ForeignKeyState(
            name,
            tuple(row[3] for row in rows),
            self.key(first[4], first[5]),
            tuple(row[6] for row in rows),
            None if first[7] in usual else first[7],
            None if first[8] in usual else first[8],
        )

    def read_checks(self) -> None:
        found: dict[Key, list[CheckState]] = {}
        for row in self.rows(_CHECKS_MARIADB if self.is_mariadb else _CHECKS_MYSQL):
            table = self.table_of(row)
            if table is None:
                continue
            check = CheckState(row[2], self.expression(row[3]))
            column = table.columns.get(check.name or "")
            if self.is_mariadb and column is not None and is_json(check, column):
                table.columns[column.name] = column._replace(type="json", collation=None)
            else:
                found.setdefault(table.key, []).append(check)
        for key, checks in found.items():
            self.state.tables[key].checks = tuple(checks)

    # -- expressions -------------------------------------------------------------------------

    def expression(self, text: str) -> str:
        """The text without needless quotes of names and without outer parentheses."""

        def name(found: re.Match[str]) -> str:
            plain = found.group(1)
            keep = not _PLAIN.fullmatch(plain) or self.needs_quotes(plain)
            return found.group() if keep else plain

        if not self.is_mariadb:
            text = text.replace("\\'", "'")
        parts = _STRINGS.split(text)
        return bare("".join(p if i % 2 else _NAME.sub(name, p) for i, p in enumerate(parts)))


def is_json(check: CheckState, column: ColumnState) -> bool:
    """Whether this is the CHECK by which MariaDB makes a longtext a JSON column."""
    return column.type == "longtext" and check.expression.replace("`", "") == (
        f"json_valid({column.name})"
    )


def spelled_type(text: str) -> str:
    """A column type without the display widths that mean nothing; tinyint(1) is a boolean."""

    def width(found: re.Match[str]) -> str:
        return found.group() if found.groups() == ("tinyint", "1") else found.group(1)

    return _INTEGER.sub(width, text)


def table_options(engine: str | None, collation: str | None, create_options: str) -> dict[str, Any]:
    """A table's options by SQLAlchemy's keyword, its prefix left to the caller."""
    options: dict[str, Any] = {"engine": engine, "collate": collation}
    if collation:
        options["default_charset"] = collation.partition("_")[0]
    for option, value in re.findall(r"(\w+)=(\S+)", create_options or ""):
        options[option.lower()] = value.strip("'\"`")
    return {k: v for k, v in options.items() if v}


def sequence_options(
    start: int, increment: int, minimum: int, maximum: int, cache: int, cycle: int
) -> dict[str, Any]:
    """A sequence's options that are not the default ones."""
    up = increment >= 0
    usual = {
        "start": 1 if up else -1,
        "increment": 1,
        "minvalue": 1 if up else -(2**63) + 1,
        "maxvalue": 2**63 - 2 if up else -1,
        "cache": 1000,
        "cycle": 0,
    }
    values = (start, increment, minimum, maximum, cache, cycle)
    given = zip(usual.items(), values, strict=True)
    named = {option: value for (option, value_), value in given if value != value_}
    if "cycle" in named:
        named["cycle"] = True
    return named


def hexed(text: str) -> str:
    """A string that every driver lets pass, whatever stands in it."""
    return f"CONVERT(0x{text.encode().hex() or '00'} USING utf8mb4)"


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"
