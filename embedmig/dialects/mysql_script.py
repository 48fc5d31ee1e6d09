"""Scripts for MySQL and MariaDB: guards are values that no setting takes, blocks are procedures."""

from __future__ import annotations

import re
from itertools import chain, count
from typing import ClassVar

from ..errors import ConfigurationError
from .literals import MySQLLiterals
from .mysql_session import strict
from .script import Check, ScriptSpelling, ScriptTables, indented

_LOCK = "@embedmig_lock"
_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'|`[^`]*`|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)

#: https://mariadb.com/kb/en/stored-routine-limitations/
_NOT_IN_PROCEDURES = re.compile(
    r"""(?isx)\A(?:\s|--[^\n]*\n|\#[^\n]*\n|/\*.*?\*/)*(
        CREATE\s+(?:OR\s+REPLACE\s+)?(?:DEFINER\s*=\s*\S+\s+)?(?:AGGREGATE\s+)?
            (?:TRIGGER|PROCEDURE|FUNCTION|PACKAGE|EVENT)
        |(?:ALTER|DROP)\s+(?:PROCEDURE|FUNCTION|PACKAGE)
        |ALTER\s+(?:(?:ALGORITHM|DEFINER)\s*=\s*\S+\s+|SQL\s+SECURITY\s+\w+\s+)*VIEW
        |(?:UN)?LOCK\s+TABLES?|LOAD\s+(?:DATA|XML)|USE|HANDLER
    )\b"""
)


class MySQLScript(ScriptSpelling):
    """https://mariadb.com/kb/en/delimiters/"""

    literals_of = MySQLLiterals
    begin: ClassVar[str] = "START TRANSACTION"
    no_blocks: ClassVar[str] = ""
    comments: ClassVar[tuple[str, ...]] = ("--", "#")
    dual: ClassVar[str] = " FROM dual"
    how_to_run: ClassVar[str] = "mariadb DATABASE < FILE (or mysql), without --force"
    clock: ClassVar[str] = "UTC_TIMESTAMP(6)"
    began: ClassVar[str] = "UTC_TIMESTAMP(6)"
    since_begin: ClassVar[str] = "0"
    since_start: ClassVar[str] = (
        "GREATEST(0, TIMESTAMPDIFF(MICROSECOND, started_at, UTC_TIMESTAMP(6))) / 1000000"
    )

    def ended(self, text: str) -> str:
        """The client cuts at every `;`, also inside a body of BEGIN … END."""
        if ";" in text and ";" in _QUOTED.sub("", text):
            marks = chain(("$$", "//"), (f"$${number}$$" for number in count()))
            mark = next(mark for mark in marks if mark not in text)
            return f"DELIMITER {mark}\n{self.closed(text, mark)}\nDELIMITER ;"
        return super().ended(text)

    def opening(self, tables: ScriptTables, lock_timeout: float) -> list[str]:
        """Literals are written with backslash escapes and names with backticks, so the mode has
        to allow them; and it has to be strict, as in `MySQLSession.prepare`."""
        key = tables.key
        if key is not None:
            name = self.literals.text(key.name)
        else:
            version = self.literals.text(tables.version)
            place = (
                f"CONCAT(CONVERT(IFNULL(DATABASE(), '') USING utf8mb4), CHAR(0), "
                f"CONVERT({version} USING utf8mb4))"
            )
            name = f"CONCAT('embedmig:', LEFT(SHA2({place}, 256), 40))"
        mode = "REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')"
        taken = Check(
            f"GET_LOCK({_LOCK}, {max(0, round(lock_timeout))}) = 1",
            "embedmig: another session is migrating this database",
        )
        return [
            "SET NAMES utf8mb4",
            f"SET SESSION sql_mode = {strict(mode)}",
            f"SET {_LOCK} = {name}",
            *self.stop_unless(taken),
        ]

    def closing(self, tables: ScriptTables) -> list[str]:
        return [f"DO RELEASE_LOCK({_LOCK})"]

    def is_locked(self, tables: ScriptTables) -> str:
        return f"IS_USED_LOCK({_LOCK}) = CONNECTION_ID()"

    def stop_unless(self, check: Check) -> list[str]:
        """Only a procedure may raise an error; but the answer of a question is no sql_mode either,
        and the server says what was wrong with it."""
        message = self.literals.text(check.message.replace(",", ";"))
        return [f"SET SESSION sql_mode = IF({check.condition}, @@SESSION.sql_mode, {message})"]

    def block(self, check: Check, statements: list[str]) -> list[str]:
        for found in filter(None, map(_NOT_IN_PROCEDURES.match, statements)):
            raise ConfigurationError(
                f"revision {check.message}: {' '.join(found[1].split())} cannot stand in a "
                "procedure, the block of an idempotent script; render it in a script of its own"
            )
        name = self.spell.name("embedmig_step")
        inner = indented([self.closed(text, ";") for text in statements], "    ")
        body = f"BEGIN\n  IF {check.condition} THEN\n{inner}  END IF;\nEND"
        return [
            f"DROP PROCEDURE IF EXISTS {name}",
            f"CREATE PROCEDURE {name}()\n{body}",
            f"CALL {name}()",
            f"DROP PROCEDURE {name}",
        ]
