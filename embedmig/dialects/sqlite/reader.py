"""SQLite's stored texts as pictures: one query for everything, whatever the number of tables.

SQLite keeps `CREATE` statements as they were written (https://www.sqlite.org/schematab.html), and
prints no expression in another way. The metadata's side is therefore compiled and read alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..describe import bare, closing, split_list
from ..snapshot import (
    CheckState,
    ColumnState,
    ForeignKeyState,
    IndexState,
    Key,
    KeyState,
    SchemaState,
    TableState,
    options_of,
)
from .table_text import (
    CHECK,
    COLLATE,
    DEFAULT,
    FOREIGN_KEY,
    GENERATED,
    NOT_NULL,
    PRIMARY_KEY,
    UNIQUE,
    Clause,
    Column,
    TableText,
    UnreadableTable,
    parse,
)
from .tokens import PUNCTUATION, QUOTED, significant, unquote

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..comparison import Scope

#: Names that need no quotes.
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_ACTION = re.compile(r"ON\s+(UPDATE|DELETE)\s+(SET\s+NULL|SET\s+DEFAULT|CASCADE|RESTRICT)", re.I)
_DEFERRABLE = re.compile(r"(NOT\s+)?DEFERRABLE(?:\s+INITIALLY\s+(\w+))?", re.I)
_INDEX = re.compile(r"\s*CREATE\s+(UNIQUE\s+)?INDEX\s", re.I)


class Reader:
    """Reads stored texts; `needs_quotes` tells which names SQLite takes for keywords."""

    def __init__(self, needs_quotes: Callable[[str], bool]) -> None:
        self.needs_quotes = needs_quotes

    def read(self, connection: Connection, scope: Scope) -> SchemaState:
        """The tables of the scope's schemas (`main` and attached databases)."""
        state = SchemaState()
        for schema in scope.schemas:
            real = (scope.real(schema) or "main").replace('"', '""')
            rows = connection.exec_driver_sql(
                f'SELECT type, name, tbl_name, sql FROM "{real}".sqlite_master '
                "WHERE type IN ('table', 'index') AND sql IS NOT NULL ORDER BY rowid"
            ).fetchall()
            self.read_schema(state, schema, rows, scope)
        resolve_referents(state)
        return state

    def read_schema(
        self, state: SchemaState, schema: str | None, rows: Sequence[Any], scope: Scope
    ) -> None:
        """One schema's rows."""
        virtual = [name for kind, name, _, sql in rows if kind == "table" and is_virtual(sql)]
        indexes: dict[str, list[IndexState]] = {}
        for kind, name, table, sql in rows:
            if kind == "index":
                indexes.setdefault(table, []).append(self.index(name, sql))
        for kind, name, _, sql in rows:
            key = (schema, name)
            if kind != "table" or name.startswith("sqlite_") or not scope.wants_table(key):
                continue
            state.tables[key] = self.table(key, sql, indexes.get(name, ()))
            owner = next((v for v in virtual if name.startswith(f"{v}_")), None)
            if owner is not None:
                state.tables[key].foreign = f"part of the virtual table {owner}"

    # -- tables ------------------------------------------------------------------------------

    def table(self, key: Key, sql: str, indexes: Iterable[IndexState]) -> TableState:
        """The picture of one stored table."""
        if is_virtual(sql):
            return TableState(key, foreign="a virtual table", is_opaque=True)
        try:
            text = parse(sql)
        except UnreadableTable as error:
            return TableState(key, foreign=str(error), is_opaque=True)
        table = TableState(key, indexes=tuple(indexes))
        table.columns = {column.name: self.column(column, text) for column in text.columns}
        self.constraints(table, text)
        if text.has_autoincrement:
            table.options["sqlite_autoincrement"] = True
        if not text.has_rowid:
            table.options["sqlite_with_rowid"] = False
        if text.is_strict:
            table.options["sqlite_strict"] = True
        return table

    def column(self, column: Column, text: TableText) -> ColumnState:
        """One column."""
        of = {clause.kind: clause for clause in column.clauses}
        generated, default, collate = of.get(GENERATED), of.get(DEFAULT), of.get(COLLATE)
        is_key = column.name == text.rowid_alias or (
            not text.has_rowid and column.name in text.primary_key
        )
        return ColumnState(
            column.name,
            spelled_type(column.type),
            NOT_NULL not in of and not is_key,
            self.expression(default.body) if default is not None else None,
            self.expression(generated.body) if generated is not None else None,
            "STORED" in generated.words if generated is not None else None,
            collation=unquote(collate.body) if collate is not None else None,
        )

    def constraints(self, table: TableState, text: TableText) -> None:
        """The constraints, those on columns included, in the order of the text."""
        found: dict[str, list[Any]] = {}
        for clause in text.clauses:
            found.setdefault(clause.kind, []).append(clause)
        for clause in found.get(PRIMARY_KEY, ()):
            table.primary_key = key(clause)
        table.uniques = tuple(map(key, found.get(UNIQUE, ())))
        table.checks = tuple(
            CheckState(clause.name, self.expression(clause.body)) for clause in found.get(CHECK, ())
        )
        table.foreign_keys = tuple(
            foreign_key(clause, text.sql[clause.start : clause.end], table.key[0])
            for clause in found.get(FOREIGN_KEY, ())
        )

    # -- indexes -----------------------------------------------------------------------------

    def index(self, name: str, sql: str) -> IndexState:
        """The picture of one stored index."""
        head = _INDEX.match(sql)
        start = first_parenthesis(sql)
        end = closing(sql, start)
        elements = tuple(map(self.element, split_list(sql[start + 1 : end])))
        tail = sql[end + 1 :].strip()
        where = self.expression(tail[5:]) if tail[:5].upper() == "WHERE" else None
        unique = bool(head and head.group(1))
        return IndexState(name, elements, unique, options_of({"where": where}))

    def element(self, text: str) -> str:
        """A column's name, or an expression."""
        tokens = significant(text)
        return unquote(tokens[0].text) if len(tokens) == 1 else self.expression(text)

    # -- expressions -------------------------------------------------------------------------

    def expression(self, text: str) -> str:
        """The text with single spaces, no needless quotes and no outer parentheses."""
        written, before = "", ""
        for token in significant(bare(text)):
            word = token.text
            if token.kind == QUOTED:
                name = unquote(word)
                plain = _PLAIN.fullmatch(name) and not self.needs_quotes(name)
                word = name if plain else '"' + name.replace('"', '""') + '"'
            glued = word in ",).(" or before in "(."
            written += word if glued or not written else f" {word}"
            before = word if token.kind == PUNCTUATION else "x"
        return written


