"""The server ends the migration's connection: no version is written without its work."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from embedmig.errors import LockLost
from embedmig.events import Event, OperationFinished, OperationStarted
from tests.databases import Database
from tests.faults.harness import OPERATIONS, boot, boot_again, undisturbed
from tests.faults.table import survived

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.only_on("postgresql", "mariadb")]

OTHERS = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mariadb": "SELECT id FROM information_schema.processlist"
    " WHERE db = database() AND id <> connection_id()",
}


def end_others(engine: sa.Engine, name: str) -> None:
    """End every connection to this database but our own."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = connection.exec_driver_sql(OTHERS[name]).scalars().all()
        for number in found if name == "mariadb" else ():
            connection.exec_driver_sql(f"KILL {number}")


@pytest.mark.parametrize("kind", [OperationStarted, OperationFinished])
def test_the_connection_is_ended_at_every_operation(db: Database, kind: type[Event]) -> None:
    """LockLost, nothing half recorded, and the next boot finishes."""
    engine = db.engine()
    wanted = undisturbed(db)
    admin = db.engine()
    for number in range(1, OPERATIONS + 1):
        seen = 0

        def end(event: Event, number: int = number) -> None:
            nonlocal seen
            seen += isinstance(event, kind)
            if isinstance(event, kind) and seen == number:
                end_others(admin, db.name)

        with pytest.raises(LockLost):
            boot(db.dsn, end)

        engine.dispose()
        admin.dispose()
        boot_again(db, engine, wanted, f"ended at operation {number}")
    survived("the server ends the connection", db.name, OPERATIONS)
