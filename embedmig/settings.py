"""How a Migrator was told to run, handed on to whoever runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec

if TYPE_CHECKING:
    from .events import Event

log = logging.getLogger("embedmig")

P = ParamSpec("P")


@dataclass(frozen=True)
class Settings:
    """How to run, as the Migrator was told; times in seconds."""

    lock_timeout: float
    connect_timeout: float
    ddl_lock_timeout: float | None
    one_transaction: bool
    dry_run: bool
    app_version: str | None
    naming_convention: Mapping[str, Any] | None
    on_event: Callable[[Event], None] | None
    sleep: Callable[[float], None]

    def emit(self, kind: Callable[P, Event], *facts: P.args, **more: P.kwargs) -> None:
        """Tell the application, if it listens; what goes wrong there does not stop a migration."""
        if self.on_event is None:
            return
        event = kind(*facts, **more)
        try:
            self.on_event(event)
        except Exception:
            log.exception("on_event failed for %s", type(event).__name__)
