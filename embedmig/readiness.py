"""A database that is not ready yet: try again, with growing pauses, up to a deadline."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from .errors import DatabaseReadOnly, DatabaseUnreachable, LockLost, MigrationFailed
from .events import WaitingForDatabase
from .settings import Settings

log = logging.getLogger("embedmig")
T = TypeVar("T")

FIRST_DELAY, LAST_DELAY = 0.1, 5.0


def when_ready(
    call: Callable[[], T], is_not_ready: Callable[[BaseException], bool], settings: Settings
) -> T:
    """What `call` returns; while the database is not ready, call again.

    Raises the last error after `settings.connect_timeout` seconds, and every other error at once:
    above all what comes out of a revision that has begun.
    """
    started, delay = time.monotonic(), FIRST_DELAY
    while True:
        try:
            return call()
        except (DBAPIError, DatabaseReadOnly, DatabaseUnreachable) as error:
            waited = time.monotonic() - started
            if waited >= settings.connect_timeout or not _is_temporary(error, is_not_ready):
                raise
            cause = _cause_of(error)
            reason = type(getattr(cause, "orig", cause)).__name__
            settings.emit(WaitingForDatabase, waited, reason)
            log.info("the database is not ready (%s) after %.1f s", reason, waited)
        settings.sleep(delay * random.uniform(0.5, 1.0))  # jitter
        delay = min(delay * 2, LAST_DELAY)


def _is_temporary(error: BaseException, is_not_ready: Callable[[BaseException], bool]) -> bool:
    if isinstance(error, LockLost | MigrationFailed):
        return False
    cause = _cause_of(error)
    return isinstance(cause, DatabaseReadOnly | OSError) or is_not_ready(cause)


def _cause_of(error: BaseException) -> BaseException:
    """What the driver raised, where there is more than that it could not be reached."""
    return (error.__cause__ if isinstance(error, DatabaseUnreachable) else None) or error
