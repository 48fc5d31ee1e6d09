"""What a run has done: told by events and the log as it happens, and by the Report at its end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from .errors import MigrationFailed
from .events import RevisionFailed, RevisionFinished, RevisionRetried, RevisionStarted
from .redaction import describe_error
from .results import AppliedStep, Report

if TYPE_CHECKING:
    from .plan import Step
    from .settings import Settings
    from .waiting import Waiter

log = logging.getLogger("embedmig")


class Account:
    """The steps of one run, and where the database stood before and after them."""

    def __init__(self, settings: Settings, waiter: Waiter) -> None:
        self.settings = settings
        self.waiter = waiter
        self.steps: list[AppliedStep] = []
        self.before: tuple[str, ...] | None = None
        self.after: tuple[str, ...] = ()
        #: Steps done and planned.
        self.total = 0
        #: The body of a revision has begun.
        self.has_begun = False
        #: What is to be told of steps that are done but not committed; None where each one is.
        self._held_back: list[Callable[[], None]] | None = None
        self._started = time.monotonic()

    def saw(self, heads: tuple[str, ...]) -> None:
        """Version rows were read."""
        if self.before is None:
            self.before = self.after = heads
        if self._held_back is None:
            self.after = heads

    def hold_back(self) -> None:
        """From now on, and from the start, steps count only once `tell` is called."""
        self._held_back = []

    def take_back(self) -> None:
        """The steps held back were rolled back."""
        self._held_back = None

    def tell(self) -> None:
        """The steps held back are done."""
        held_back, self._held_back = self._held_back or [], None
        for each in held_back:
            each()

    def begins(self, step: Step) -> None:
        """A step is about to run."""
        self.has_begun = True
        position = len(self.steps) + len(self._held_back or ()) + 1
        self.settings.emit(RevisionStarted, step.revision.id, step.direction, position, self.total)

    def applied(
        self, step: Step, operations: int, duration: float, *, resumed: bool = False
    ) -> None:
        """A step is done; `duration` is in seconds."""
        if self._held_back is not None:
            done = partial(self.applied, step, operations, duration, resumed=resumed)
            self._held_back.append(done)
            return
        id, direction, message = step.revision.id, step.direction, step.revision.message
        self.after = step.after
        self.steps.append(AppliedStep(id, direction, message, operations, duration, resumed))
        self.settings.emit(RevisionFinished, id, direction, duration)
        log.debug("%s: %d operation(s) in %.3f s", step, operations, duration)

    def retries(self, step: Step, attempt: int, delay: float) -> None:
        """A step queued behind others for too long, and is tried again in `delay` seconds."""
        self.settings.emit(RevisionRetried, step.revision.id, attempt, delay)
        log.info("%s waited too long for others; trying again in %.1f s", step, delay)

    def failed(self, step: Step, error: BaseException) -> None:
        """A step failed, and is not tried again."""
        operation = error.operation if isinstance(error, MigrationFailed) else None
        name = operation.describe() if operation is not None else None
        text = describe_error(error)
        self.settings.emit(RevisionFailed, step.revision.id, step.direction, name, text)
        if isinstance(error, MigrationFailed):  # says which step itself
            log.error("%s", text)
        else:
            log.error("%s failed: %s", step, text)

    def report(self) -> Report:
        """All of it, up to now."""
        return Report(
            tuple(self.steps),
            self.before or (),
            self.after,
            self.waiter.waited,
            self.waiter.holder,
            time.monotonic() - self._started,
            self.settings.dry_run,
        )
