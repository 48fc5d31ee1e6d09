"""No room: the file is as before the revision, the error typed; with room a boot finishes."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import EmbedmigError
from tests.boot import versions
from tests.databases import Database
from tests.faults.table import survived
from tests.pictures import picture

pytestmark = [pytest.mark.faults, pytest.mark.slow]


def growing() -> Registry:
    """d1 … d4, each of which needs more room than the one before."""
    registry = Registry()
    for number in range(1, 5):

        def upgrade(op: Operations, number: int = number) -> None:
            op.create_table(f"t{number}", sa.Column("id", sa.Integer), sa.Column("x", sa.Text))
            op.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                f" WHERE i < {number * 20})"
                f" INSERT INTO t{number} SELECT i, hex(zeroblob(200)) FROM n"
            )
            op.create_index(f"ix{number}", f"t{number}", ["x"])

        parent = f"d{number - 1}" if number > 1 else None
        registry.revision(f"d{number}", down_revision=parent)(upgrade)
    return registry


@pytest.mark.only_on("sqlite")
def test_a_full_disk_in_any_revision(db: Database) -> None:
    """At every size of the file from nothing to enough."""
    whole = db.engine()
    Migrator(whole, None, growing()).upgrade()
    wanted = picture(whole, leave_out={"embedmig_history"})
    with whole.connect() as connection:
        enough = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    stopped = set()
    for pages in range(1, enough, 3):
        db.wipe()
        engine = db.engine()
        limit = [pages]

        @sa.event.listens_for(engine, "connect")
        def configure(driver: Any, _: object, limit: list[int] = limit) -> None:
            driver.execute(f"PRAGMA max_page_count = {limit[0]}")

        with pytest.raises(EmbedmigError):
            Migrator(engine, None, growing()).upgrade()
        has_version = "embedmig_version" in sa.inspect(engine).get_table_names()
        at = versions(engine)[0] if has_version and versions(engine) else None
        number = int(at[1:]) if at else 0
        expected = {f"t{n}" for n in range(1, number + 1)}
        assert {t for t in picture(engine) if t.startswith("t")} == expected, f"{pages} pages"
        stopped.add(at)

        limit[0] = 10_000
        engine.dispose()
        Migrator(engine, None, growing()).upgrade()

        assert picture(engine, leave_out={"embedmig_history"}) == wanted, f"{pages} pages"
    assert stopped >= {None, "d1", "d2", "d3"}
    survived("disk full", db.name, len(range(1, enough, 3)))
