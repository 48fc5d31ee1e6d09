"""PostgreSQL: an advisory lock that lives and dies with the transaction or the connection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from .._sa import Answer, is_watched, send, send_together, unpooled
from .session import LockKey, Session, Turn, error_code, is_unreachable, scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

_HOLDER = text(
    "SELECT a.pid, a.application_name, a.client_addr, a.usename, a.xact_start, a.backend_start"
    " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :high AND l.objid = :low"
    " AND l.objsubid = 1 AND l.database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_OURS = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND pid = pg_backend_pid() AND classid = :high AND objid = :low AND objsubid = 1"
)

_NAME = r'(?:"[^"]+"|\w+)'
#: The index lies in the schema of its table.
_CONCURRENT_INDEX = re.compile(
    r"\bINDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"(?P<name>{_NAME})\s+ON\s+(?:ONLY\s+)?(?P<schema>{_NAME}\.)?",
    re.IGNORECASE,
)
_BEGUN = "embedmig_begun"
# https://www.postgresql.org/docs/current/errcodes-appendix.html, by class; "No" is no code at all.
_QUOTING = {"22", "23", "2F", "38", "39", "44", "P0", "XX", "No"}
_DUPLICATES = {"42P07", "42710", "23505", "42P06"}
_EXISTS = _DUPLICATES - {"23505"} | {"42701"}
_IS_GONE = {"42704", "42P01", "42703"}
_NOT_READY = {"57P03", "08006", "08001", "08004", "53300", "25006", "57P01"}


class _Begun(NamedTuple):
    """A transaction that the end of the one before has begun."""

    turn: Turn
    answer: Answer


class PostgreSQLSession(Session):
    """DDL is transactional; the lock is an advisory lock on the connection that does the work."""

    transactional_ddl = True
    waits_for_creation = True
    locks_in_transaction = True
    locks_in_session = True
    free_autocommit = True
    begins_with_commit = True
    writes_literals = True

    def begin(self, connection: Connection, turn: Turn) -> Answer | None:
        begun: _Begun | None = connection.info.pop(_BEGUN, None)
        if begun is not None and begun.turn == turn:
            return begun.answer
        first = () if begun is not None else ("BEGIN ISOLATION LEVEL READ COMMITTED",)
        return self._take(connection, turn, *first)

    def _take(self, connection: Connection, turn: Turn, *first: str) -> Answer | None:
        """Lock, settings and question, after other statements; in one message where it can be."""
        question = () if turn.question is None else (turn.question,)
        taken = self._lock_and_settings(connection, turn)
        answers = self._send(connection, [*first, taken, *question])
        if not answers[len(first)].scalar():
            self.raw(connection, "ROLLBACK")
            return None
        return answers[-1]

    def sends_together(self, connection: Connection) -> bool:
        return _takes_several(connection) and not is_watched(connection)

    def _send(self, connection: Connection, statements: Sequence[str]) -> list[Answer]:
        if _takes_several(connection):
            return send_together(connection, statements)
        return [send(connection, statement) for statement in statements]

    def _lock_and_settings(self, connection: Connection, turn: Turn) -> str:
        """One statement takes the lock and makes the settings of the transaction.

        https://www.postgresql.org/docs/current/runtime-config-client.html
        """
        settings = {
            "lock_timeout": f"{int((turn.ddl_lock_timeout or 0) * 1000)}ms",
            "statement_timeout": "0",
            "idle_in_transaction_session_timeout": "0",
            "application_name": turn.label[:63],
        }
        if _checks_clients(connection):
            settings["client_connection_check_interval"] = "250ms"
        if _version(connection) >= (17,):
            settings["transaction_timeout"] = "0"
        calls = [
            f"set_config('{name}', {self.quoted(value)}, true)" for name, value in settings.items()
        ]
        return f"SELECT pg_try_advisory_xact_lock({turn.key.number}), {', '.join(calls)}"

    def quoted(self, text: str) -> str:
        """Backslashes mean the same whatever `standard_conforming_strings` is.

        https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS-ESCAPE
        """
        return "E" + super().quoted(text.replace("\\", "\\\\"))

    def commit(
        self, connection: Connection, *, last: Sequence[str] = (), then: Turn | None = None
    ) -> None:
        """COMMIT AND CHAIN begins the next transaction in the same round trip.

        https://www.postgresql.org/docs/current/sql-commit.html
        """
        if then is None or _version(connection) < (12,):
            self._send(connection, [*last, "COMMIT"])
            return
        answer = self._take(connection, then, *last, "COMMIT AND CHAIN")
        if answer is not None:
            connection.info[_BEGUN] = _Begun(then, answer)

    def rollback(self, connection: Connection) -> None:
        if not connection.closed and not connection.invalidated:
            connection.info.pop(_BEGUN, None)
        super().rollback(connection)

    def join(self, connection: Connection, key: LockKey) -> bool:
        got = scalar(connection, "SELECT pg_try_advisory_xact_lock(:key)", key=key.number)
        # A utility statement ends the snapshot that a SELECT leaves behind in the extended
        # protocol; a CREATE INDEX CONCURRENTLY elsewhere would wait for it.
        self.raw(connection, "SET LOCAL idle_in_transaction_session_timeout = 0")
        return bool(got)

    def lock(self, connection: Connection, key: LockKey) -> bool:
        return bool(scalar(connection, "SELECT pg_try_advisory_lock(:key)", key=key.number))

    def unlock(self, connection: Connection, key: LockKey) -> None:
        if connection.closed or connection.invalidated:
            return
        try:
            scalar(connection, "SELECT pg_advisory_unlock(:key)", key=key.number)
        except DBAPIError:
            connection.invalidate()

    def holds(self, connection: Connection, key: LockKey) -> bool:
        return bool(connection.execute(_OURS, _halves(key)).scalar())

    def holder(self, connection: Connection, key: LockKey) -> str | None:
        row = connection.execute(_HOLDER, _halves(key)).first()
        if row is None:
            return None
        since = row.xact_start or row.backend_start
        return (
            f"PostgreSQL backend {row.pid} ({row.application_name or 'no application name'}, user"
            f" {row.usename}, from {row.client_addr or 'a local socket'}, since {since})"
        )

    def open(self, engine: Engine) -> Connection:
        connection = super().open(engine)
        driver = connection.connection.driver_connection
        if getattr(driver, "prepare_threshold", None) is not None:
            # psycopg prepares on the server what it has sent five times, which a pooler in
            # transaction mode loses. The connection is not used for anything else.
            driver.prepare_threshold = None  # type: ignore[union-attr]  # psycopg's attribute
        return connection

    def is_pooled(self, engine: Engine) -> bool:
        """Whether two connections can share a server process, as behind a transaction pooler."""
        beside = unpooled(engine)  # whose pool may have no connection to spare
        for _ in range(3):
            with super().open(beside) as one, super().open(beside) as other:
                first = scalar(one, "SELECT pg_backend_pid()")
                self.raw(other, "BEGIN")
                second = scalar(other, "SELECT pg_backend_pid()")
                third = scalar(one, "SELECT pg_backend_pid()")
                self.raw(other, "ROLLBACK")
            if first == second or first != third:
                return True
        return False

    def prepare_outside(
        self, connection: Connection, *, label: str, ddl_lock_timeout: float | None
    ) -> None:
        """Settings for statements outside a transaction; the connection is thrown away later."""
        milliseconds = int((ddl_lock_timeout or 0) * 1000)
        for setting in (
            "statement_timeout = 0",
            "idle_session_timeout = 0" if _checks_clients(connection) else None,
            "idle_in_transaction_session_timeout = 0",
            "transaction_timeout = 0" if _version(connection) >= (17,) else None,
            "client_connection_check_interval = '250ms'" if _checks_clients(connection) else None,
            f"lock_timeout = '{milliseconds}ms'",
        ):
            if setting:
                self.raw(connection, f"SET {setting}")

    def is_queue_timeout(self, error: BaseException) -> bool:
        return error_code(error) in ("55P03", "40P01")

    def is_already_done(self, error: BaseException, *, creates: bool) -> bool:
        code = error_code(error)
        return code in _EXISTS or (code in _IS_GONE and not creates)

    def refuses_transaction(self, error: BaseException) -> bool:
        """What must not stand in a transaction, and a procedure that commits."""
        return error_code(error) in ("25001", "2D000")

    def index_is_valid(self, connection: Connection, name: str, schema: str | None) -> bool:
        """A CREATE INDEX CONCURRENTLY that died leaves an INVALID index behind.

        https://www.postgresql.org/docs/current/sql-createindex.html
        """
        sql = (
            "SELECT bool_and(x.indisvalid) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = :name"
            " AND n.nspname = coalesce(CAST(:schema AS text), current_schema())"
        )
        return bool(scalar(connection, sql, name=name, schema=schema))

    def drop_leftover(self, connection: Connection, sql: str) -> None:
        found = _CONCURRENT_INDEX.search(sql)
        if found is None:
            return
        place = f"{found['schema'] or ''}{found['name']}"
        query = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:place) AND NOT indisvalid"
        if scalar(connection, query, place=place):
            self.raw(connection, f"DROP INDEX CONCURRENTLY {place}")

    def may_quote_values(self, error: DBAPIError) -> bool:
        """Data exceptions, violated constraints, and what procedures raise."""
        return (str(error_code(error)) or "")[:2] in _QUOTING

    def is_not_ready(self, error: BaseException) -> bool:
        code = error_code(error)
        return code in _NOT_READY or (code is None and is_unreachable(error))

    def read_only_reason(self, connection: Connection) -> str | None:
        if scalar(connection, "SELECT pg_is_in_recovery()"):
            return "this server is a hot standby"
        if scalar(connection, "SELECT current_setting('default_transaction_read_only')") == "on":
            return "default_transaction_read_only is on"
        return None

    def backend(self, connection: Connection) -> int | None:
        return int(scalar(connection, "SELECT pg_backend_pid()"))

    def kill(self, engine: Engine, backend: int) -> None:
        with Session.open(self, engine) as connection:
            scalar(connection, "SELECT pg_terminate_backend(:pid)", pid=backend)

    def misses_value(self, error: BaseException, table: str, column: str) -> bool:
        """https://www.postgresql.org/docs/current/protocol-error-fields.html"""
        told = getattr(getattr(error, "orig", error), "diag", None)
        names = table, column
        found = names if told is None else (told.table_name, told.column_name)
        return error_code(error) == "23502" and found == names

    def is_already_there(self, error: BaseException) -> bool:
        return error_code(error) in _DUPLICATES


def _halves(key: LockKey) -> dict[str, int]:
    return {"high": key.number >> 32, "low": key.number & 0xFFFFFFFF}


def _takes_several(connection: Connection) -> bool:
    """psycopg takes several statements at once.

    SQLAlchemy's adapter of its async connection cannot read the second answer.
    """
    return connection.dialect.driver == "psycopg" and not connection.dialect.is_async


def _checks_clients(connection: Connection) -> bool:
    """PostgreSQL 14 notices a dead client in the middle of a statement, if told to look."""
    return _version(connection) >= (14,)


def _version(connection: Connection) -> tuple[int, ...]:
    found: tuple[int, ...] | None = getattr(connection.dialect, "server_version_info", None)
    return found or (0,)
