"""SQL Server: an application lock, owned by the transaction or by the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from .session import LockKey, Session, Turn, error_code, scalar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .._sa import Answer

# https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql
_GET = (
    "SET NOCOUNT ON; DECLARE @got int; EXEC @got = sp_getapplock @Resource = :name,"
    " @LockMode = 'Exclusive', @LockOwner = :owner, @LockTimeout = 0; SELECT @got"
)
_RELEASE = "EXEC sp_releaseapplock @Resource = :name, @LockOwner = 'Session'"
_MODE = "SELECT APPLOCK_MODE('public', :name, 'Session')"
_HOLDER = text(
    "SELECT s.session_id, s.login_name, s.host_name, s.program_name, s.last_request_start_time"
    " FROM sys.dm_tran_locks AS l JOIN sys.dm_exec_sessions AS s"
    " ON s.session_id = l.request_session_id"
    " WHERE l.resource_type = 'APPLICATION' AND l.request_status = 'GRANT'"
    " AND l.resource_description LIKE :pattern"
)
_DUPLICATES = {2714, 1913, 2627, 2601}
_QUEUE = {1222, 1205}
_NOT_READY = {4060, 18401, 233, 10053, 10054, 10060, 40197, 40501, 40613}


class MSSQLSession(Session):
    """DDL is transactional, and the application lock lives as long as its owner."""

    transactional_ddl = True
    locks_in_transaction = True
    locks_in_session = True
    begin_statement = "BEGIN TRANSACTION"

    def prepare(self, connection: Connection, *, ddl_lock_timeout: float | None) -> None:
        """An error ends the whole transaction, and a statement queues only so long."""
        self.raw(connection, "SET XACT_ABORT ON")
        self._queue_at_most(connection, ddl_lock_timeout)

    def prepare_outside(
        self, connection: Connection, *, label: str, ddl_lock_timeout: float | None
    ) -> None:
        self._queue_at_most(connection, ddl_lock_timeout)

    def _queue_at_most(self, connection: Connection, seconds: float | None) -> None:
        milliseconds = -1 if seconds is None else int(seconds * 1000)
        self.raw(connection, f"SET LOCK_TIMEOUT {milliseconds}")

    def begin(self, connection: Connection, turn: Turn) -> Answer | None:
        self._queue_at_most(connection, turn.ddl_lock_timeout)
        self.raw(connection, self.begin_statement)
        if self._get(connection, turn.key, "Transaction"):
            return self.answer(connection, turn)
        self.rollback(connection)
        return None

    def join(self, connection: Connection, key: LockKey) -> bool:
        return self._get(connection, key, "Transaction")

    def _get(self, connection: Connection, key: LockKey, owner: str) -> bool:
        return bool(scalar(connection, _GET, name=key.name, owner=owner) >= 0)

    def lock(self, connection: Connection, key: LockKey) -> bool:
        return self._get(connection, key, "Session")

    def unlock(self, connection: Connection, key: LockKey) -> None:
        if connection.closed or connection.invalidated:
            return
        try:
            connection.execute(text(_RELEASE), {"name": key.name})
        except DBAPIError:
            connection.invalidate()

    def holds(self, connection: Connection, key: LockKey) -> bool:
        return bool(scalar(connection, _MODE, name=key.name) == "Exclusive")

    def holder(self, connection: Connection, key: LockKey) -> str | None:
        pattern = f"%{key.name[:32]}%"  # the view shows the first 32 characters of a resource
        row = connection.execute(_HOLDER, {"pattern": pattern}).first()
        if row is None:
            return None
        return f"session {row[0]} (login {row[1]}, host {row[2]}, {row[3]}, since {row[4]})"

    def is_queue_timeout(self, error: BaseException) -> bool:
        return error_code(error) in _QUEUE

    def is_not_ready(self, error: BaseException) -> bool:
        return error_code(error) in _NOT_READY

    def is_already_there(self, error: BaseException) -> bool:
        return error_code(error) in _DUPLICATES
