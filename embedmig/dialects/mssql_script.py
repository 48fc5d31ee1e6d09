"""Scripts for SQL Server: batches, guards that raise, the application's lock."""

from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from .literals import MSSQLLiterals
from .mssql_blocks import Blocks, unicode_literal
from .script import Check, ScriptSpelling, ScriptTables, indented


class MSSQLScript(ScriptSpelling):
    """https://learn.microsoft.com/sql/tools/sqlcmd/sqlcmd-utility"""

    literals_of = MSSQLLiterals
    begin: ClassVar[str] = "BEGIN TRANSACTION"
    commit: ClassVar[str] = "COMMIT TRANSACTION"
    no_blocks: ClassVar[str] = ""
    how_to_run: ClassVar[str] = "sqlcmd -b -x -I -f 65001 -i FILE"
    clock: ClassVar[str] = "SYSUTCDATETIME()"
    began: ClassVar[str] = "SYSUTCDATETIME()"
    since_start: ClassVar[str] = "DATEDIFF(millisecond, started_at, SYSUTCDATETIME()) / 1000.0"

    def opening(self, tables: ScriptTables, lock_timeout: float) -> list[str]:
        """The lock is the session's; the name is made as the application makes it."""
        take = (
            f"DECLARE @embedmig_got int;\nEXEC @embedmig_got = sp_getapplock "
            "@Resource = @embedmig_lock, @LockMode = 'Exclusive', @LockOwner = 'Session', "
            f"@LockTimeout = {round(lock_timeout * 1000)}"
        )
        message = unicode_literal("embedmig: another session is migrating this database")
        return [
            "SET XACT_ABORT ON",
            "SET NOCOUNT ON",
            f"{self._named(tables)}\n{take};\nIF @embedmig_got < 0 THROW 50000, {message}, 1",
        ]

    def closing(self, tables: ScriptTables) -> list[str]:
        release = "EXEC sp_releaseapplock @Resource = @embedmig_lock, @LockOwner = 'Session'"
        return [f"{self._named(tables)}\n{release}"]

    def _named(self, tables: ScriptTables) -> str:
        return f"DECLARE @embedmig_lock nvarchar(255) = {self._name(tables)};"

    def _name(self, tables: ScriptTables) -> str:
        if tables.key is not None:
            return unicode_literal(tables.key.name)
        place = f"CONCAT(SCHEMA_NAME(), CHAR(0), {self.literals.text(tables.version)})"
        digest = f"HASHBYTES('SHA2_256', CONVERT(varchar(max), {place}))"
        return f"N'embedmig:' + LOWER(LEFT(CONVERT(varchar(64), {digest}, 2), 40))"

    def is_locked(self, tables: ScriptTables) -> str:
        return f"APPLOCK_MODE('public', {self._name(tables)}, 'Session') = 'Exclusive'"

    def stop_unless(self, check: Check) -> list[str]:
        """NOEXEC stops what follows also where the client does not stop at an error."""
        message = unicode_literal(check.message)
        return [
            (
                f"IF NOT ({check.condition})\nBEGIN\n  IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;\n"
                f"  RAISERROR({message}, 16, 1);\n  SET NOEXEC ON;\nEND"
            )
        ]

    def create_if_missing(self, table: sa.Table) -> str:
        there = Blocks(self.spell).object(table.name, table.schema)
        create = unicode_literal(self.spell.element(CreateTable(table)))
        return f"IF {there} IS NULL\nEXEC({create})"

    def block(self, check: Check, statements: list[str]) -> list[str]:
        """One batch; each statement is compiled only when it is reached."""
        inner = indented(f"EXEC({unicode_literal(text)});" for text in statements)
        return [f"IF {check.condition}\nBEGIN\n{inner}END"]
