"""SQLite: BEGIN IMMEDIATE is the lock, the transaction and the crash recovery in one."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from ..._sa import driver_connection, on_driver, opened_since
from ..session import LockKey, Session, Turn, connect

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ..._sa import Answer

#: In `connection.info` while enforcement is switched off for a revision's sake.
FOREIGN_KEYS_OFF = "embedmig_foreign_keys_off"
_VIOLATIONS = "embedmig_violations"
_OPENED_HERE = "embedmig_opened_here"
_JOURNAL_MODE = "embedmig_journal_mode"
_PRAGMAS = ("foreign_keys", "busy_timeout", "legacy_alter_table", "writable_schema")


class SQLiteSession(Session):
    """DDL is transactional, if BEGIN and COMMIT are ours and not the driver's.

    Python's driver begins no transaction before DDL, so what it calls a rollback leaves tables
    behind (https://docs.python.org/3/library/sqlite3.html#transaction-control).
    """

    transactional_ddl = True
    locks_in_transaction = True
    keeps_connection = True
    commit_waits = True
    enforces_length = False
    begin_statement = "BEGIN IMMEDIATE"

    def open(self, engine: Engine) -> Connection:
        moment = time.time()
        connection = connect(engine)
        connection.info[_OPENED_HERE] = opened_since(connection, moment)
        mode = on_driver(connection, lambda driver: getattr(driver, "autocommit", _LEGACY))
        if mode != _LEGACY:  # Python 3.12: the driver has its own idea of transactions
            connection.info["embedmig_autocommit"] = mode
            set_autocommit(connection, mode=True)
            connection = connection.execution_options(embedmig_autocommit=True)
        else:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.info["embedmig_pragmas"] = {
            pragma: self.raw(connection, f"PRAGMA {pragma}").scalar() for pragma in _PRAGMAS
        }
        self.rollback(connection)  # what a listener of the application's has begun (see `begin`)
        self.raw(connection, "PRAGMA busy_timeout = 0")
        return connection

    def close(self, connection: Connection) -> None:
        if is_alive(connection):
            before: dict[str, Any] = connection.info.pop("embedmig_pragmas", {})
            for pragma, value in before.items():
                if value is not None:
                    self.raw(connection, f"PRAGMA {pragma} = {value}")
            if "embedmig_autocommit" in connection.info:
                set_autocommit(connection, mode=connection.info.pop("embedmig_autocommit"))
            opened_here = connection.info.pop(_OPENED_HERE, False)
            self._drop_journal(connection)
            if opened_here and self.may_be_closed(connection):
                connection.invalidate()
        connection.close()

    def may_be_closed(self, connection: Connection) -> bool:
        """Not where the database lives in the connection."""
        url = connection.engine.url
        in_memory = not url.database or "memory" in f"{url.database} {url.query}"
        return not in_memory and super().may_be_closed(connection)

    def begin(self, connection: Connection, turn: Turn) -> Answer | None:
        """SQLAlchemy's "begin" event comes with the first statement; many send a BEGIN from it.

        https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
        """
        try:
            self._keep_journal(connection)
            self.rollback(connection)
            self.raw(connection, "BEGIN IMMEDIATE")
        except DBAPIError as error:
            if is_busy(error):
                return None
            raise
        if connection.info.get(FOREIGN_KEYS_OFF):
            from .references import violations  # a quiet boot needs nothing of it

            connection.info[_VIOLATIONS] = violations(connection)
        return self.answer(connection, turn)

    def _keep_journal(self, connection: Connection) -> None:
        """One journal for the whole run, where one would be made and deleted for every revision.

        It is as safe, and the mode is this connection's alone. (Without "main", it would be that of
        every attached database.)
        https://www.sqlite.org/pragma.html#pragma_journal_mode
        """
        if _JOURNAL_MODE not in connection.info:
            mode = connection.info[_JOURNAL_MODE] = self._journal_mode(connection)
            if mode == "delete":
                self.raw(connection, "PRAGMA main.journal_mode = PERSIST")

    def _drop_journal(self, connection: Connection) -> None:
        if connection.info.pop(_JOURNAL_MODE, None) != "delete":
            return
        try:
            if self._journal_mode(connection) == "persist":  # nobody chose another one meanwhile
                self.raw(connection, "PRAGMA main.journal_mode = DELETE")
        except DBAPIError as error:
            if not is_busy(error):
                raise
            connection.invalidate()  # the next one that is opened has the mode that it should

    def _journal_mode(self, connection: Connection) -> Any:
        return self.raw(connection, "PRAGMA main.journal_mode").scalar()

    def is_autocommit(self, connection: Connection) -> bool:
        """The driver is often kept in autocommit by those who send BEGIN themselves."""
        return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"

    def join(self, connection: Connection, key: LockKey) -> bool:
        """Make the caller's transaction a real one, with the right to write.

        The driver begins one only before the first INSERT, UPDATE or DELETE.
        """
        try:
            if not driver_connection(connection).in_transaction:
                self.raw(connection, "BEGIN IMMEDIATE")
            else:
                # A deferred transaction gets the right to write by its first write: this one
                # writes what is there.
                value = self.raw(connection, "PRAGMA user_version").scalar()
                self.raw(connection, f"PRAGMA user_version = {value}")
        except DBAPIError as error:
            if is_busy(error):
                return False
            raise
        return True

    def rollback(self, connection: Connection) -> None:
        if is_alive(connection) and driver_connection(connection).in_transaction:
            super().rollback(connection)

    def before_commit(self, connection: Connection) -> None:
        """After work without enforcement, no more rows may refer to nothing than did before."""
        if connection.info.get(FOREIGN_KEYS_OFF):
            from .references import require_no_more, violations

            require_no_more(violations(connection), connection.info.get(_VIOLATIONS, {}))

    def switch_off_foreign_keys(self, connection: Connection) -> bool:
        if not self.raw(connection, "PRAGMA foreign_keys").scalar():
            return False
        self.raw(connection, "PRAGMA foreign_keys = OFF")
        connection.info[FOREIGN_KEYS_OFF] = True
        return True

    def switch_on_foreign_keys(self, connection: Connection) -> None:
        if is_alive(connection) and connection.info.pop(FOREIGN_KEYS_OFF, False):
            self.raw(connection, "PRAGMA foreign_keys = ON")

    def lock(self, connection: Connection, key: LockKey) -> bool:
        """Outside a transaction there is nothing to hold: every operation locks for itself."""
        return True

    def is_queue_timeout(self, error: BaseException) -> bool:
        return is_busy(error)

    def may_quote_values(self, error: DBAPIError) -> bool:
        """SQLite names tables and columns, never values."""
        return False

    def is_already_there(self, error: BaseException) -> bool:
        return "already exists" in str(getattr(error, "orig", error))


_LEGACY = getattr(sqlite3, "LEGACY_TRANSACTION_CONTROL", -1)


def set_autocommit(connection: Connection, *, mode: bool) -> None:
    """Choose the driver's transaction mode; switching it off begins a transaction."""
    on_driver(connection, lambda driver: setattr(driver, "autocommit", mode))


def is_alive(connection: Connection) -> bool:
    """Whether it can still be asked anything; a cancelled task leaves it invalidated."""
    return not connection.closed and not connection.invalidated


def is_busy(error: BaseException) -> bool:
    """Whether another connection is in the way (SQLITE_BUSY, SQLITE_LOCKED)."""
    message = str(getattr(error, "orig", error))
    return "is locked" in message
