"""Scripts for PostgreSQL: guards are DO blocks, the lock is the application's advisory lock."""

from __future__ import annotations

from typing import ClassVar

from .literals import PostgreSQLLiterals
from .script import Check, ScriptSpelling, ScriptTables, dollar_quoted, indented
from .session import LockKey

_SETTING = "embedmig.lock"


class PostgreSQLScript(ScriptSpelling):
    """https://www.postgresql.org/docs/current/sql-do.html"""

    literals_of = PostgreSQLLiterals
    begin: ClassVar[str] = "BEGIN ISOLATION LEVEL READ COMMITTED"
    no_blocks: ClassVar[str] = ""
    how_to_run: ClassVar[str] = "psql -v ON_ERROR_STOP=1 -f FILE"
    clock: ClassVar[str] = "clock_timestamp() AT TIME ZONE 'UTC'"
    began: ClassVar[str] = "transaction_timestamp() AT TIME ZONE 'UTC'"
    since_begin: ClassVar[str] = "extract(epoch FROM clock_timestamp() - transaction_timestamp())"
    since_start: ClassVar[str] = (
        "extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - started_at)"
    )

    def opening(self, tables: ScriptTables, lock_timeout: float) -> list[str]:
        """The lock is tried, not waited for, and every try is a transaction of its own: a
        CREATE INDEX CONCURRENTLY of the holder's would wait for ours."""
        take = f"pg_try_advisory_lock(current_setting('{_SETTING}')::bigint)"
        body = (
            "\nDECLARE\n"
            f"  deadline timestamptz := clock_timestamp() + interval '{lock_timeout:g} seconds';\n"
            "BEGIN\n"
            f"  PERFORM set_config('{_SETTING}', ({self._key(tables)})::text, false);\n"
            f"  WHILE NOT {take} LOOP\n"
            "    IF clock_timestamp() > deadline THEN\n"
            "      RAISE EXCEPTION 'embedmig: another session is migrating this database';\n"
            "    END IF;\n"
            "    COMMIT;\n"
            "    PERFORM pg_sleep(0.2);\n"
            "  END LOOP;\n"
            "END\n"
        )
        return ["SET client_encoding = 'UTF8'", f"DO {dollar_quoted(body)}"]

    def closing(self, tables: ScriptTables) -> list[str]:
        release = f"pg_advisory_unlock(current_setting('{_SETTING}')::bigint)"
        return [f"DO {dollar_quoted(f'BEGIN PERFORM {release}; END')}"]

    def _key(self, tables: ScriptTables) -> str:
        """The application's key. It is made of the schema's name, which only the session knows."""
        if tables.key is not None:
            return f"{tables.key.number}"
        schema = "convert_to(coalesce(current_schema(), ''), 'UTF8')"
        name = f"convert_to({self.literals.text(tables.version)}, 'UTF8')"
        digest = f"sha256({schema} || decode('00', 'hex') || {name})"
        low = f"('x' || encode(substring({digest} FROM 1 FOR 4), 'hex'))::bit(32)::bigint"
        return f"{LockKey('').number >> 32 << 32} | {low}"

    def is_locked(self, tables: ScriptTables) -> str:
        """The session's lock, taken once more for the transaction: it fails where a pooler has
        moved us to another session."""
        return f"pg_try_advisory_xact_lock(current_setting('{_SETTING}')::bigint)"

    def stop_unless(self, check: Check) -> list[str]:
        message = self.literals.text(check.message)
        body = (
            f"\nBEGIN\n  IF NOT ({check.condition}) THEN\n"
            f"    RAISE EXCEPTION USING MESSAGE = {message};\n  END IF;\nEND\n"
        )
        return [f"DO {dollar_quoted(body)}"]

    def block(self, check: Check, statements: list[str]) -> list[str]:
        inner = [f"EXECUTE {dollar_quoted(text)};" for text in statements]
        body = f"\nBEGIN\n  IF {check.condition} THEN\n{indented(inner, '    ')}  END IF;\nEND\n"
        return [f"DO {dollar_quoted(body)}"]
