"""Where statements go: into a database, into a script, or nowhere (a replay).

A sink is the destination behind `op`. It asks the dialect for the statements of an operation, does
with them what it is for, and lets the catalog watch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import DBAPIError

from ._sa import send, send_together, without_python_defaults
from .catalog import Catalog
from .errors import NeedsAutocommit, NeedsDatabase
from .ops.constructs import is_raw_sql
from .ops.fingerprint import fingerprint

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from .dialects.base import Dialect, Statement
    from .ops import Operation


#: How many statements one message has at most.
MOST_HELD = 100


class Sink:
    """The common ground: counting, the digest of the operations, and the catalog."""

    is_offline = True

    def __init__(self, dialect: Dialect, catalog: Catalog) -> None:
        self.dialect = dialect
        self.catalog = catalog
        self.dialect_name = dialect.sa.name
        self.operations_done = 0
        #: What is being applied, or has failed last, for whoever must tell what failed.
        self.current: Operation | None = None
        self._digest = hashlib.sha256()

    @property
    def naming_convention(self) -> Mapping[str, Any] | None:
        """The naming convention of the application's metadata."""
        return self.catalog.naming_convention

    @property
    def digest(self) -> str:
        """A hash over the operations so far; the same on every database, live or offline."""
        return self._digest.hexdigest()

    @property
    def connection(self) -> Connection:
        """The migration's connection; there is none here."""
        raise NeedsDatabase("op.connection")

    def table(self, name: str, schema: str | None) -> Table:
        """The table as of this point of the history, with the database's defaults alone.

        A table that a revision wrote has Python's too, one that was read from a database has not.
        """
        return without_python_defaults(self.catalog.table(name, schema))

    def apply(self, operation: Operation) -> None:
        """Take one operation."""
        self.current = operation
        self._digest.update(fingerprint(operation).encode())
        try:
            self.perform(operation)
            self.catalog.observe(operation)
        finally:
            self.operations_done += 1  # one that fails counts too, since a body may go on after it
        self.current = None

    def perform(self, operation: Operation) -> None:
        """Do with the operation's statements what this sink is for."""
        for statement in self.dialect.ddl.statements(operation, self.catalog):
            self.emit(statement)

    def emit(self, statement: Statement) -> None:
        """Take one statement."""
        raise NotImplementedError

    def autocommit_block(self) -> AbstractContextManager[None]:
        """Nothing to leave where nothing runs."""
        return nullcontext()


class ReplaySink(Sink):
    """Runs nothing: the catalog watches, and the operations are kept in order."""

    def __init__(self, dialect: Dialect, catalog: Catalog) -> None:
        super().__init__(dialect, catalog)
        self.operations: list[Operation] = []

    def perform(self, operation: Operation) -> None:
        self.operations.append(self.catalog.complete(operation))


class Written(NamedTuple):
    """One operation in a script."""

    operation: Operation
    #: Statements as text, without their ends.
    texts: tuple[str, ...]
    #: The database can do all of it, or nothing, in one transaction.
    atomic: bool
    #: Over the operations up to this one.
    digest: str
    #: It stands in an autocommit block.
    outside: bool


#: The digest over no operation.
NOTHING = hashlib.sha256().hexdigest()


class ScriptSink(Sink):
    """Writes every statement down, in order, with every value in it."""

    def __init__(self, dialect: Dialect, catalog: Catalog, *, in_transaction: bool) -> None:
        super().__init__(dialect, catalog)
        self.written: list[Written] = []
        self.in_transaction = in_transaction
        self._in_block = False

    def perform(self, operation: Operation) -> None:
        statements = list(self.dialect.ddl.statements(operation, self.catalog))
        atomic_ddl = self.dialect.session.transactional_ddl
        needs_autocommit = any(statement.autocommit for statement in statements)
        if needs_autocommit and self.in_transaction:
            raise NeedsAutocommit(operation)
        texts = [text for s in statements for text in self.dialect.script.texts(s)]
        atomic = not needs_autocommit and all(s.is_data or atomic_ddl for s in statements)
        self.written.append(
            Written(operation, tuple(texts), atomic, self.digest, outside=self._in_block)
        )

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """What stands in it is written outside of the transaction."""
        if not self.in_transaction:
            yield
            return
        self.in_transaction, self._in_block = False, True
        yield
        self.in_transaction, self._in_block = True, False


