"""A replay of the operations into a database in memory, so that a script is rendered from the texts
that SQLite itself would store, triggers and views made by plain SQL included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.elements import ClauseElement

from ...catalog import Catalog
from ...ops import CreateTable, constructs
from . import memory
from .sources import MemorySource
from .tokens import quote, significant, unquote

if TYPE_CHECKING:
    from ... import ops
    from ..base import Statement
    from .ddl import SQLiteDDL

_UNKNOWN_SCHEMA = re.compile(r"unknown database (\S+)")
_DDL_WORDS = ("CREATE", "ALTER", "DROP", "PRAGMA", "INSERT", "UPDATE", "DELETE")


class SQLiteCatalog(Catalog):
    """A replayed catalog that can also tell the stored texts, made when first asked for."""

    def __init__(
        self, ddl: SQLiteDDL, *, naming_convention: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(naming_convention=naming_convention)
        self.folding = ddl.folding(naming_convention)
        self.ddl = ddl
        self.operations: list[ops.Operation] = []
        self._mirror: Mirror | None = None
        self._nested = False

    def observe(self, op: ops.Operation) -> None:
        if self._nested:
            super().observe(op)
            return
        self.operations.append(op)
        self._nested = True
        try:
            super().observe(op)
        finally:
            self._nested = False

    @property
    def source(self) -> MemorySource:
        """The database in memory, as the operations so far leave it."""
        if self._mirror is None:
            self._mirror = Mirror(self.ddl, self.naming_convention)
        self._mirror.follow(self.operations)
        return self._mirror.source


def mirrored(catalog: Catalog, ddl: SQLiteDDL) -> MemorySource:
    """A database in memory with a plain catalog's tables: what SQLAlchemy knows of them."""
    mirror = Mirror(ddl, catalog.naming_convention)
    mirror.follow([CreateTable.from_table(table) for table in catalog.tables()])
    return mirror.source


class Mirror:
    """The database in memory, and how far it has followed."""

    def __init__(self, ddl: SQLiteDDL, naming_convention: Mapping[str, Any] | None) -> None:
        known = cast("tuple[int, ...] | None", ddl.sa.server_version_info)
        self.source = MemorySource(known)
        self.ddl = ddl
        self.catalog = _MirrorCatalog(self.source, naming_convention)
        self.done = 0

    def follow(self, operations: list[ops.Operation]) -> None:
        """Do the operations that came since."""
        for op in operations[self.done :]:
            if constructs.is_raw_sql(op) or op.verb not in constructs.DATA_VERBS:
                for statement in list(self.ddl.statements(op, self.catalog)):
                    self._do(statement)
            self.catalog.observe(op)
            self.done += 1

    def _do(self, statement: Statement) -> None:
        sql = _text(statement.sql, self.ddl)
        if statement.check is not None or not sql or _first_word(sql) not in _DDL_WORDS:
            return
        for _ in range(3):
            try:
                memory.execute(self.source.database, sql)
            except memory.Refused as error:
                if not self._attach(str(error)):
                    return
            else:
                return

    def _attach(self, error: str) -> bool:
        """Schemas are attached databases; the replay makes one where an operation names it."""
        unknown = _UNKNOWN_SCHEMA.search(error)
        if unknown is None:
            return False
        self.source.database.execute(f"ATTACH ':memory:' AS {quote(unquote(unknown.group(1)))}")
        return True


class _MirrorCatalog(Catalog):
    """The catalog that goes along with the mirror."""

    def __init__(self, source: MemorySource, naming_convention: Mapping[str, Any] | None) -> None:
        super().__init__(naming_convention=naming_convention)
        self.source = source


def _text(sql: str | ClauseElement, ddl: SQLiteDDL) -> str:
    """The statement as text; none for data, whose values have no place here."""
    if isinstance(sql, str):
        return sql
    if isinstance(sql, sa.TextClause | sa.schema.ExecutableDDLElement):
        return str(sql.compile(dialect=ddl.spell.dialect))
    return ""


def _first_word(sql: str) -> str:
    tokens = significant(sql)
    return tokens[0].keyword if tokens else ""
