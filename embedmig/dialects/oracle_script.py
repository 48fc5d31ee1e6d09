"""Scripts for Oracle: PL/SQL blocks, the application's lock of DBMS_LOCK."""

from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from .literals import OracleLiterals
from .oracle_session import lock_id
from .script import IS_BLOCK, Check, ScriptSpelling, ScriptTables, indented
from .session import LockKey

_DUPLICATE = -955
#: A string of PL/SQL's has 32,767 bytes; the quotes in it count twice.
_LONGEST = 16_000
_UTC = "SYS_EXTRACT_UTC(SYSTIMESTAMP)"


class OracleScript(ScriptSpelling):
    """https://docs.oracle.com/en/database/oracle/oracle-database/23/sqpug/"""

    literals_of = OracleLiterals
    begin: ClassVar[str] = ""
    no_blocks: ClassVar[str] = ""
    dual: ClassVar[str] = " FROM dual"
    how_to_run: ClassVar[str] = "sqlplus -S USER@DATABASE @FILE"
    clock: ClassVar[str] = _UTC
    began: ClassVar[str] = _UTC
    since_start: ClassVar[str] = f"(CAST({_UTC} AS DATE) - CAST(started_at AS DATE)) * 86400"

    def trimmed(self, sql: str) -> str:
        """A block of PL/SQL ends in a semicolon, a statement does not."""
        return sql.strip() if IS_BLOCK.match(sql) else super().trimmed(sql)

    def inserts(self, head: str, lines: list[str]) -> list[str]:
        """Row by row: many in one VALUES came with 23ai."""
        return [f"{head} VALUES {line}" for line in lines]

    def commands(self) -> list[str]:
        """SQL*Plus must not read `&` and empty lines its own way, and must stop at errors."""
        return [
            "SET DEFINE OFF",
            "SET SQLBLANKLINES ON",
            "WHENEVER SQLERROR EXIT FAILURE ROLLBACK",
        ]

    def opening(self, tables: ScriptTables, lock_timeout: float) -> list[str]:
        """By EXECUTE IMMEDIATE, so that a user without the privilege is told which it is."""
        request = "BEGIN :answer := DBMS_LOCK.REQUEST(:id, 6, :timeout); END;"
        return [
            (
                "DECLARE\n  answer INTEGER;\n  id INTEGER;\n"
                f"  unknown EXCEPTION;\n  PRAGMA EXCEPTION_INIT(unknown, -6550);\nBEGIN\n"
                f"  SELECT {self._id(tables)} INTO id FROM dual;\n"
                f"  EXECUTE IMMEDIATE '{request}'\n"
                f"    USING OUT answer, IN id, IN {max(0, round(lock_timeout))};\n"
                "  IF answer NOT IN (0, 4) THEN\n"
                "    RAISE_APPLICATION_ERROR(-20000, 'embedmig: another session is migrating this"
                " database');\n  END IF;\n"
                "EXCEPTION\n  WHEN unknown THEN\n"
                "    RAISE_APPLICATION_ERROR(-20000, 'embedmig: this user may not use DBMS_LOCK;"
                " GRANT EXECUTE ON DBMS_LOCK TO it');\nEND;"
            )
        ]

    def closing(self, tables: ScriptTables) -> list[str]:
        release = "BEGIN :answer := DBMS_LOCK.RELEASE(:id); END;"
        return [
            (
                "DECLARE\n  answer INTEGER;\n  id INTEGER;\nBEGIN\n"
                f"  SELECT {self._id(tables)} INTO id FROM dual;\n"
                f"  EXECUTE IMMEDIATE '{release}' USING OUT answer, IN id;\nEND;"
            )
        ]

    def _id(self, tables: ScriptTables) -> str:
        """The application's lock; the schema's name as SQLAlchemy reads it, in lower case."""
        if tables.key is not None:
            return str(lock_id(tables.key))
        schema = "SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')"
        name = f"CASE WHEN UPPER({schema}) = {schema} THEN LOWER({schema}) ELSE {schema} END"
        place = f"{name} || CHR(0) || {self.literals.text(tables.version)}"
        low = f"TO_NUMBER(SUBSTR(RAWTOHEX(STANDARD_HASH({place}, 'SHA256')), 1, 8), 'XXXXXXXX')"
        return f"MOD({LockKey('').number >> 32 << 32} + {low}, 1073741823)"

    def stop_unless(self, check: Check) -> list[str]:
        message = self.literals.text(check.message)
        return [
            (
                f"DECLARE\n  found INTEGER;\nBEGIN\n{self._asked(check)}"
                f"  IF found = 0 THEN\n    RAISE_APPLICATION_ERROR(-20000, {message});\n"
                "  END IF;\nEND;"
            )
        ]

    def _asked(self, check: Check) -> str:
        return f"  SELECT COUNT(*) INTO found FROM dual WHERE {check.condition};\n"

    def create_if_missing(self, table: sa.Table) -> str:
        create = self._dynamic(self.spell.element(CreateTable(table)))
        return (
            f"BEGIN\n  EXECUTE IMMEDIATE {create};\nEXCEPTION\n  WHEN OTHERS THEN\n"
            f"    IF SQLCODE <> {_DUPLICATE} THEN RAISE; END IF;\nEND;"
        )

    def _dynamic(self, statement: str) -> str:
        """A statement as a string of PL/SQL's, whose line breaks stay so that it can be read."""
        if statement.isascii() and len(statement) < _LONGEST:
            return "'" + self.literals.checked(statement).replace("'", "''") + "'"
        return f"TO_CLOB({self.literals.text(statement)})"

    def block(self, check: Check, statements: list[str]) -> list[str]:
        inner = [f"EXECUTE IMMEDIATE {self._dynamic(text)};" for text in statements]
        return [
            (
                f"DECLARE\n  found INTEGER;\nBEGIN\n{self._asked(check)}"
                f"  IF found > 0 THEN\n{indented(inner, '    ')}  END IF;\nEND;"
            )
        ]
