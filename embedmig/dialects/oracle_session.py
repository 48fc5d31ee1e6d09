"""Oracle: DDL commits, so a lock of the session guards the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ..errors import LockLost, UnsupportedOperation
from .session import LockKey, Session, Turn, connect, error_code, scalar

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from .._sa import Answer

# https://docs.oracle.com/en/database/oracle/oracle-database/23/arpls/DBMS_LOCK.html
_EXCLUSIVE, _GOT, _TAKEN, _OURS_ALREADY = 6, 0, 1, 4
_REQUEST = f"SELECT DBMS_LOCK.REQUEST(:id, {_EXCLUSIVE}, 0) FROM dual"
_RELEASE = "SELECT DBMS_LOCK.RELEASE(:id) FROM dual"
_HIGHEST_ID = 1073741823
_NO_PRIVILEGE = {904, 6550, 1031, 942}
_QUEUE = {54, 30006, 60}
_DUPLICATES = {955, 1430, 2260, 2261, 2275, 1}
_NOT_READY = {1033, 1034, 1089, 1090, 12514, 12541, 12528, 3113, 3114}
_HOLDER = text(
    "SELECT s.sid, s.username, s.machine, s.program, s.logon_time FROM v$lock l"
    " JOIN v$session s ON s.sid = l.sid WHERE l.type = 'UL' AND l.id1 = :id AND l.lmode = 6"
)


class OracleSession(Session):
    """The lock is DBMS_LOCK's: it survives the commits of DDL and dies with the session.

    A row lock could not do it: the first CREATE would commit and release it.
    """

    locks_in_session = True

    def open(self, engine: Engine) -> Connection:
        """A connection of its own; a transaction begins there by itself."""
        return connect(engine)

    def prepare(self, connection: Connection, *, ddl_lock_timeout: float | None) -> None:
        """DDL queues only so long."""
        self._queue_at_most(connection, ddl_lock_timeout)

    def prepare_outside(
        self, connection: Connection, *, label: str, ddl_lock_timeout: float | None
    ) -> None:
        self._queue_at_most(connection, ddl_lock_timeout)

    def _queue_at_most(self, connection: Connection, seconds: float | None) -> None:
        timeout = 1000000 if seconds is None else max(1, round(seconds))
        self.raw(connection, f"ALTER SESSION SET DDL_LOCK_TIMEOUT = {timeout}")

    def begin(self, connection: Connection, turn: Turn) -> Answer | None:
        """Nothing to send: the next statement begins the transaction."""
        return self.answer(connection, turn)

    def lock(self, connection: Connection, key: LockKey) -> bool:
        try:
            answer = scalar(connection, _REQUEST, id=lock_id(key))
        except DBAPIError as error:
            if error_code(error) in _NO_PRIVILEGE:
                raise UnsupportedOperation(
                    "the migration lock",
                    connection.dialect.name,
                    "this user may not use DBMS_LOCK; GRANT EXECUTE ON DBMS_LOCK TO it",
                ) from error
            raise
        if answer not in (_GOT, _TAKEN, _OURS_ALREADY):
            raise LockLost(f"DBMS_LOCK.REQUEST answered {answer}")
        return bool(answer != _TAKEN)

    def unlock(self, connection: Connection, key: LockKey) -> None:
        if connection.closed or connection.invalidated:
            return
        try:
            scalar(connection, _RELEASE, id=lock_id(key))
        except DBAPIError:
            connection.invalidate()

    def holds(self, connection: Connection, key: LockKey) -> bool:
        """Asking for it again answers that it is ours; had it been lost, we would have it anew."""
        return bool(scalar(connection, _REQUEST, id=lock_id(key)) == _OURS_ALREADY)

    def holder(self, connection: Connection, key: LockKey) -> str | None:
        """Who holds it; None where this user may not look (v$lock)."""
        try:
            row = connection.execute(_HOLDER, {"id": lock_id(key)}).first()
        except DBAPIError:
            return None
        if row is None:
            return None
        return f"session {row[0]} (user {row[1]}, machine {row[2]}, {row[3]}, since {row[4]})"

    def is_queue_timeout(self, error: BaseException) -> bool:
        return error_code(error) in _QUEUE

    def is_not_ready(self, error: BaseException) -> bool:
        return error_code(error) in _NOT_READY

    def is_already_there(self, error: BaseException) -> bool:
        return error_code(error) in _DUPLICATES


def lock_id(key: LockKey) -> int:
    """DBMS_LOCK numbers its locks from 0 to 1073741823."""
    return key.number % _HIGHEST_ID
