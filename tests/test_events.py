"""Every event is frozen, and says what, not with which values."""

from __future__ import annotations

import dataclasses

import pytest

from embedmig import events

EVENTS = [
    value
    for value in vars(events).values()
    if isinstance(value, type) and issubclass(value, events.Event) and value is not events.Event
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.__name__)
def test_an_event_is_frozen_data_with_a_docstring(event: type) -> None:
    assert dataclasses.is_dataclass(event)
    fields = dataclasses.fields(event)
    one = event(*(None for _ in fields))
    assert one == event(*(None for _ in fields))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(one, fields[0].name, 1)
    assert event.__doc__


def test_there_are_events_for_all_that_an_application_shows() -> None:
    assert {e.__name__ for e in EVENTS} >= {
        "WaitingForDatabase",
        "WaitingForLock",
        "RevisionStarted",
        "OperationStarted",
        "OperationFinished",
        "RevisionFinished",
        "RevisionRetried",
        "RevisionFailed",
    }
