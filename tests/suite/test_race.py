"""However many processes and threads boot at once, every revision runs exactly once."""

from __future__ import annotations

import pytest

from tests.boot import Fleet, boot_once, boot_processes, boot_threads, effects, history, versions
from tests.databases import Database

ROUNDS = 20
REVISIONS = [f"r{number}" for number in range(1, 6)]


def assert_exactly_once(db: Database, booted: list, ran: list[str] = REVISIONS) -> None:
    """Nobody failed, all effects are there once, and the shares add up."""
    assert [b.error for b in booted if b.error] == []
    assert sorted(step for b in booted for step in b.steps) == ran

    engine = db.engine()

    assert effects(engine) == REVISIONS
    assert versions(engine) == ["r5"]


@pytest.mark.slow
def test_eight_processes_on_a_fresh_database(db: Database) -> None:
    """8 processes × 20 rounds: all exit 0, each body ran once."""
    with Fleet(8) as fleet:
        for _ in range(ROUNDS):
            assert_exactly_once(db, fleet.boot(db.dsn))

            db.wipe()


@pytest.mark.slow
def test_eight_processes_on_a_half_migrated_database(db: Database) -> None:
    """The same where the first two revisions have been applied before."""
    with Fleet(8) as fleet:
        for _ in range(ROUNDS):
            boot_once(db.dsn, history(), target="r2")

            assert_exactly_once(db, fleet.boot(db.dsn), REVISIONS[2:])

            db.wipe()


def test_losers_tell_how_long_they_waited_and_for_whom(db: Database) -> None:
    """A process that waited reports the seconds, and the holder where the database can tell."""
    booted = boot_processes(db.dsn, 4, {"pause": 0.2})

    assert_exactly_once(db, booted)
    losers = [b for b in booted if not b.steps]
    assert losers
    assert all(b.waited > 0 for b in losers)
    if db.name != "sqlite":  # whose locks have no names
        assert any(b.waited_for for b in losers)


def test_eight_threads_of_one_process(db: Database) -> None:
    """Threads of one process queue as processes do."""
    assert_exactly_once(db, boot_threads([db.dsn] * 8))


@pytest.mark.slow
def test_thirty_two_threads_on_thirty_two_databases(db: Database) -> None:
    """Migrators of one process know nothing of each other."""
    databases = [db.another() for _ in range(32)]

    booted = boot_threads([each.dsn for each in databases])

    assert [b.error for b in booted if b.error] == []
    for each in databases:
        engine = each.engine()
        assert effects(engine) == REVISIONS
        engine.dispose()


def test_revisions_outside_a_transaction_run_once_too(db: Database) -> None:
    """transactional=False in the middle of a history does not let two runners in."""
    assert_exactly_once(db, boot_processes(db.dsn, 8, {"outside": (2, 4)}))