def is_virtual(sql: str) -> bool:
    """Whether a stored text is that of a virtual table."""
    return sql[:40].upper().split()[:2] == ["CREATE", "VIRTUAL"]


def spelled_type(text: str) -> str:
    """A declared type in one way of writing it."""
    return re.sub(r"\s*([(),])\s*", r"\1", re.sub(r"\s+", " ", text)).strip().upper()


def key(clause: Clause) -> KeyState:
    """A primary key or unique constraint."""
    conflict = next((w[12:] for w in clause.words if w.startswith("ON CONFLICT ")), None)
    return KeyState(clause.name, clause.columns, options=options_of({"on_conflict": conflict}))


def foreign_key(clause: Clause, text: str, schema: str | None) -> ForeignKeyState:
    """A foreign key; its actions are read from its text."""
    tail = text[text.upper().index("REFERENCES") :]
    actions = {
        event.upper(): " ".join(action.upper().split()) for event, action in _ACTION.findall(tail)
    }
    deferrable = _DEFERRABLE.search(tail)
    is_deferrable = bool(deferrable and not deferrable.group(1))
    deferred = bool(deferrable and (deferrable.group(2) or "").upper() == "DEFERRED")
    return ForeignKeyState(
        clause.name,
        clause.columns,
        (schema, clause.referent or ""),
        clause.referent_columns,
        actions.get("UPDATE"),
        actions.get("DELETE"),
        is_deferrable,
        "DEFERRED" if is_deferrable and deferred else None,
    )


def resolve_referents(state: SchemaState) -> None:
    """`REFERENCES parent` without columns means the parent's primary key."""
    for table in state.tables.values():
        table.foreign_keys = tuple(
            fk if fk.remote_columns else fk._replace(remote_columns=_key_of(state, fk.referent))
            for fk in table.foreign_keys
        )


def _key_of(state: SchemaState, key: Key) -> tuple[str, ...]:
    parent = state.tables.get(key)
    return parent.primary_key.columns if parent is not None and parent.primary_key else ()


def first_parenthesis(sql: str) -> int:
    """The offset of the parenthesis that opens an index's columns."""
    return next(token.start for token in significant(sql) if token.text == "(")
