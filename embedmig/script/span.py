"""Where a script begins and where it leads: `start`, `target`, or both in one as `"a:b"`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..plan import Plan, plan_downgrade, plan_stamp, plan_upgrade

if TYPE_CHECKING:
    from ..graph import RevisionGraph

Target = str | Sequence[str]

_LEADS_DOWN = re.compile(r"(?:^|@)(?:base|-\d+)$")


@dataclass(frozen=True, slots=True)
class Span:
    """A plan, the graph it is made in, and the version rows that the script begins at."""

    graph: RevisionGraph
    rows: tuple[str, ...]
    plan: Plan


def span_of(graph: RevisionGraph, target: Target, start: str | None) -> Span:
    """The plan from `start` to `target`, upwards or downwards.

    Downwards leads what begins beyond its target: `"base"`, `"-1"`, or a revision that the start
    stands on. Raises ConfigurationError where two starts are given, and the errors of targets.
    """
    target, start = _parted(target, start)
    rows = _rows_at(graph, start)
    placed = graph.for_database(rows)
    if isinstance(target, str) and _LEADS_DOWN.search(target):
        return Span(placed, rows, plan_downgrade(placed, rows, target))
    plan = plan_upgrade(placed, rows, target)
    if not plan and isinstance(target, str) and target not in ("head", "heads"):
        plan = plan_downgrade(placed, rows, target)
    return Span(placed, rows, plan)


def _parted(target: Target, start: str | None) -> tuple[Target, str | None]:
    if not isinstance(target, str) or ":" not in target:
        return target, start
    if start is not None:
        raise ConfigurationError(
            f"target={target!r} has a start already; leave out start={start!r}"
        )
    begin, _, end = target.partition(":")
    return end or "heads", begin or None


def _rows_at(graph: RevisionGraph, start: str | None) -> tuple[str, ...]:
    if start is None or start == "base":
        return ()
    return plan_stamp(graph, (), start).after
