"""What a run is to achieve: the plan from wherever a database stands, and the ways back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .errors import DatabaseAhead
from .plan import Plan, Step, plan_upgrade
from .strangers import refuse_strangers

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .catalog import Catalog
    from .dialects.base import Dialect
    from .dialects.session import LockKey
    from .graph import RevisionGraph
    from .history import Tables
    from .ops import Operation
    from .results import Direction

log = logging.getLogger("embedmig")


@dataclass
class Job:
    """One call of upgrade(), downgrade() or stamp(), before it is known where the database stands.

    `make_plan` plans from a graph and the version rows. `purge` does not mind rows that nobody
    knows. `warns_if_ahead`: a database that is ahead is left alone, and the log says so.
    """

    direction: Direction
    graph: RevisionGraph
    make_plan: Callable[[RevisionGraph, tuple[str, ...]], Plan]
    tables: Tables
    make_key: Callable[[], LockKey]
    dialect: Dialect
    naming_convention: Mapping[str, Any] | None = None
    purge: bool = False
    warns_if_ahead: bool = False
    app_version: str | None = None
    #: The revision that comes first by the last plan made: what others are told while they wait.
    first: str = ""
    _ways_back: dict[str, Sequence[Operation]] = field(default_factory=dict)
    _goal: frozenset[str] | None = None

    @cached_property
    def key(self) -> LockKey:
        """What to lock. The default schema is part of it, and known only after a first connect."""
        return self.make_key()

    def plan_for(self, connection: Connection, heads: tuple[str, ...]) -> Plan:
        """The steps from these version rows; every way back is found before the first step runs.

        The first plan sets the goal: planned again where it has been reached, `-1` is no further
        step down.

        Raises DatabaseAhead, ForeignDatabase, Irreversible and the errors of a bad target.
        """
        if frozenset(heads) == self._goal:
            return Plan((), heads, heads)
        if self.direction == "upgrade" and self.graph.head_set == frozenset(heads):
            return self.make_plan(self.graph, heads)
        if not self.purge and self._is_left_alone(connection, heads):
            return Plan((), heads, heads)
        plan = self.make_plan(self.graph.for_database(heads), heads)
        self.first = plan.steps[0].revision.id if plan.steps else ""
        if self._goal is None:
            self._goal = frozenset(plan.after)
        for step in plan if self.direction == "downgrade" else ():
            if step.direction == "downgrade" and step.revision.downgrade_function is None:
                self.way_back(step)
        return plan

    def _is_left_alone(self, connection: Connection, heads: tuple[str, ...]) -> bool:
        try:
            return refuse_strangers(
                connection, self.tables, self.graph, heads, app_version=self.app_version
            )
        except DatabaseAhead as error:
            if not self.warns_if_ahead or error.requires is not None:
                raise
            log.warning("%s", error)
            return True

    def way_back(self, step: Step) -> Sequence[Operation]:
        """What undoes a revision that has no downgrade; raises Irreversible."""
        from .replay import derive_way_back

        id = step.revision.id
        if id not in self._ways_back:
            self._ways_back[id] = derive_way_back(
                self.graph, step.revision, self.dialect, naming_convention=self.naming_convention
            )
        return self._ways_back[id]

    def catalog_before(self, step: Step) -> Catalog:
        """The tables that the revisions applied before this step replay to."""
        from .replay import replay

        known = [id for id in step.before if self.graph.get(id) is not None]
        if step.direction == "downgrade":
            known.append(step.revision.id)  # an interrupted one has left the version rows
        return replay(self.graph, known, self.dialect, naming_convention=self.naming_convention)

    def resume(self, heads: tuple[str, ...], row: Any) -> Step | None:
        """The step that goes on with an interrupted run, a row of the history.

        A downgrade moved the version rows when it began, an upgrade moves them at its end. None
        where the code does not know the revision, or the rows have moved since.
        """
        revision = self.graph.get(row.revision)
        if revision is None:
            return None
        if row.direction == "downgrade":
            return Step(revision, "downgrade", heads, heads, (), ())
        steps = plan_upgrade(self.graph.for_database(heads), heads, revision.id).steps
        return steps[0] if len(steps) == 1 else None
