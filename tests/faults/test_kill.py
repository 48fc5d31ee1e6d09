"""kill -9 at any moment, and one more boot: everything is as if nothing had happened."""

from __future__ import annotations

import random
import signal
import time

import pytest

from tests.databases import Database
from tests.faults.harness import OPERATIONS, Death, boot_again, start, undisturbed
from tests.faults.table import survived

pytestmark = [pytest.mark.faults, pytest.mark.slow]
RANDOM_KILLS = 200


@pytest.mark.parametrize("moment", ["before", "in", "after"])
def test_killed_beside_every_operation(db: Database, moment: str) -> None:
    """Before, in and after each of the operations."""
    engine = db.engine()
    wanted = undisturbed(db)
    killed = 0
    for number in range(1, OPERATIONS + 1):
        process = start(db.dsn, Death(number, moment))
        process.join(60)
        killed += process.exitcode == -signal.SIGKILL

        boot_again(db, engine, wanted, f"killed {moment} operation {number}")

    assert killed == OPERATIONS
    survived(f"kill -9 {moment} an operation", db.name, killed)


def test_killed_at_random_moments(db: Database) -> None:
    """200 kills at random moments of the run, from outside."""
    engine = db.engine()
    wanted = undisturbed(db)
    whole = min(seconds_of_a_run(db) for _ in range(3))
    choose, killed, tried = random.Random(7), 0, 0  # the same moments, as far as clocks allow
    while killed < RANDOM_KILLS:
        tried += 1
        process = start(db.dsn)
        moment = choose.uniform(0, whole)
        time.sleep(moment)
        process.kill()
        process.join(60)
        killed += process.exitcode == -signal.SIGKILL

        boot_again(db, engine, wanted, f"killed after {moment:.4f} s of {whole:.4f} s")

        assert tried < 4 * RANDOM_KILLS, "too many were at their end before the kill came"

    survived("kill -9 at a random moment", db.name, killed)


def seconds_of_a_run(db: Database) -> float:
    """How long a process takes that nobody kills."""
    started = time.monotonic()
    process = start(db.dsn)
    process.join(60)
    whole = time.monotonic() - started
    db.wipe()
    return whole
