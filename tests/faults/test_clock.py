"""The clock jumps in the middle of a run: nobody waits longer or shorter, nothing is done twice."""

from __future__ import annotations

import time

import pytest

from embedmig import Migrator
from embedmig.dialects.session import Turn
from embedmig.errors import LockTimeout
from embedmig.events import Event, OperationStarted
from tests.databases import Database
from tests.faults.harness import boot, registry, state, undisturbed
from tests.faults.table import survived

pytestmark = [pytest.mark.faults, pytest.mark.slow]

YEAR = 365 * 86400.0


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_a_clock_that_jumps_changes_nothing(
    db: Database, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    """A year forth or back at every operation, then the same year back again."""
    wanted = undisturbed(db)
    shift, real = [0.0], time.time
    monkeypatch.setattr(time, "time", lambda: real() + shift[0])

    def leap(event: Event) -> None:
        if isinstance(event, OperationStarted):
            shift[0] = jump if shift[0] == 0 else 0.0

    boot(db.dsn, leap)

    assert state(db.engine()) == wanted
    survived("clock jumps by a year", db.name)


def test_waiting_for_the_lock_goes_by_the_monotonic_clock(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A jump back by a year does not make lock_timeout a year longer."""
    engine = db.engine()
    migrator = Migrator(engine, None, registry())
    session = migrator._dialect.session
    holder = session.open(engine)
    key = migrator._key()  # the default schema is part of it
    if session.locks_in_transaction:
        assert session.begin(holder, Turn(key, "holder", None))
    else:
        assert session.lock(holder, key)
    real, start = time.time, time.monotonic()
    monkeypatch.setattr(time, "time", lambda: real() - YEAR * (time.monotonic() - start > 0.3))

    with pytest.raises(LockTimeout):
        Migrator(db.engine(), None, registry(), lock_timeout=1.0).upgrade()

    assert 1.0 <= time.monotonic() - start < 15
    session.rollback(holder)
    session.close(holder)
