"""What a run tells while it happens is what its Report says at the end."""

from __future__ import annotations

import logging

import pytest

from embedmig import Registry
from embedmig.account import Account
from embedmig.errors import LockLost, MigrationFailed
from embedmig.events import (
    Event,
    RevisionFailed,
    RevisionFinished,
    RevisionRetried,
    RevisionStarted,
)
from embedmig.plan import Step, plan_upgrade
from embedmig.settings import Settings
from embedmig.waiting import Waiter


def steps() -> list[Step]:
    registry = Registry()
    for id, parent in (("r1", None), ("r2", "r1")):
        registry.revision(id, down_revision=parent, message=f"about {id}")(lambda op: None)
    return list(plan_upgrade(registry.graph, (), "head"))


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def account(told: list[Event]) -> Account:
    settings = Settings(
        lock_timeout=1.0,
        connect_timeout=0.0,
        ddl_lock_timeout=1.0,
        one_transaction=False,
        dry_run=False,
        app_version=None,
        naming_convention=None,
        on_event=told.append,
        sleep=lambda _: None,
    )
    made = Account(settings, Waiter(1.0, settings.emit, settings.sleep))
    made.total = 2
    return made


def test_nothing_done_is_an_empty_report(account: Account) -> None:
    account.saw(("r1",))
    report = account.report()
    assert not report
    assert (report.before, report.after) == (("r1",), ("r1",))
    assert not account.has_begun


def test_every_step_is_told_twice_and_reported_once(account: Account, told: list[Event]) -> None:
    account.saw(())
    for step in steps():
        account.begins(step)
        account.applied(step, 3, 0.5)
    assert told == [
        RevisionStarted("r1", "upgrade", 1, 2),
        RevisionFinished("r1", "upgrade", 0.5),
        RevisionStarted("r2", "upgrade", 2, 2),
        RevisionFinished("r2", "upgrade", 0.5),
    ]
    report = account.report()
    assert [(done.revision, done.message, done.operations) for done in report.steps] == [
        ("r1", "about r1", 3),
        ("r2", "about r2", 3),
    ]
    assert (report.before, report.after) == ((), ("r2",))


def test_where_the_database_stood_first_is_kept(account: Account) -> None:
    for heads in ((), ("r1",), ("r2",)):
        account.saw(heads)
    assert (account.report().before, account.report().after) == ((), ("r2",))


def test_another_try_is_told_with_its_delay(account: Account, told: list[Event]) -> None:
    account.retries(steps()[0], 2, 0.7)
    assert told == [RevisionRetried("r1", 2, 0.7)]


def test_a_failure_names_its_operation_and_is_logged_once(
    account: Account, told: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    step = steps()[0]
    with caplog.at_level(logging.ERROR, "embedmig"):
        account.failed(step, LockLost("the connection broke"))
    (event,) = told
    assert isinstance(event, RevisionFailed)
    assert (event.revision, event.operation) == ("r1", None)
    assert [record.getMessage() for record in caplog.records] == [f"{step} failed: {event.error}"]


def test_an_error_that_names_the_step_is_not_named_again(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    step = steps()[0]
    error = MigrationFailed(step, None, account.report(), "out of luck")
    with caplog.at_level(logging.ERROR, "embedmig"):
        account.failed(step, error)
    (record,) = caplog.records
    assert record.getMessage() == f"{step} failed: out of luck"
