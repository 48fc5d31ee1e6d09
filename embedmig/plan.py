"""Plans: which revisions to run from where a database stands, and the version rows after each.

`(graph, current rows, target) → Plan`. The rows always are the applied revisions that nothing
applied comes after, by `down_revision` or dependency: a revision that another one depends on has
no row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from . import targets
from .errors import InvalidTarget
from .graph import Revision, RevisionGraph
from .targets import Target

Direction: TypeAlias = Literal["upgrade", "downgrade", "stamp"]


@dataclass(frozen=True, slots=True)
class Step:
    """One revision of a plan: its direction, and what happens to the version rows.

    One row removed and one added is an UPDATE, a compare-and-set. A "stamp" runs nothing.
    """

    revision: Revision
    direction: Direction
    before: tuple[str, ...]
    after: tuple[str, ...]
    removed: tuple[str, ...]
    added: tuple[str, ...]
    _course: _Course = field(init=False, repr=False, compare=False)
    _number: int = field(init=False, repr=False, compare=False)

    @classmethod
    def planned(cls, course: _Course, number: int) -> Step:
        """A step that looks its rows up in the course of its plan.

        A history with thousands of parallel branches would otherwise hold millions of names.
        """
        step = object.__new__(cls)
        fill = object.__setattr__
        fill(step, "revision", course.revisions[number])
        fill(step, "direction", course.directions[number])
        fill(step, "_course", course)
        fill(step, "_number", number)
        return step

    def __getattr__(self, name: str) -> Any:  # only asked for what has not been filled in
        match name:
            case "before":
                return self._course.rows(self._number)
            case "after":
                return self._course.rows(self._number + 1)
            case "removed":
                return self._course.removed[self._number]
            case "added":
                return self._course.added[self._number]
        raise AttributeError(name)

    def __str__(self) -> str:
        way = {"upgrade": "upgrade to", "downgrade": "downgrade from", "stamp": "stamp"}
        message = f" ({self.revision.message})" if self.revision.message else ""
        return f"{way[self.direction]} {self.revision.id}{message}"


class _Course:
    """The steps of a plan, field by field, and what the version rows are between any two."""

    __slots__ = ("_seen", "_start", "added", "directions", "removed", "revisions")

    def __init__(self, start: Iterable[str]) -> None:
        self.revisions: list[Revision] = []
        self.directions: list[Direction] = []
        self.removed: list[tuple[str, ...]] = []
        self.added: list[tuple[str, ...]] = []
        self._start = frozenset(start)
        self._seen = (0, self._start, tuple(sorted(self._start)))

    def append(
        self,
        revision: Revision,
        direction: Direction,
        removed: tuple[str, ...],
        added: tuple[str, ...],
    ) -> None:
        self.revisions.append(revision)
        self.directions.append(direction)
        self.removed.append(removed)
        self.added.append(added)

    def rows(self, number: int) -> tuple[str, ...]:
        """The rows after `number` steps, sorted; cheap when asked for in order."""
        at, seen, answer = self._seen
        if at == number:
            return answer
        if at > number:
            at, seen = 0, self._start
        rows = set(seen)
        for step in range(at, number):
            rows.difference_update(self.removed[step])
            rows.update(self.added[step])
        answer = tuple(sorted(rows))
        self._seen = (number, frozenset(rows), answer)
        return answer


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order in which they run, and the version rows before and after them all.

    An empty plan is false.
    """

    steps: tuple[Step, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    _draft: _Draft = field(init=False, repr=False, compare=False)

    @classmethod
    def drafted(cls, draft: _Draft, after: Iterable[str]) -> Plan:
        """A plan that makes its steps when they are looked at: counting them costs nothing."""
        plan = object.__new__(cls)
        object.__setattr__(plan, "before", draft.before)
        object.__setattr__(plan, "after", tuple(sorted(after)))
        object.__setattr__(plan, "_draft", draft)
        return plan

    def __getattr__(self, name: str) -> Any:  # only asked for what has not been filled in
        if name == "steps":
            steps = self._draft.steps()
            object.__setattr__(self, "steps", steps)
            return steps
        if name == "_draft":  # a plan made from steps
            return self.steps
        raise AttributeError(name)

    def __len__(self) -> int:
        return len(self._draft)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __bool__(self) -> bool:
        return len(self) > 0


def plan_upgrade(graph: RevisionGraph, current: Iterable[str], target: Target = "heads") -> Plan:
    """Everything the target needs and that has not been applied, dependencies included.

    Nothing to do gives an empty plan (for `"heads"` without looking at the history). Raises
    `UnknownRevision`, `AmbiguousTarget`, `MultipleHeads` and `InvalidTarget`.
    """
    standing = frozenset(current)
    if target == "heads" and standing == graph.head_set:
        return Plan((), *[tuple(sorted(standing))] * 2)
    draft = _Draft(graph, standing)
    rows = graph.as_registered(draft.rows)
    wanted = targets.to_upgrade(graph, rows, target)
    needed = _closure(graph, wanted, "the requested revisions overlap")
    applied = _closure(graph, rows, "the version rows overlap; stamp the database to mend them")
    if applied:
        needed -= applied
    heads = graph.as_registered([id for id in wanted if id in needed])
    stay = [row for row in rows if needed.isdisjoint(graph.dependents.get(row, ()))]
    draft.ahead = graph.descend(needed, heads)
    return Plan.drafted(draft, [*stay, *heads])


def plan_downgrade(graph: RevisionGraph, current: Iterable[str], target: str) -> Plan:
    """Everything applied that comes after the target, dependents included.

    `label@…` confines it to one branch. What the removed revisions depended on stays applied.
    Nothing to do gives an empty plan. Raises `UnknownRevision`, `AmbiguousTarget`,
    `MultipleHeads` and `InvalidTarget`.
    """
    draft = _Draft(graph, frozenset(current))
    rows = graph.as_registered(draft.rows)
    branch, end = targets.to_downgrade(graph, rows, target)
    goes = _remove(graph, draft, branch, end, target)
    if end is not None and not goes and end not in draft.rows:
        raise InvalidTarget(target, f"nothing applied comes after it ({', '.join(rows) or 'base'})")
    return Plan.drafted(draft, draft.rows)


def _remove(
    graph: RevisionGraph, draft: _Draft, branch: str | None, end: str | None, target: str
) -> bool:
    """Draft the way down to `end`; False where nothing applied comes after it."""
    rows = graph.as_registered(draft.rows)
    applied = graph.ancestors(rows)
    removed = graph.descendants(_roots(graph, branch, end, target), within=applied)
    order = graph.descend(removed.copy(), [id for id in rows if id in removed])
    draft.downgrade(order, applied)
    return bool(removed)


class CountedOnce:
    """Plans an upgrade or a downgrade, again and again while others move the database as well.

    A target that counts steps is counted from where the database stood at first: whoever wanted
    one step down goes no further because somebody else went there meanwhile.
    """

    def __init__(self, target: Target, direction: Direction) -> None:
        self._target = target
        self._direction = direction
        self._ends: tuple[str, ...] | None = None
        self._way_down: tuple[str | None, str | None] | None = None

    def __call__(self, graph: RevisionGraph, current: Iterable[str]) -> Plan:
        """The plan from these rows; raises as `plan_upgrade` and `plan_downgrade` do."""
        if self._direction == "upgrade":
            return self._up(graph, tuple(current))
        return self._down(graph, tuple(current), cast("str", self._target))

    def _up(self, graph: RevisionGraph, current: tuple[str, ...]) -> Plan:
        if not targets.counts_steps(self._target):
            return plan_upgrade(graph, current, self._target)
        if self._ends is None:
            rows = graph.as_registered(_Draft(graph, frozenset(current)).rows)
            self._ends = targets.to_upgrade(graph, rows, self._target)
        return plan_upgrade(graph, current, self._ends)

    def _down(self, graph: RevisionGraph, current: tuple[str, ...], target: str) -> Plan:
        if self._way_down is None:
            plan = plan_downgrade(graph, current, target)
            if targets.counts_steps(target):
                rows = graph.as_registered(_Draft(graph, frozenset(current)).rows)
                self._way_down = targets.to_downgrade(graph, rows, target)
            return plan
        branch, end = self._way_down
        draft = _Draft(graph, frozenset(current))
        if end is None or end in graph.ancestors(graph.as_registered(draft.rows)):
            _remove(graph, draft, branch, end, target)
        return Plan.drafted(draft, draft.rows)


def plan_stamp(
    graph: RevisionGraph, current: Iterable[str], target: Target, *, purge: bool = False
) -> Plan:
    """Record that the database stands at the target, running nothing.

    Rows before or after a target give way to it, other branches stay; `"base"` removes every row,
    `"label@base"` those of the branch. With `purge`, every row goes first, known or not. Raises
    `UnknownRevision`, `AmbiguousTarget`, `MultipleHeads` and `InvalidTarget`.
    """
    draft = _Draft(graph, frozenset(current), as_they_are=purge)
    known = graph.as_registered([id for id in draft.rows if id in graph.parents])
    ends = targets.to_stamp(graph, known, target)
    _closure(graph, ends, "the requested revisions overlap")
    if purge:
        draft.purge(ends)
    elif not ends:
        draft.unstamp(_confined(graph, known, target))
    for id in ends:
        draft.stamp(id)
    return Plan.drafted(draft, draft.rows)


def is_at_target(graph: RevisionGraph, current: Iterable[str], target: Target = "heads") -> bool:
    """Whether an upgrade to the target has nothing to do.

    For `"heads"` this compares two sets, whatever the length of the history. Raises as
    `plan_upgrade` does, for other targets.
    """
    standing = frozenset(current)
    if target == "heads":
        return standing == graph.head_set
    return not plan_upgrade(graph, standing, target)


def pending(
    graph: RevisionGraph, current: Iterable[str], target: Target = "heads"
) -> tuple[Revision, ...]:
    """The revisions an upgrade would run, in its order."""
    return tuple(
        step.revision for step in plan_upgrade(graph, current, target) if step.direction != "stamp"
    )


def split_range(text: str) -> tuple[str | None, str | None]:
    """The two ends of `"a:b"`; an end that is left out is None. Raises `InvalidTarget`."""
    start, colon, end = text.partition(":")
    if not colon or ":" in end:
        raise InvalidTarget(text, "a range is written start:end")
    return start.strip() or None, end.strip() or None


def history_range(
    graph: RevisionGraph, range: str | None = None, current: Iterable[str] = ()
) -> tuple[Revision, ...]:
    """The revisions of `"a:b"` in order, both ends included; None is the whole history.

    `a` defaults to `base`, `b` to `heads`; either may be `current`, which stands for the given
    rows, and either may count steps: `-3:current`, `ae10:+2`, `-2:`; where the history is shorter,
    the range is. From a revision, only what follows it by `down_revision` is part of the range.
    Raises `InvalidTarget` where `b` does not come after `a`, and what targets raise.
    """
    lower, upper = split_range(range) if range else (None, None)
    standing = tuple(graph.alias(id) for id in current)
    counted = lower is not None and lower.startswith("-")
    start = () if counted else _end_of_range(graph, lower or "base", standing, ())
    ends = _end_of_range(graph, upper or "heads", standing, start)
    if counted:
        start = _before(graph, ends, lower or "")
    found = graph.ancestors(ends)
    if not found.issuperset(start):
        raise InvalidTarget(range, f"{', '.join(ends) or 'base'} does not come after its start")
    found -= graph.ancestors(start) - set(start)
    if start:
        found &= graph.descendants(start, dependencies=False)
    return tuple(revision for revision in graph if revision.id in found)


def _end_of_range(
    graph: RevisionGraph, name: str, standing: tuple[str, ...], start: tuple[str, ...]
) -> tuple[str, ...]:
    if name == "current":
        return standing
    return targets.to_upgrade(graph, start, name, clamped=True)


def _before(graph: RevisionGraph, ends: Iterable[str], steps: str) -> tuple[str, ...]:
    found = (targets.to_downgrade(graph, (end,), steps, clamped=True)[1] for end in ends)
    return tuple(dict.fromkeys(id for id in found if id is not None))


def _closure(graph: RevisionGraph, ids: Sequence[str], complaint: str) -> set[str]:
    """The ids with their ancestors. Raises `InvalidTarget` where one id implies another."""
    found = graph.ancestors(ids)
    for id in ids if len(ids) > 1 else ():
        if not found.isdisjoint(graph.dependents.get(id, ())):
            raise InvalidTarget(tuple(ids), f"{complaint}: others already imply {id!r}")
    return found


def _roots(graph: RevisionGraph, branch: str | None, end: str | None, target: str) -> Sequence[str]:
    """Where a downgrade's cut runs: the children of the target, or every base."""
    roots: Sequence[str] = graph.bases if end is None else graph.children.get(end, ())
    if branch is None or len(roots) < 2:
        return roots
    below = graph.ancestors([branch], dependencies=False)
    kept = [id for id in roots if id in below]
    if not kept:
        raise InvalidTarget(target, f"no way from {branch!r} leads down to it")
    return kept


def _confined(graph: RevisionGraph, rows: tuple[str, ...], target: Target) -> Sequence[str]:
    """The rows that a stamp to `base` removes: all, or those of the named branches."""
    names = (target,) if isinstance(target, str) else target
    branches = [targets.stamp_branch(graph, name) for name in names]
    if not branches or None in branches:
        return rows
    lineage = graph.lineage([id for id in branches if id], dependencies=True)
    return [id for id in rows if id in lineage]


class _Following:
    """How many applied revisions directly come after one; kept while they are removed."""

    __slots__ = ("_applied", "_counts", "_graph")

    def __init__(self, graph: RevisionGraph, applied: set[str]) -> None:
        self._graph = graph
        self._applied = applied
        self._counts: dict[str, int] = {}

    def freed_by(self, id: str) -> list[str]:
        """The parents that nothing follows any more once `id` is gone."""
        return [parent for parent in self._graph.parents[id] if not self._without_one(parent)]

    def _without_one(self, parent: str) -> int:
        count = self._counts.get(parent)
        if count is None:
            count = sum(child in self._applied for child in self._graph.dependents[parent])
        self._counts[parent] = count - 1
        return count - 1


class _Draft:
    """A plan in the making: the version rows so far, what changed them, and what lies ahead."""

    __slots__ = ("_course", "_graph", "ahead", "before", "rows")

    def __init__(
        self, graph: RevisionGraph, current: frozenset[str], *, as_they_are: bool = False
    ) -> None:
        self._graph = graph
        self._course = _Course(current)
        self.ahead: list[str] = []  # to upgrade to, last one first
        self.before = tuple(sorted(current))
        self.rows = set(current)
        for row in () if as_they_are else self.before:
            self._cross(row, graph.alias(row))

    def _cross(self, row: str, id: str) -> None:
        """A row at the end of a squashed range becomes the row of what replaces it."""
        if row != id:
            added = () if id in self.rows else (id,)
            self._change(self._graph[id], "stamp", (row,), added)

    def downgrade(self, order: Iterable[str], applied: set[str]) -> None:
        following = _Following(self._graph, applied)
        for id in order:
            freed = [parent for parent in following.freed_by(id) if parent not in self.rows]
            self._change(self._graph[id], "downgrade", (id,), tuple(sorted(freed)))

    def stamp(self, id: str) -> None:
        related = self._graph.lineage([id], dependencies=True) & self.rows - {id}
        if related or id not in self.rows:
            added = () if id in self.rows else (id,)
            self._change(self._graph[id], "stamp", tuple(sorted(related)), added)

    def unstamp(self, rows: Iterable[str]) -> None:
        for row in rows:
            revision = self._graph.get(row) or Revision.unknown(row)
            self._change(revision, "stamp", (row,), ())

    def purge(self, kept: Sequence[str]) -> None:
        self.unstamp(sorted(self.rows.difference(kept)))

    def _change(
        self,
        revision: Revision,
        direction: Direction,
        removed: tuple[str, ...],
        added: tuple[str, ...],
    ) -> None:
        self.rows.difference_update(removed)
        self.rows.update(added)
        self._course.append(revision, direction, removed, added)

    def __len__(self) -> int:
        return len(self._course.revisions) + len(self.ahead)

    def steps(self) -> tuple[Step, ...]:
        course = self._whole_course() if self.ahead else self._course
        return tuple([Step.planned(course, number) for number in range(len(self))])

    def _whole_course(self) -> _Course:
        """The course so far and all that lies ahead; made anew, as threads may share a plan."""
        course = _Course(self.before)
        done = self._course
        for change in zip(done.revisions, done.directions, done.removed, done.added, strict=True):
            course.append(*change)
        graph, rows = self._graph, set(self.rows)
        for id in reversed(self.ahead):
            removed = graph.parents[id]
            if len(removed) != 1 or removed[0] not in rows:
                removed = tuple(sorted(rows.intersection(removed)))
            rows.difference_update(removed)
            rows.add(id)
            direction: Direction = "stamp" if id in graph.crossings else "upgrade"
            course.append(graph.revisions[id], direction, removed, (id,))
        return course
