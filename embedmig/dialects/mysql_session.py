"""MySQL and MariaDB: DDL commits, so a named lock on the one connection guards the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from .._sa import is_watched
from ..errors import LockLost
from .session import LockKey, Session, Variable, error_code, is_unreachable, scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

_TIMEOUT = "embedmig_lock_wait_timeout"
_HAS_BLOCKS = "embedmig_has_blocks"
_EXISTS = {
    *(1007, 1050, 1060, 1061, 1068, 1826, 3822),  # schema, table, column, key, check
    *(1304, 1359, 1537, 4031),  # procedure, trigger, event, MariaDB's sequence
}
_IS_GONE = {
    *(1008, 1051, 1054, 1091, 1146, 1305, 3821),  # the same, and a procedure
    *(1360, 1539, 4091, 4092),  # trigger, event, MariaDB's sequence and view
}
#: What else ends a transaction that is quiet, and a statement that is long: 0 is never.
_MARIADB = {
    "max_statement_time": 0,
    "idle_transaction_timeout": 0,
    "idle_readonly_transaction_timeout": 0,
    "idle_write_transaction_timeout": 0,
}
_NOT_READY = {2002, 2003, 2006, 2013, 1040, 1053, 1203, 1290, 1836, 1927}


class MySQLSession(Session):
    """The lock is GET_LOCK: it survives the implicit commits of DDL and dies with the connection.

    https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html
    """

    locks_in_session = True
    writes_literals = True
    tells_new_ids = True
    updates_two_tables = True
    new_row = Variable("@embedmig_row")
    begin_statement = "START TRANSACTION"  # in Oracle's mode, BEGIN alone begins a block

    def quoted(self, text: str) -> str:
        """Backslashes mean the same whatever `sql_mode` says of them.

        https://dev.mysql.com/doc/refman/8.4/en/hexadecimal-literals.html
        """
        if "\\" in text:
            return f"_utf8mb4 0x{text.encode().hex()}"
        return super().quoted(text)

    def prepare(self, connection: Connection, *, ddl_lock_timeout: float | None) -> None:
        """The server must not end a quiet connection or a long statement, nor queue for a day.

        https://mariadb.com/kb/en/metadata-locking/

        Nor may it make values fit a column by cutting them, as it does where it is not strict:
        https://mariadb.com/kb/en/sql-mode/#strict-mode
        """
        seconds = connection.info[_TIMEOUT] = _whole_seconds(ddl_lock_timeout)
        settings = {
            "sql_mode": strict("@@SESSION.sql_mode"),
            "wait_timeout": 28800,
            "net_read_timeout": 600,
            "lock_wait_timeout": seconds,
        }
        if getattr(connection.dialect, "is_mariadb", False):
            settings |= _MARIADB
            mode = str(self.raw(connection, "SELECT @@SESSION.sql_mode").scalar())
            # Other drivers were not tried, and Oracle's mode has another syntax.
            is_known = connection.dialect.driver == "pymysql" and "ORACLE" not in mode
            takes_text = connection.dialect.paramstyle == "pyformat"
            connection.info[_HAS_BLOCKS] = is_known and takes_text
        made = (f"SESSION {name} = {value}" for name, value in settings.items())
        self.raw(connection, f"SET {', '.join(made)}")

    def prepare_outside(
        self, connection: Connection, *, label: str, ddl_lock_timeout: float | None
    ) -> None:
        """The same settings as for the whole run, with this revision's own timeout."""
        seconds = _whole_seconds(ddl_lock_timeout)
        if connection.info.get(_TIMEOUT) != seconds:
            self.raw(connection, f"SET SESSION lock_wait_timeout = {seconds}")
            connection.info[_TIMEOUT] = seconds

    def lock(self, connection: Connection, key: LockKey) -> bool:
        answer = scalar(connection, "SELECT GET_LOCK(:name, 0)", name=key.name)
        if answer is None:
            raise LockLost(f"GET_LOCK({key.name!r}) failed on the server")
        return bool(answer == 1)

    def unlock(self, connection: Connection, key: LockKey) -> None:
        if connection.closed or connection.invalidated:
            return
        try:
            scalar(connection, "SELECT RELEASE_LOCK(:name)", name=key.name)
        except DBAPIError:
            connection.invalidate()

    def has_blocks(self, connection: Connection) -> bool:
        return connection.info.get(_HAS_BLOCKS, False) and not is_watched(connection)

    def block(self, records: Sequence[str], then: str, *, token: int, keeps_id: bool) -> str:
        """https://mariadb.com/kb/en/begin-end/"""
        work = f"COMMIT; SET @embedmig_block = {token};"
        if keeps_id:
            work += f" SET {self.new_row} = LAST_INSERT_ID();"
        work += f" {then}\n;"  # it may end in a comment
        for record in reversed(records):
            work = f"{record}; IF ROW_COUNT() = 1 THEN {work} ELSE ROLLBACK; END IF;"
        return (
            "BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; "
            f"START TRANSACTION; {work} END"
        )

    def has_written(self, connection: Connection, token: int) -> bool:
        return bool(self.raw(connection, "SELECT @embedmig_block").scalar() == token)

    def holds(self, connection: Connection, key: LockKey) -> bool:
        return bool(
            scalar(connection, "SELECT IS_USED_LOCK(:name) = CONNECTION_ID()", name=key.name)
        )

    def lock_guard(self, key: LockKey) -> str | None:
        return f"IS_USED_LOCK('{key.name}') = CONNECTION_ID()"

    def holder(self, connection: Connection, key: LockKey) -> str | None:
        identifier = scalar(connection, "SELECT IS_USED_LOCK(:name)", name=key.name)
        if identifier is None:
            return None
        row = connection.execute(
            text("SELECT user, host, time FROM information_schema.processlist WHERE id = :id"),
            {"id": identifier},
        ).first()
        if row is None:
            return f"connection {identifier}"
        return f"connection {identifier} (user {row[0]}, from {row[1]}, {row[2]} s in this state)"

    def is_queue_timeout(self, error: BaseException) -> bool:
        return error_code(error) in (1205, 1213)

    def is_already_done(self, error: BaseException, *, creates: bool) -> bool:
        """What a second CREATE, ADD, DROP or RENAME says.

        https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
        """
        code = error_code(error)
        return code in _EXISTS or (code in _IS_GONE and not creates)

    def may_quote_values(self, error: DBAPIError) -> bool:
        """An unknown column quotes nothing, though drivers call it operational."""
        return error_code(error) != 1054 and super().may_quote_values(error)

    def is_not_ready(self, error: BaseException) -> bool:
        return error_code(error) in _NOT_READY or is_unreachable(error)

    def read_only_reason(self, connection: Connection) -> str | None:
        if scalar(connection, "SELECT @@global.read_only"):
            return "this server is read-only"
        return None

    def backend(self, connection: Connection) -> int | None:
        return int(scalar(connection, "SELECT CONNECTION_ID()"))

    def kill(self, engine: Engine, backend: int) -> None:
        """KILL ends the statement too, which would go on after its client is dead."""
        with self.open(engine) as connection:
            self.raw(connection, f"KILL {backend}")

    def is_already_there(self, error: BaseException) -> bool:
        return error_code(error) in (1050, 1062)


def strict(mode: str) -> str:
    """An expression for this mode, and strict for every table."""
    return f"CONCAT({mode}, ',STRICT_ALL_TABLES')"


def _whole_seconds(timeout: float | None) -> int:
    """At least one second; None is as long as the server allows."""
    return max(1, round(timeout)) if timeout else 31536000
