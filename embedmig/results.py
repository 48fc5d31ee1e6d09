"""What the calls of a Migrator return: plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["upgrade", "downgrade", "stamp"]


@dataclass(frozen=True, slots=True)
class AppliedStep:
    """One step that this process took. `duration` is in seconds."""

    revision: str
    direction: Direction
    message: str | None
    operations: int
    duration: float
    resumed: bool = False

    def __str__(self) -> str:
        name = f" ({self.message})" if self.message else ""
        return f"{self.direction} {self.revision}{name} in {self.duration:.3f} s"


@dataclass(frozen=True, slots=True)
class Report:
    """This process's own share of a run; true if it did anything.

    `before` and `after` are the heads of the database that this process saw first and last.
    `waited` is how many seconds it waited for the lock, and `waited_for` who held it meanwhile.
    """

    steps: tuple[AppliedStep, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    waited: float = 0.0
    waited_for: str | None = None
    duration: float = 0.0
    dry_run: bool = False

    def __bool__(self) -> bool:
        return bool(self.steps)

    def __str__(self) -> str:
        at = ", ".join(self.after) or "base"
        waited = f", waited {self.waited:.2f} s" if self.waited else ""
        if self.waited_for:
            waited += f" for {self.waited_for}"
        if not self.steps:
            return f"already up to date at {at}{waited}"
        return f"{len(self.steps)} revision(s) in {self.duration:.2f} s, now at {at}{waited}"


@dataclass(frozen=True, slots=True)
class Status:
    """Where a database stands against the code.

    `pending` are the ids that upgrade() would apply, in order. `unknown` are version rows that the
    code does not know; `ahead` says that the history table explains them as newer revisions of
    this history. `interrupted` are revisions that began and neither finished nor rolled back.
    """

    current: tuple[str, ...]
    heads: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    ahead: bool = False
    interrupted: tuple[str, ...] = ()
    lock_holder: str | None = None

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to do and nothing to wonder about."""
        return not (self.pending or self.unknown or self.interrupted)
