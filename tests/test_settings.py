"""Settings tell the application what happens, and never stop because it stumbles."""

from __future__ import annotations

import time
from typing import Any

import pytest

from embedmig import events
from embedmig.settings import Settings


def settings(on_event: Any) -> Settings:
    values: dict[str, Any] = dict.fromkeys(Settings.__dataclass_fields__)
    return Settings(**{**values, "on_event": on_event, "sleep": time.sleep})


def test_an_event_reaches_the_application() -> None:
    seen: list[events.Event] = []
    settings(seen.append).emit(events.WaitingForLock, 1.0, None)
    assert seen == [events.WaitingForLock(1.0, None)]


def test_where_nobody_listens_no_event_is_made() -> None:
    def make() -> events.Event:
        raise AssertionError

    settings(None).emit(make)


def test_a_listener_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: events.Event) -> None:
        raise ValueError("no bar")

    settings(fail).emit(events.WaitingForLock, 1.0, None)
    assert "on_event failed for WaitingForLock" in caplog.text


def test_an_interrupt_in_a_listener_is_an_interrupt() -> None:
    def interrupt(_: events.Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        settings(interrupt).emit(events.WaitingForLock, 1.0, None)
