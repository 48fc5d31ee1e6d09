"""How a database is held while it is migrated: transactions, the lock, timeouts.

The migration connection runs in the driver's autocommit mode, and BEGIN, COMMIT and ROLLBACK are
statements of ours: so the same code holds on every driver, also on those whose implicit
transactions let DDL out.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.pool import StaticPool

from .._sa import Answer, opened_since, renew_pool, send
from ..errors import DatabaseUnreachable, UnsupportedOperation

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@dataclass(frozen=True)
class LockKey:
    """What is locked: one version table. `text` is for people, the others are for databases."""

    text: str

    @cached_property
    def digest(self) -> bytes:
        """The same for every release and every process: a hash of the table's place."""
        return hashlib.sha256(self.text.encode()).digest()

    @cached_property
    def number(self) -> int:
        """A positive 63-bit number; its upper half spells "emig", to be found in lock views."""
        return 0x656D6967 << 32 | int.from_bytes(self.digest[:4], "big")

    @cached_property
    def name(self) -> str:
        """At most 64 characters, lower case."""
        return "embedmig:" + self.digest.hex()[:40]


class Variable(str):
    """The name of a variable of the server's, among values."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What it takes to begin a transaction of a migration."""

    key: LockKey
    #: For people who look at the server's sessions.
    label: str
    #: Seconds that a statement may queue behind other sessions; None is for ever.
    ddl_lock_timeout: float | None
    #: A query for once the lock is held; it is a statement of its own, so that it sees what the
    #: former holder of the lock has done.
    question: str | None = None


