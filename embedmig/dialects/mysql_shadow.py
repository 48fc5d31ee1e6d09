"""MySQL's and MariaDB's shadow: scratch databases that are dropped again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateSequence, CreateTable

from .comparison import Scope, Shadowed, name_everything, shadow_copy
from .describe import is_unnamed
from .mysql_reader import SHADOW
from .snapshot import CheckState, TableState

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .describe import Description
    from .mysql_comparison import MySQLComparison


def reason(error: sa.exc.DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]


class Shadow:
    """Makes tables where nobody looks, and reads them there."""

    def __init__(self, comparison: MySQLComparison, connection: Connection, scope: Scope) -> None:
        self.comparison = comparison
        self.connection = connection
        self.scope = scope

    def run(self, described: Sequence[Description], metadata: Sequence[sa.MetaData]) -> Shadowed:
        """The tables as they are kept; everything is dropped again."""
        schemas = sorted({each.state.schema for each in described} | {None}, key=lambda s: s or "")
        shadowed = Shadowed()
        with self.scratch(schemas) as names:
            self.names = names
            self.translations: dict[str | None, str] = {**names}
            if self.scope.default_schema is not None:
                self.translations[self.scope.default_schema] = names[None]
            self.make_sequences(metadata)
            for each in described:
                if (reason := self.make_table(each)) is not None:
                    shadowed.refused[each.state.key] = reason
            real = {name: schema for schema, name in names.items()}
            scope = Scope(names[None], tuple(names), lambda key: True)
            state = self.comparison.prefixed(
                self.comparison.reader(self.connection, scope, real).read()
            )
        shadowed.tables = {key: self.renamed(table) for key, table in state.tables.items()}
        return shadowed

    @contextmanager
    def scratch(self, schemas: Sequence[str | None]) -> Iterator[dict[str | None, str]]:
        """A scratch database for each schema, with its charset; dropped whatever happens."""
        number, account = self.connection.exec_driver_sql(
            "SELECT CONNECTION_ID(), CRC32(CURRENT_USER())"
        ).one()
        token = secrets.token_hex(3)
        prefix = f"{SHADOW}{account}_"
        names = {s: f"{prefix}{number}_{token}_{i}" for i, s in enumerate(schemas)}
        self.sweep(prefix)
        try:
            for schema, name in names.items():
                charset, collation = self.defaults(self.scope.real(schema))
                self.connection.exec_driver_sql(
                    f"CREATE DATABASE {name} CHARACTER SET {charset} COLLATE {collation}"
                )
            yield names
        finally:
            for name in names.values():
                self.connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")

    def sweep(self, prefix: str) -> None:
        """Drop what a process that was killed has left; its connection is gone.

        Only this account's: of others the server may not show which connections are alive.
        """
        # The names first: whoever makes one afterwards is connected when the living are counted.
        names = self.connection.exec_driver_sql("SHOW DATABASES").scalars().all()
        living = "SELECT id FROM information_schema.processlist"
        alive = set(self.connection.exec_driver_sql(living).scalars())
        for name in names:
            owner = re.match(rf"{prefix}(\d+)_", name)
            if owner is not None and int(owner.group(1)) not in alive:
                self.connection.exec_driver_sql(f"DROP DATABASE IF EXISTS `{name}`")

    def defaults(self, schema: str | None) -> tuple[str, str]:
        """A database's charset and collation, or the server's."""
        query = sa.text(
            "SELECT default_character_set_name, default_collation_name "
            "FROM information_schema.schemata WHERE schema_name = :name"
        )
        row = self.connection.execute(query, {"name": schema}).one_or_none()
        if row is None:
            row = self.connection.exec_driver_sql(
                "SELECT @@character_set_server, @@collation_server"
            ).one()
        return row[0], row[1]

    def execute(self, statement: Any) -> None:
        options = {"schema_translate_map": self.translations}
        self.connection.execute(statement, execution_options=options)

    def make_sequences(self, metadata: Sequence[sa.MetaData]) -> None:
        for each in metadata:
            for sequence in self.comparison.sequences(each):
                if sequence.schema in self.translations:
                    self.execute(CreateSequence(sequence))

    def make_table(self, described: Description) -> str | None:
        copy = shadow_copy(described)
        name_everything(copy, described, self.comparison.describer)
        for index in list(copy.indexes):
            if is_unnamed(index.name):
                copy.indexes.discard(index)
        try:
            self.execute(CreateTable(copy))
            for index in sorted(copy.indexes, key=lambda index: index.name or ""):
                self.execute(CreateIndex(index))
        except sa.exc.DBAPIError as error:
            return reason(error)
        return None

    # -- the scratch names, back into the real ones ----------------------------------------------

    def real_text(self, text: str | None) -> str | None:
        if text is None or SHADOW not in text:
            return text
        for schema, name in self.names.items():
            real = self.scope.real(schema) or ""
            text = text.replace(f"`{name}`", f"`{real}`").replace(f"{name}.", f"{real}.")
        return text

    def renamed(self, table: TableState) -> TableState:
        table.columns = {
            name: column._replace(
                default=self.real_text(column.default), generated=self.real_text(column.generated)
            )
            for name, column in table.columns.items()
        }
        table.checks = tuple(
            CheckState(check.name, self.real_text(check.expression) or "", check.options)
            for check in table.checks
        )
        return table
