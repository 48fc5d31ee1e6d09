"""Migrations as SQL text, by embedmig and by Alembic, for tests that compare them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import sqlalchemy as sa

from embedmig.catalog import Catalog, LiveCatalog
from embedmig.dialects import dialect_for
from embedmig.dialects.base import Dialect, Statement
from embedmig.errors import NeedsDatabase
from embedmig.ops import Operation
from embedmig.ops.facade import Operations
from embedmig.sinks import execute

NAMES: Final = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")

Migration = Callable[[Any], None]


def sa_dialect(name: str) -> Any:
    """SQLAlchemy's dialect, never connected."""
    return sa.URL.create(name).get_dialect()()


class Script:
    """A destination that keeps every statement as text, or none at all."""

    is_offline = True

    def __init__(self, dialect: Dialect, catalog: Catalog, *, silent: bool = False) -> None:
        self.dialect = dialect
        self.catalog = catalog
        self.dialect_name = dialect.sa.name
        self.naming_convention = catalog.naming_convention
        self.lines: list[str] = []
        self._silent = silent

    def apply(self, operation: Operation) -> None:
        if not self._silent:
            for statement in self.dialect.ddl.statements(operation, self.catalog):
                self.lines.extend(text_of(statement, self.dialect))
        self.catalog.observe(operation)

    @property
    def connection(self) -> sa.Connection:
        raise NeedsDatabase("op.connection")

    def table(self, name: str, schema: str | None) -> sa.Table:
        return self.catalog.table(name, schema)

    def autocommit_block(self) -> AbstractContextManager[None]:
        return nullcontext()


class Live(Script):
    """A destination that runs every statement on a connection."""

    is_offline = False

    def __init__(self, dialect: Dialect, catalog: Catalog, connection: sa.Connection) -> None:
        super().__init__(dialect, catalog)
        self._connection = connection

    def apply(self, operation: Operation) -> None:
        for statement in self.dialect.ddl.statements(operation, self.catalog):
            self.lines.extend(text_of(statement, self.dialect))
            execute(self._connection, statement)
        self.catalog.observe(operation)

    @property
    def connection(self) -> sa.Connection:
        return self._connection


def text_of(statement: Statement, dialect: Dialect) -> list[str]:
    """The statement's text; rows of an executemany become statements of their own."""
    if statement.check is not None:
        return []
    if isinstance(statement.sql, str):
        return [statement.sql.strip()]
    spelling = dialect.ddl.spell
    rows = statement.parameters
    if rows is None:
        return [spelled(statement.sql, spelling.dialect)]
    return [spelled(statement.sql.values(**row), spelling.dialect) for row in rows]


def spelled(clause: Any, dialect: Any) -> str:
    compiled = clause.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return str(compiled).strip()


def ours(
    name: str,
    migration: Migration,
    start: Migration | None = None,
    *,
    naming_convention: Any = None,
    dialect: Dialect | None = None,
) -> list[str]:
    """The statements of a migration for a database; `start` only tells the catalog of tables."""
    dialect = dialect or dialect_for(sa_dialect(name))
    catalog = dialect.ddl.new_catalog(naming_convention=naming_convention)
    if start is not None:
        start(Operations(Script(dialect, catalog, silent=True)))
    script = Script(dialect, catalog)
    migration(Operations(script))
    return script.lines


def alembics(name: str, migration: Migration) -> list[str]:
    """The statements that Alembic makes of the same migration."""
    from alembic.operations import Operations as AlembicOperations
    from alembic.runtime.migration import MigrationContext

    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect=sa_dialect(name), opts={"as_sql": True, "output_buffer": buffer}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        migration(AlembicOperations(context))
    return statements_in(buffer.getvalue(), name)


def statements_in(script: str, name: str) -> list[str]:
    """The statements of Alembic's script, without what ends them."""
    end = {"mssql": ";\n\nGO\n\n", "oracle": "\n\n/\n\n"}.get(name, ";\n\n")
    return [part.strip() for part in script.split(end) if part.strip()]


def squeezed(statement: str) -> str:
    """One line, single spaces: layout is no difference."""
    return " ".join(statement.split())


def run(engine: sa.Engine, *migrations: Migration) -> Catalog:
    """Run each migration as a revision of its own; returns the catalog that a replay foresees."""
    dialect = dialect_for(engine.dialect)
    foreseen = dialect.ddl.new_catalog()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for migration in migrations:
            catalog = LiveCatalog(connection)
            catalog.history = foreseen.copy
            migration(Operations(Live(dialect, catalog, connection)))
            migration(Operations(Script(dialect, foreseen, silent=True)))
    return foreseen