class Session:
    """The generic session: no transactional DDL, and no lock.

    A database overrides what it can do. Methods that "try" never wait in the database.
    """

    #: CREATE, ALTER and DROP can be rolled back.
    transactional_ddl = False
    #: A CREATE waits for another transaction's, and then fails since the thing is there; a
    #: SAVEPOINT keeps that failure from spoiling the transaction.
    waits_for_creation = False
    #: `begin` takes the lock, for as long as the transaction lasts.
    locks_in_transaction = False
    #: `lock` takes the lock, for as long as the connection lasts.
    locks_in_session = False
    #: Reading in autocommit mode costs no statement of its own.
    free_autocommit = False
    #: A migration connection goes back to the pool, restored, instead of being closed.
    keeps_connection = False
    #: A VARCHAR's length is enforced.
    enforces_length = True
    #: `commit` may send the record with it, and begin the next transaction.
    begins_with_commit = False
    #: COMMIT fails while somebody reads, and may be tried again.
    commit_waits = False
    #: A value that stands in the statement (`literal`) is quicker than one that travels beside it.
    writes_literals = False
    #: The driver tells the id of a new row (`cursor.lastrowid`).
    tells_new_ids = False
    #: One UPDATE may change two tables.
    updates_two_tables = False
    begin_statement = "BEGIN"
    #: The id that a block has kept.
    new_row = Variable("")

    # -- a connection of our own -----------------------------------------------------------------

    def open(self, engine: Engine) -> Connection:
        """A connection in autocommit mode, with nobody else's settings."""
        return connect(engine, isolation_level="AUTOCOMMIT")

    @contextmanager
    def borrow(self, engine: Engine) -> Iterator[Connection]:
        """A connection for a question, closed if it had to be opened for it.

        What stays in the pool would be shared by every process that is forked afterwards.
        """
        moment = time.time()
        with connect(engine) as connection:
            try:
                yield connection
            finally:
                if self.may_be_closed(connection) and opened_since(connection, moment):
                    connection.invalidate()

    def may_be_closed(self, connection: Connection) -> bool:
        """Whether nothing is lost with a connection, and there is still something to close."""
        return not (connection.closed or connection.invalidated) and not self.shares_connection(
            connection.engine
        )

    def prepare(self, connection: Connection, *, ddl_lock_timeout: float | None) -> None:
        """Settings for the whole run; `close` takes them back or throws the connection away."""

    def prepare_outside(
        self, connection: Connection, *, label: str, ddl_lock_timeout: float | None
    ) -> None:
        """Settings for a revision that runs outside a transaction, under the session's lock."""

    def is_pooled(self, engine: Engine) -> bool:
        """Whether a pooler stands between, so that two statements may meet two servers."""
        return False

    def close(self, connection: Connection) -> None:
        """End the connection's part in migrations; tolerates a connection that is dead."""
        if not self.keeps_connection and not connection.closed:
            connection.invalidate()
        connection.close()

    def forget_connections(self, engine: Engine) -> None:
        """After a change, the pool hands out no connection that was opened before it.

        Such a connection may keep plans of prepared statements, and types, that are no more.
        """
        if not self.keeps_connection and not self.shares_connection(engine):
            renew_pool(engine)

    def shares_connection(self, engine: Engine) -> bool:
        """Whether every checkout is the same connection, so that a reader disturbs a writer."""
        return isinstance(engine.pool, StaticPool)

    def literal(self, value: Any) -> str:
        """A text, a number, a time, a Variable or None of ours as SQL."""
        if value is None:
            return "NULL"
        if isinstance(value, int | float):
            return repr(value)
        return value if isinstance(value, Variable) else self.quoted(str(value))

    def quoted(self, text: str) -> str:
        """A text as SQL, which reads the same whatever the server's settings are."""
        return "'" + text.replace("'", "''") + "'"

    def raw(self, connection: Connection, sql: str) -> Answer:
        """Send a statement as it stands, without parameters."""
        return send(connection, sql)

    # -- transactions ----------------------------------------------------------------------------

    def begin(self, connection: Connection, turn: Turn) -> Answer | None:
        """Begin a transaction, with the lock where it `locks_in_transaction`; answer the question.

        None: somebody else holds the lock, and no transaction is open.
        """
        self.raw(connection, self.begin_statement)
        return self.answer(connection, turn)

    def answer(self, connection: Connection, turn: Turn) -> Answer:
        """The answer to the turn's question, if it has one."""
        return Answer((), 0) if turn.question is None else self.raw(connection, turn.question)

    def sends_together(self, connection: Connection) -> bool:
        """Whether several statements are one message on this connection."""
        return False

    def is_autocommit(self, connection: Connection) -> bool:
        """Whether what is sent through a caller's connection commits by itself."""
        driver = connection.connection.dbapi_connection
        return bool(driver and connection.dialect.detect_autocommit_setting(driver))

    def join(self, connection: Connection, key: LockKey) -> bool:
        """Take the lock inside a transaction that the caller owns; False if it is taken."""
        return True

    def commit(
        self, connection: Connection, *, last: Sequence[str] = (), then: Turn | None = None
    ) -> None:
        """Commit what `begin` began.

        `last` are statements to be run before, and `then` is how `begin` is about to be called
        again, where the session `begins_with_commit`.
        """
        self.raw(connection, "COMMIT")

    def rollback(self, connection: Connection) -> None:
        """Roll back what `begin` began; tolerates a dead connection and no transaction."""
        if connection.closed or connection.invalidated:
            return
        try:
            self.raw(connection, "ROLLBACK")
        except DBAPIError as error:
            if not error.connection_invalidated:
                connection.invalidate()

    def before_commit(self, connection: Connection) -> None:
        """Last checks inside a revision's transaction; raises where it must not be committed."""

    def switch_off_foreign_keys(self, connection: Connection) -> bool:
        """Stop enforcing foreign keys, outside a transaction; False if it was so already."""
        return False

    def switch_on_foreign_keys(self, connection: Connection) -> None:
        """Enforce foreign keys again, if `switch_off_foreign_keys` stopped it."""

    # -- the lock of a session -------------------------------------------------------------------

    def lock(self, connection: Connection, key: LockKey) -> bool:
        """Try to take the lock for the connection; False if somebody else holds it."""
        raise UnsupportedOperation(
            "the migration lock",
            connection.dialect.name,
            "this database has no lock that a migration could hold",
        )

    def unlock(self, connection: Connection, key: LockKey) -> None:
        """Give the connection's lock back; tolerates a dead connection."""

    def has_blocks(self, connection: Connection) -> bool:
        """Whether records and the DDL that follows them are one message, made by `block`."""
        return False

    def block(self, records: Sequence[str], then: str, *, token: int, keeps_id: bool) -> str:
        """One transaction that writes records, each of which must hit one row, and DDL after it.

        Where a record hits no row, nothing is done, and the rows that were hit are fewer than the
        records. With `keeps_id`, `new_row` is the id that the last record has made.
        """
        raise NotImplementedError

    def has_written(self, connection: Connection, token: int) -> bool:
        """Whether the block of this token, which has failed, wrote its records before it did."""
        raise NotImplementedError

    def holds(self, connection: Connection, key: LockKey) -> bool:
        """Whether the connection still holds the lock that it took."""
        return True

    def lock_guard(self, key: LockKey) -> str | None:
        """SQL that is true while this connection holds the lock, to stand in a WHERE.

        None where `holds` must be asked instead.
        """
        return None

    def holder(self, connection: Connection, key: LockKey) -> str | None:
        """Who holds the lock, for people; None where the database cannot tell."""
        return None

    # -- failures --------------------------------------------------------------------------------

    def is_queue_timeout(self, error: BaseException) -> bool:
        """Whether a statement gave up waiting for another session: trying again may help."""
        return False

    def is_already_done(self, error: BaseException, *, creates: bool) -> bool:
        """Whether a statement failed because its effect is there: asked when resuming.

        What only `creates` is there where the database says "it exists", not "there is no such".
        """
        return False

    def refuses_transaction(self, error: BaseException) -> bool:
        """Whether a statement failed because it cannot run inside a transaction."""
        return False

    def index_is_valid(self, connection: Connection, name: str, schema: str | None) -> bool:
        """Whether an index that exists is finished, not the leftover of a build that died."""
        return True

    def drop_leftover(self, connection: Connection, sql: str) -> None:
        """Drop what raw SQL that died may have left half made, before it is sent again."""

    def may_quote_values(self, error: DBAPIError) -> bool:
        """Whether the server's words about a data statement may repeat values of the data."""
        return not isinstance(error, ProgrammingError)

    def is_not_ready(self, error: BaseException) -> bool:
        """Whether a database that cannot be connected to is likely to be up soon."""
        return False

    def read_only_reason(self, connection: Connection) -> str | None:
        """Why this server takes no writes, if it does not."""
        return None

    def backend(self, connection: Connection) -> int | None:
        """What `kill` must be told to end this connection's work on the server."""
        return None

    def kill(self, engine: Engine, backend: int) -> None:
        """End another connection on the server, and so its statement, transaction and lock."""

    def misses_value(self, error: BaseException, table: str, column: str) -> bool:
        """Whether a row was refused for a NULL in this column, as far as the driver can tell."""
        return False

    def is_already_there(self, error: BaseException) -> bool:
        """Whether a CREATE failed because somebody else had just done it."""
        return False


