"""Scripts for SQLite: guards are rows that a trigger refuses, the lock is BEGIN IMMEDIATE."""

from __future__ import annotations

import re
from typing import ClassVar

from ..literals import SQLiteLiterals
from ..script import Check, ScriptSpelling, ScriptTables

_GUARD = "temp.embedmig_guard"
_UNENFORCED = re.compile(r"(?i)\A\s*(?:PRAGMA\s+legacy_alter_table\s*=\s*ON|DROP\s+TABLE)\b")


_STOP = """\
CREATE TEMP TRIGGER IF NOT EXISTS embedmig_stop BEFORE INSERT ON embedmig_guard
WHEN NEW.message IS NOT NULL
BEGIN
  SELECT RAISE(ROLLBACK, 'embedmig: the database does not fit; the line of the script says why');
END"""


class SQLiteScript(ScriptSpelling):
    """https://www.sqlite.org/cli.html"""

    literals_of = SQLiteLiterals
    begin: ClassVar[str] = "BEGIN IMMEDIATE"
    no_blocks: ClassVar[str] = "it has neither IF nor procedures"
    how_to_run: ClassVar[str] = "sqlite3 -bail DATABASE < FILE"
    clock: ClassVar[str] = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    began: ClassVar[str] = clock
    since_start: ClassVar[str] = "(julianday('now') - julianday(started_at)) * 86400.0"

    def opening(self, tables: ScriptTables, lock_timeout: float) -> list[str]:
        """The guard remembers whether foreign keys were enforced: nothing else could."""
        return [
            f"PRAGMA busy_timeout = {round(lock_timeout * 1000)}",
            "CREATE TEMP TABLE IF NOT EXISTS embedmig_guard (message TEXT, enforced INTEGER)",
            _STOP,
            f"DELETE FROM {_GUARD}",
            f"INSERT INTO {_GUARD} (enforced) SELECT foreign_keys FROM pragma_foreign_keys",
        ]

    def closing(self, tables: ScriptTables) -> list[str]:
        return ["DROP TABLE temp.embedmig_guard"]

    def stop_unless(self, check: Check) -> list[str]:
        return self._refuse(f"NOT ({check.condition})", check.message)

    def _refuse(self, condition: str, message: str) -> list[str]:
        text = self.literals.text(message)
        return [f"INSERT INTO {_GUARD} (message) SELECT {text} WHERE {condition}"]

    def before_transaction(self, statements: list[str]) -> list[str]:
        """Dropping and rebuilding tables would delete the rows that refer to them; the pragma does
        nothing inside a transaction."""
        if any(map(_UNENFORCED.match, statements)):
            return ["PRAGMA foreign_keys = OFF"]
        return []

    def before_commit(self, statements: list[str]) -> list[str]:
        """Once they are off they stay off; where they were on, no row may refer to nothing."""
        was_on = f"EXISTS (SELECT 1 FROM {_GUARD} WHERE enforced = 1)"
        orphans = "EXISTS (SELECT 1 FROM pragma_foreign_key_check)"
        return self._refuse(f"{was_on} AND {orphans}", "embedmig: rows refer to missing rows")