class LiveSink(Sink):
    """Runs every statement on a connection."""

    is_offline = False

    def __init__(self, dialect: Dialect, catalog: Catalog, connection: Connection) -> None:
        super().__init__(dialect, catalog)
        #: The connection as it is; `op.connection` goes through `connection`.
        self.migration_connection = connection
        #: Inside a transaction that must not be left.
        self.in_transaction = True
        #: Every operation that has begun, in words, for whoever keeps a record.
        self.described: list[str] = []
        #: The statement that is running carries data, which no message may repeat.
        self.current_is_data = False
        #: DDL that goes with the next message; None where everything is sent at once.
        self.held: list[str] | None = None
        #: Several statements were sent in one message, and nobody can tell which of them failed.
        self.has_failed_together = False

    @property
    def connection(self) -> Connection:
        """The migration's connection, inside its transaction."""
        return self.migration_connection

    def emit(self, statement: Statement) -> None:
        if statement.autocommit and self.in_transaction:
            raise NeedsAutocommit(self.current)
        if self.held is not None and self._can_be_held(statement):
            self.held.append(str(statement.sql))
            if len(self.held) == MOST_HELD:
                self.send_held()
            return
        self.send_held()
        self.current_is_data = statement.is_data
        execute(self.migration_connection, statement)
        self.current_is_data = False

    def _can_be_held(self, statement: Statement) -> bool:
        """Whether nobody waits for an answer, and what it does is known."""
        return (
            isinstance(statement.sql, str)
            and _is_closed(statement.sql)
            and not statement.is_data
            and statement.check is None
            and self.current is not None
            and not is_raw_sql(self.current)
        )

    def hold(self) -> None:
        """From now on, hold DDL until somebody reads, or sends anything else."""
        self.held = []
        self.catalog.before_asking = self.send_held

    def take_held(self) -> list[str]:
        """What is held, to be sent by the caller; nothing is held from now on."""
        held, self.held = self.held or [], None
        self.catalog.before_asking = None
        return held

    def send_held(self) -> None:
        """Send what is held."""
        if self.held:
            held, self.held = self.held, []
            with self.sent_together():
                send_together(self.migration_connection, held)

    def stop_holding(self) -> None:
        """Send what is held, and everything at once from now on."""
        self.send_held()
        self.take_held()

    @contextmanager
    def sent_together(self) -> Iterator[None]:
        """Remember a failure of what is sent here."""
        try:
            yield
        except DBAPIError:
            self.has_failed_together = True
            raise

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Only the runner can leave its transaction and come back."""
        raise NeedsAutocommit("an autocommit block")
        yield


def _is_closed(sql: str) -> bool:
    """Whether nothing of the user's in it can go on in the statement that comes next."""
    quotes = sql.count("'") % 2 or sql.count('"') % 2
    return not quotes and "/*" not in sql and "$" not in sql


def execute(connection: Connection, statement: Statement) -> None:
    """Run a statement; user SQL never enters a compiled cache, and never shows its parameters."""
    try:
        if isinstance(statement.sql, str):
            rows = send(connection, statement.sql, fetch=statement.check is not None).rows
        else:
            result = connection.execute(
                statement.sql,  # type: ignore[call-overload]  # a ClauseElement that is executable
                statement.parameters,
                execution_options={"compiled_cache": None},
            )
            rows = result.all() if statement.check is not None else ()
            result.close()
    except DBAPIError as error:
        error.hide_parameters = True
        raise
    if statement.check is not None:
        statement.check(rows)
