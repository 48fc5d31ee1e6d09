"""Waiting: bounded, polite, and over as soon as somebody else has done the work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from embedmig import waiting
from embedmig.errors import LockTimeout
from embedmig.events import WaitingForLock
from embedmig.waiting import Turnstile, Waiter, turnstile_for


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(waiting.time, "monotonic", clock.monotonic)
    return clock


def waiter(clock: Clock, timeout: float = 60, events: list[Any] | None = None) -> Waiter:
    heard: list[Any] = [] if events is None else events
    return Waiter(timeout, lambda kind, *facts: heard.append(kind(*facts)), clock.sleep)


def answers(*values: bool) -> Callable[[], bool]:
    """A function that answers these one after the other, then the last for ever."""
    left: Iterator[bool] = iter(values)
    last = values[-1]
    return lambda: next(left, last)


def never() -> bool:
    return False


def test_a_free_lock_is_taken_without_waiting(clock: Clock) -> None:
    waiting_ = waiter(clock)
    assert waiting_.wait(answers(True), reached=never, holder=lambda: "nobody asked")
    assert (clock.slept, waiting_.waited, waiting_.holder) == ([], 0.0, None)


def test_it_tries_again_until_it_succeeds(clock: Clock) -> None:
    waiting_ = waiter(clock)
    assert waiting_.wait(answers(False, False, True), reached=never, holder=lambda: "pid 7")
    assert len(clock.slept) == 2
    assert waiting_.waited == pytest.approx(sum(clock.slept))
    assert waiting_.holder == "pid 7"


def test_it_looks_for_the_outcome_before_it_sleeps(clock: Clock) -> None:
    waiting_ = waiter(clock)
    assert not waiting_.wait(answers(False), reached=answers(True), holder=lambda: None)
    assert clock.slept == []


def test_pauses_grow_to_a_second_and_differ(clock: Clock) -> None:
    with pytest.raises(LockTimeout):
        waiter(clock, 30).wait(answers(False), reached=never, holder=lambda: None)
    assert 0.025 <= clock.slept[0] <= 0.05
    assert all(pause <= 1.0 for pause in clock.slept)
    assert max(clock.slept) > 0.5
    assert len(set(clock.slept)) == len(clock.slept), "jitter"


def test_the_timeout_names_the_holder(clock: Clock) -> None:
    with pytest.raises(LockTimeout, match="no migration lock after 5 s; it is held by pid 7"):
        waiter(clock, 5).wait(answers(False), reached=never, holder=lambda: "pid 7")
    assert 5 <= sum(clock.slept) < 7


def test_notices_come_after_a_second_and_then_every_five(clock: Clock) -> None:
    events: list[WaitingForLock] = []
    with pytest.raises(LockTimeout):
        waiter(clock, 20, events).wait(answers(False), reached=never, holder=lambda: "pid 7")
    times = [event.waited for event in events]
    assert len(times) == 4
    assert 1 <= times[0] < 2.5
    assert all(5 <= later - earlier < 7 for earlier, later in pairwise(times))
    assert {event.holder for event in events} == {"pid 7"}


def test_the_holder_is_asked_rarely(clock: Clock) -> None:
    """Once at the beginning, then with every notice: not at every try."""
    asked: list[float] = []

    def holder() -> str:
        asked.append(clock.now)
        return "pid 7"

    with pytest.raises(LockTimeout):
        waiter(clock, 20).wait(answers(False), reached=never, holder=holder)
    assert len(asked) == 5


def test_several_waits_add_up(clock: Clock) -> None:
    waiting_ = waiter(clock)
    for _ in range(2):
        waiting_.wait(answers(False, True), reached=never, holder=lambda: None)
    assert waiting_.waited == pytest.approx(sum(clock.slept))


def test_a_turnstile_lets_one_in() -> None:
    turnstile = Turnstile()
    assert turnstile.try_enter()
    entered: list[bool] = []
    thread = threading.Thread(target=lambda: entered.append(turnstile.try_enter()))
    thread.start()
    thread.join()
    assert entered == [False]
    turnstile.leave()
    assert turnstile.try_enter()


def test_turnstiles_belong_to_a_table_of_a_database() -> None:
    one, same = (sa.create_engine("postgresql+psycopg://u:p@h/d") for _ in range(2))
    other = sa.create_engine("postgresql+psycopg://u:p@h/e")

    def find(engine: sa.Engine, table: str = "v") -> Turnstile:
        return turnstile_for(engine, table, shared_connection=False)

    first = find(one)
    assert find(same) is first
    assert find(one, "w") is not first
    assert find(other) is not first


def test_a_shared_connection_has_a_turnstile_of_its_own() -> None:
    """Two in-memory databases have one URL and are two databases."""
    one, two = (sa.create_engine("sqlite://", poolclass=StaticPool) for _ in range(2))
    first = turnstile_for(one, "v", shared_connection=True)
    assert turnstile_for(two, "v", shared_connection=True) is not first
    assert turnstile_for(one, "v", shared_connection=True) is first


def test_a_forked_child_does_not_inherit_a_turnstile(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = sa.create_engine("sqlite:///x.db")
    first = turnstile_for(engine, "v", shared_connection=False)
    monkeypatch.setattr(waiting.os, "getpid", lambda: -1)
    assert turnstile_for(engine, "v", shared_connection=False) is not first
