"""Servers that end quiet connections or long statements: a migration is neither."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from tests.boot import EFFECTS, effects, versions, with_effects
from tests.databases import Database
from tests.faults.table import survived

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.only_on("postgresql", "mariadb")]

SHORT = ("idle_session_timeout", "idle_in_transaction_session_timeout", "statement_timeout")
SHORT_ON_MARIADB = ("wait_timeout", "idle_transaction_timeout", "idle_write_transaction_timeout")
#: MariaDB ends SLEEP before its time without a word; of everything else it says so.
SLOW = {
    "postgresql": "SELECT pg_sleep(0.8)",
    "mariadb": "SELECT count(*) FROM seq_1_to_30000 a, seq_1_to_600 b WHERE a.seq % 7 = b.seq % 5",
}


def quiet(name: str, *, transactional: bool) -> Registry:
    """Python thinks for a while between two operations, and one statement takes its time."""
    registry = with_effects("i1")

    @registry.revision("i2", down_revision="i1", transactional=transactional)
    def second(op: Operations) -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
        op.connection.execute(sa.insert(EFFECTS).values(revision="open"))
        time.sleep(1.5)
        op.execute(SLOW[name])
        op.bulk_insert(EFFECTS, [{"revision": "i2"}])  # type: ignore[arg-type]  # a lightweight table

    return registry


@pytest.mark.parametrize("transactional", [True, False])
def test_short_timeouts_of_the_server_do_not_end_a_migration(
    db: Database, transactional: bool
) -> None:
    """The connection, and with it the lock, outlives every pause; no second runner gets in."""
    if db.name == "postgresql":
        with db.engine(isolation_level="AUTOCOMMIT").connect() as connection:
            for setting in SHORT:
                statement = f"ALTER DATABASE {db.url.database} SET {setting} = '500ms'"
                connection.exec_driver_sql(statement)
    engine = db.engine()

    if db.name == "mariadb":

        @sa.event.listens_for(engine, "connect")
        def configure(driver: Any, _: object) -> None:
            with driver.cursor() as cursor:
                for setting in SHORT_ON_MARIADB:
                    cursor.execute(f"SET SESSION {setting} = 1")
                cursor.execute("SET SESSION max_statement_time = 0.5")

    report = Migrator(engine, None, quiet(db.name, transactional=transactional)).upgrade()

    assert [(step.revision, step.resumed) for step in report.steps] == [
        ("i1", False),
        ("i2", False),
    ]
    assert effects(db.engine()) == ["i2", "open"]
    assert versions(db.engine()) == ["i2"]
    survived("idle and statement timeouts of the server", db.name)
