"""Waiting for a turn: bounded, polite, always looking whether the work has been done meanwhile."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from .errors import LockTimeout
from .events import WaitingForLock

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger("embedmig")

FIRST_DELAY, LAST_DELAY = 0.05, 1.0
FIRST_NOTICE, NEXT_NOTICE = 1.0, 5.0


@dataclass
class Waiter:
    """One process's waiting over a whole run; `timeout` in seconds bounds every single wait.

    `emit` takes a kind of event and its facts (`Settings.emit`).
    """

    timeout: float
    emit: Callable[..., None]
    sleep: Callable[[float], None]
    waited: float = 0.0
    holder: str | None = None
    _notice: float = field(default=FIRST_NOTICE, repr=False)

    def wait(
        self,
        attempt: Callable[[], bool],
        *,
        reached: Callable[[], bool],
        holder: Callable[[], str | None],
    ) -> bool:
        """Try until it succeeds (True) or others have reached the goal (False).

        Raises LockTimeout after `timeout` seconds. Between two tries nothing is held, and nobody
        waits inside the database.
        """
        started, delay = time.monotonic(), FIRST_DELAY
        self._notice = FIRST_NOTICE
        while not attempt():
            self._look_around(time.monotonic() - started, holder)
            if reached():
                self.waited += time.monotonic() - started
                return False
            if time.monotonic() - started >= self.timeout:
                self.waited += time.monotonic() - started
                raise LockTimeout(self.timeout, self.holder)
            self.sleep(delay * (0.5 + random.random() / 2))  # jitter, not a secret
            delay = min(delay * 1.5, LAST_DELAY)
        if delay > FIRST_DELAY:
            self.waited += time.monotonic() - started
        return True

    def _look_around(self, waited: float, holder: Callable[[], str | None]) -> None:
        if self.holder is None or waited >= self._notice:
            self.holder = holder() or self.holder
        if waited >= self._notice:
            self._notice = waited + NEXT_NOTICE
            self.emit(WaitingForLock, waited, self.holder)
            log.info(
                "waiting for the migration lock for %.0f s, held by %s",
                waited,
                self.holder or "somebody this database cannot name",
            )


class Turnstile:
    """The threads of one process pass one by one; the database's lock is for processes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def try_enter(self) -> bool:
        """Enter, or False."""
        return self._lock.acquire(blocking=False)

    def leave(self) -> None:
        """Let the next one in."""
        self._lock.release()


_turnstiles: WeakValueDictionary[tuple[object, ...], Turnstile] = WeakValueDictionary()
_turnstiles_lock = threading.Lock()


def turnstile_for(engine: Engine, table: str, *, shared_connection: bool) -> Turnstile:
    """The turnstile of one version table in one database, for this process.

    The process id is part of the key: a forked child must not inherit a turnstile that a thread of
    its parent holds.
    """
    place = id(engine.pool) if shared_connection else str(engine.url.set(password=None))
    with _turnstiles_lock:
        return _turnstiles.setdefault((os.getpid(), place, table), Turnstile())
