"""What a Migrator tells `on_event` while it works. No event carries a bound value or a password."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """The base of every event."""


@dataclass(frozen=True, slots=True)
class WaitingForDatabase(Event):
    """The database does not answer yet; `waited` seconds so far."""

    waited: float
    error: str


@dataclass(frozen=True, slots=True)
class WaitingForLock(Event):
    """Somebody else migrates; `waited` seconds so far."""

    waited: float
    holder: str | None


@dataclass(frozen=True, slots=True)
class RevisionStarted(Event):
    """A revision begins; `position` of `total` steps that this run still had before it."""

    revision: str
    direction: str
    position: int
    total: int


@dataclass(frozen=True, slots=True)
class OperationStarted(Event):
    """An operation of a revision begins; they count from 1."""

    revision: str
    number: int
    operation: str


@dataclass(frozen=True, slots=True)
class OperationFinished(Event):
    """An operation of a revision is done, after `duration` seconds."""

    revision: str
    number: int
    operation: str
    duration: float


@dataclass(frozen=True, slots=True)
class RevisionFinished(Event):
    """A revision is done and recorded, after `duration` seconds."""

    revision: str
    direction: str
    duration: float


@dataclass(frozen=True, slots=True)
class RevisionRetried(Event):
    """A revision was rolled back because it queued behind others too long; it is tried again."""

    revision: str
    attempt: int
    delay: float


@dataclass(frozen=True, slots=True)
class RevisionFailed(Event):
    """A revision failed; the same as the MigrationFailed that follows."""

    revision: str
    direction: str
    operation: str | None
    error: str
