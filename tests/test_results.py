"""Results are frozen data that read well."""

from __future__ import annotations

import dataclasses

import pytest

from embedmig.results import AppliedStep, Report, Status


def test_a_report_is_true_if_it_did_anything() -> None:
    assert not Report()
    assert Report(steps=(AppliedStep("a", "upgrade", None, 1, 0.1),))


def test_a_report_tells_in_a_line() -> None:
    step = AppliedStep("a", "upgrade", "add it", 2, 0.25)
    assert str(step) == "upgrade a (add it) in 0.250 s"
    assert str(AppliedStep("a", "downgrade", None, 0, 1)) == "downgrade a in 1.000 s"
    assert str(Report(after=("a",))) == "already up to date at a"
    assert str(Report(after=())) == "already up to date at base"
    waited = Report((step,), (), ("a", "b"), 1.5, "pid 7", 2.0)
    assert str(waited) == "1 revision(s) in 2.00 s, now at a, b, waited 1.50 s for pid 7"


@pytest.mark.parametrize("field", ["pending", "unknown", "interrupted"])
def test_a_status_is_current_if_nothing_is_left_to_do(field: str) -> None:
    status = Status(current=("a",), heads=("a",), pending=())
    assert status.is_current
    assert not dataclasses.replace(status, **{field: ("b",)}).is_current


def test_results_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Report().waited = 1.0  # type: ignore[misc]  # the point
