"""Behind a pooler in transaction mode two statements may meet two servers; the lock still holds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from embedmig import Migrator, Operations
from embedmig.errors import ConfigurationError
from tests.boot import boot_processes, effects, history, history_rows, versions
from tests.databases import Database, NoDatabase, required
from tests.poolers import transaction_pooler

REVISIONS = [f"r{number}" for number in range(1, 6)]


@pytest.fixture
def pooled(postgresql: Database) -> Iterator[str]:
    """The URL of the fresh database `postgresql`, through PgBouncer in transaction mode."""
    try:
        with transaction_pooler(postgresql.url) as port:
            url = postgresql.url.set(host="127.0.0.1", port=port, query={})
            yield url.render_as_string(hide_password=False)
    except NoDatabase as error:
        if "pgbouncer" in required(os.environ):
            pytest.fail(f"required, but {error}", pytrace=False)
        pytest.skip(str(error))


def advisory_locks(db: Database) -> int:
    """How many advisory locks stand in this database."""
    query = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with db.engine(poolclass=NullPool).connect() as connection:
        return int(connection.execute(sa.text(query)).scalar_one())


@pytest.mark.slow
def test_sixteen_processes_race_through_a_pooler(postgresql: Database, pooled: str) -> None:
    """Every revision runs once, nobody fails, no advisory lock is left behind in the pool."""
    for _ in range(3):
        booted = boot_processes(pooled, 16)

        assert [b.error for b in booted if b.error] == []
        assert sorted(step for b in booted for step in b.steps) == REVISIONS
        assert effects(postgresql.engine()) == REVISIONS
        assert versions(postgresql.engine()) == ["r5"]
        assert advisory_locks(postgresql) == 0
        postgresql.wipe()


def test_no_setting_leaks_to_the_next_client_of_the_pool(postgresql: Database, pooled: str) -> None:
    """What a revision sets, it sets for its transaction only."""
    names = ("lock_timeout", "statement_timeout", "application_name", "search_path")
    engine = sa.create_engine(pooled, poolclass=NullPool)

    def settings() -> list[list[str]]:
        with engine.connect() as one, engine.connect() as two:
            return [
                [c.execute(sa.text(f"SHOW {name}")).scalar_one() for name in names]
                for c in (one, two)
            ]

    before = settings()
    Migrator(engine, None, history(3)).upgrade()
    assert settings() == before


def test_a_revision_outside_a_transaction_needs_a_way_around_the_pooler(
    postgresql: Database, pooled: str
) -> None:
    """It is refused before it does anything, and told of lock_engine; with that, it runs."""
    engine = sa.create_engine(pooled, poolclass=NullPool)
    registry = history(2)

    @registry.revision("r3", down_revision="r2", transactional=False)
    def third(op: Operations) -> None:
        op.create_index("ix_t1", "t1", ["note"], postgresql_concurrently=True)

    with pytest.raises(ConfigurationError, match="lock_engine"):
        Migrator(engine, None, registry).upgrade()

    assert versions(postgresql.engine()) == ["r2"]
    assert [row[0] for row in history_rows(postgresql.engine())] == ["r1", "r2"]

    report = Migrator(engine, None, registry, lock_engine=postgresql.engine()).upgrade()

    assert [step.revision for step in report.steps] == ["r3"]
    assert [i["name"] for i in sa.inspect(postgresql.engine()).get_indexes("t1")] == ["ix_t1"]
    assert advisory_locks(postgresql) == 0
