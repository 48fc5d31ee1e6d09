"""PostgreSQL's shadow: schemas in a transaction that is rolled back.

Nothing in them refers to a real table, so that none is locked; and nobody else ever sees them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateSequence, CreateTable

from .. import _sa
from .comparison import Scope, Shadowed, name_everything, shadow_copy
from .postgresql_named_types import domains_of, enums_of
from .postgresql_reader import Reader
from .snapshot import ColumnState, IndexState, TableState, options_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .describe import Describer, Description

SHADOW = "embedmig_shadow"
#: https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH
TEMPORARY = "pg_temp"


class Shadow:
    """Makes tables where nobody sees them, and reads them there."""

    def __init__(self, describer: Describer, connection: Connection, scope: Scope) -> None:
        self.describer = describer
        self.connection = connection
        self.scope = scope
        self.names: dict[str | None, str] = {}

    def ask(self, described: Sequence[Description], metadata: Sequence[sa.MetaData]) -> Shadowed:
        """The tables as they are kept; everything is undone again."""
        with rolled_back(self.connection):
            return self.run(described, metadata)

    def run(self, described: Sequence[Description], metadata: Sequence[sa.MetaData]) -> Shadowed:
        """The same, within a transaction of the caller's."""
        path = str(self.connection.exec_driver_sql("SHOW search_path").scalar())
        self.make_schemas(described, metadata)
        self.execute(f"SET LOCAL search_path TO {self.names[None]}, {path}".rstrip(", "))
        self.make_types(metadata)
        shadowed = Shadowed()
        for each in described:
            if (reason := self.make_table(each)) is not None:
                shadowed.refused[each.state.key] = reason
        # Read under the path that the real tables are read under: names print alike.
        set_path = sa.select(sa.func.set_config("search_path", path, sa.true()))
        self.connection.execute(set_path)
        real = {self.real_name(name): schema for schema, name in self.names.items()}
        scope = Scope(self.names[None], tuple(self.names), lambda key: True)
        state = Reader(self.connection, scope, real).read()
        shadowed.tables = {k: self.renamed(t) for k, t in state.tables.items()}
        for each in described:
            if (table := shadowed.tables.get(each.state.key)) is not None:
                keep_unshown(table, each.state)
        return shadowed

    def execute(self, statement: Any) -> None:
        if isinstance(statement, str):
            self.connection.exec_driver_sql(statement)
        else:
            options = {"schema_translate_map": self.translations}
            self.connection.execute(statement, execution_options=options)

    def make_schemas(
        self, described: Sequence[Description], metadata: Sequence[sa.MetaData]
    ) -> None:
        schemas = {each.state.schema for each in described} | {None}
        named = {each.table.schema for each in described} | {None}
        for each in metadata:
            named |= {t.schema for t in each.tables.values()}
            named |= {s.schema for s in _sa.sequences_of(each)}
            named |= {e.schema for e in enums_of(each)}
        schemas |= {None if s == self.scope.default_schema else s for s in named}
        self.names = self.temporary_schema() if schemas == {None} else {}
        if not self.names:
            self.names = self.new_schemas(sorted(schemas, key=lambda schema: schema or ""))
        self.translations = {
            s: self.names[None if s == self.scope.default_schema else s] for s in named
        }

    def temporary_schema(self) -> dict[str | None, str]:
        """The session's own schema, for an account that may make no other."""
        may_create, may_be_temporary = self.connection.exec_driver_sql(
            "SELECT has_database_privilege(current_database(), 'CREATE'), "
            "has_database_privilege(current_database(), 'TEMPORARY')"
        ).one()
        return {None: TEMPORARY} if may_be_temporary and not may_create else {}

    def new_schemas(self, schemas: Sequence[str | None]) -> dict[str | None, str]:
        """A schema for each; with the backend's number two comparisons do not wait for another."""
        backend = self.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        names = {schema: f"{SHADOW}_{backend}_{i}" for i, schema in enumerate(schemas)}
        for name in names.values():
            self.execute(f"CREATE SCHEMA {name}")
        return names

    def real_name(self, name: str) -> str:
        """What the catalog calls a schema of the shadow."""
        if name != TEMPORARY:
            return name
        query = "SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()"
        return str(self.connection.exec_driver_sql(query).scalar())

    def make_types(self, metadata: Sequence[sa.MetaData]) -> None:
        seen: set[tuple[str | None, str]] = set()
        for each in metadata:
            for type_ in enums_of(each):
                if (type_.schema, type_.name) not in seen:
                    seen.add((type_.schema, str(type_.name)))
                    self.execute(postgresql.CreateEnumType(type_))
            for domain in domains_of(each):
                if (domain.schema, domain.name) not in seen:
                    seen.add((domain.schema, str(domain.name)))
                    self.execute(postgresql.CreateDomainType(domain))
            for sequence in _sa.sequences_of(each):
                self.execute(CreateSequence(sequence))

    def make_table(self, described: Description) -> str | None:
        copy = shadow_copy(described)
        name_everything(copy, described, self.describer)
        copy.dialect_options["postgresql"]["inherits"] = None
        _sa.drop_prefixes(copy)
        try:
            with savepoint(self.connection):
                self.execute(CreateTable(copy))
                for index in sorted(copy.indexes, key=lambda index: index.name or ""):
                    drop_concurrently(index)
                    self.execute(CreateIndex(index))
        except sa.exc.DBAPIError as error:
            return str(error.orig).strip().splitlines()[0]
        return None

    # -- the shadow's names, back into the real ones --------------------------------------------

    def real_text(self, text: str) -> str:
        """The text with the real schemas' names; the default schema's is not printed."""
        if SHADOW not in text:
            return text
        for schema, name in sorted(self.names.items(), key=lambda item: -len(item[1])):
            quoted = "" if schema is None else _sa.quote(self.connection.dialect, schema) + "."
            text = text.replace(f"{name}.", quoted)
        return text

    def renamed(self, table: TableState) -> TableState:
        table.columns = {name: self.renamed_column(c) for name, c in table.columns.items()}
        table.checks = tuple(
            check._replace(expression=self.real_text(check.expression)) for check in table.checks
        )
        table.excludes = tuple(
            check._replace(expression=self.real_text(check.expression)) for check in table.excludes
        )
        table.indexes = tuple(self.renamed_index(index) for index in table.indexes)
        return table

    def renamed_column(self, column: ColumnState) -> ColumnState:
        return column._replace(
            type=self.real_text(column.type),
            default=column.default and self.real_text(column.default),
            generated=column.generated and self.real_text(column.generated),
        )

    def renamed_index(self, index: IndexState) -> IndexState:
        options = {k: self.real_text(v) if k == "where" else v for k, v in index.options}
        elements = tuple(self.real_text(element) for element in index.elements)
        return index._replace(elements=elements, options=options_of(options))