def connect(engine: Engine, **options: Any) -> Connection:
    """A connection of the engine, with execution options.

    Raises DatabaseUnreachable from what the driver says, which SQLAlchemy does not always wrap.
    """
    connection: Connection | None = None
    try:
        connection = engine.connect()
        return connection.execution_options(**options) if options else connection
    except (DBAPIError, OSError, engine.dialect.loaded_dbapi.Error) as error:
        if connection is not None:
            connection.invalidate()
            connection.close()
        raise unreachable(engine, error) from error


def unreachable(engine: Engine, error: BaseException) -> DatabaseUnreachable:
    """The error to raise from what a driver says of its connection."""
    said = str(getattr(error, "orig", error)).strip().splitlines()
    url = engine.url.render_as_string(hide_password=True)
    return DatabaseUnreachable(url, said[0] if said else repr(error))


def scalar(connection: Connection, sql: str, **parameters: Any) -> Any:
    """The first value of the first row, or None."""
    return connection.execute(text(sql), parameters).scalar()


#: What drivers say when they cannot connect and have no code for it.
UNREACHABLE = (
    "refused",
    "starting up",
    "shutting down",
    "recovery mode",
    "could not translate host",
    "failed to resolve",
    "name or service not known",
    "temporary failure in name resolution",
    "timed out",
    "timeout expired",
    "no route to host",
    "unreachable",
    "reset by peer",
    "closed the connection unexpectedly",
    "no such file or directory",
    "too many",
)


def is_unreachable(error: BaseException) -> bool:
    """Whether a connection was not made for a reason that may pass by itself."""
    message = str(getattr(error, "orig", error)).lower()
    return any(words in message for words in UNREACHABLE)


def error_code(error: BaseException) -> str | int | None:
    """What the driver says went wrong: the server's number where it has one, else an SQLSTATE."""
    original = getattr(error, "orig", error)
    arguments = getattr(original, "args", ())
    if arguments and isinstance(arguments[0], int):  # PyMySQL also has an SQLSTATE, which says less
        return arguments[0]
    for attribute in ("sqlstate", "pgcode"):
        code = getattr(original, attribute, None)
        if code is not None:
            return str(code)
    cause = getattr(original, "__cause__", None)  # asyncpg, behind SQLAlchemy's adapter
    if cause is not None and getattr(cause, "sqlstate", None):
        return str(cause.sqlstate)
    return None