def keep_unshown(table: TableState, described: TableState) -> None:
    """What a shadow cannot have: parents, and a CHECK that is NOT VALID in a new table."""
    if "postgresql_inherits" in described.options:
        table.options["postgresql_inherits"] = described.options["postgresql_inherits"]
    options = {check.name: check.options for check in described.checks}
    table.checks = tuple(c._replace(options=options.get(c.name, ())) for c in table.checks)


def drop_concurrently(index: sa.Index) -> None:
    """A shadow is made inside a transaction, where nothing is concurrent."""
    if index.dialect_kwargs.get("postgresql_concurrently"):
        index.dialect_kwargs["postgresql_concurrently"] = False


@contextmanager
def rolled_back(connection: Connection) -> Iterator[None]:
    """A transaction, or a savepoint of the one there is, that leaves nothing behind."""
    try:
        connection.exec_driver_sql(f"SAVEPOINT {SHADOW}")
    except sa.exc.DBAPIError:
        begin, end = "BEGIN", ["ROLLBACK"]
        connection.exec_driver_sql(begin)
    else:
        end = [f"ROLLBACK TO SAVEPOINT {SHADOW}", f"RELEASE SAVEPOINT {SHADOW}"]
    try:
        yield
    finally:
        for statement in end:
            connection.exec_driver_sql(statement)


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """A savepoint by name; what fails in it is undone and raised."""
    name = f"{SHADOW}_table"
    connection.exec_driver_sql(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {name}")
        raise
    connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")
