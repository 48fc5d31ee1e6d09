"""The writes of the version and history tables as text, and the questions of the guards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from ..dialects.script import Check, ScriptTables

if TYPE_CHECKING:
    from ..dialects.script import ScriptSpelling
    from ..graph import RevisionGraph
    from ..history import Tables
    from ..plan import Step

#: A history column's value that is SQL, not a value.
Expression = str

_FACTS = "revision, down_revisions, direction, status, operations_done, digest"
_STARTED, _FINISHED = "started_at", "started_at, finished_at, duration"


class Records:
    """What is written beside a revision's own statements; the columns are those of `history.py`."""

    def __init__(self, spelling: ScriptSpelling, tables: Tables, app_version: str | None) -> None:
        spell = spelling.spell
        self.spelling = spelling
        self.value = cache(spelling.literals.plain)  # a revision's id stands in many places
        self.version = spell.qualified(tables.version_name, tables.schema)
        self.history = spell.qualified(tables.history_name, tables.schema)
        self.place = ScriptTables(tables.version_name, tables.history_name, tables.schema)
        self.app_version = self.value(app_version)

    # -- the version table -------------------------------------------------------------------

    def moves(self, step: Step) -> list[str]:
        """What moves the version rows, from where the guard has seen them."""
        removed, added = list(step.removed), list(step.added)
        made = []
        if removed and added:
            new, old = added.pop(), removed.pop()
            where = f"WHERE version_num = {self.value(old)}"
            made.append(f"UPDATE {self.version} SET version_num = {self.value(new)} {where}")
        made += [self._delete(f"version_num = {self.value(id)}") for id in removed]
        made += [self._insert(id) for id in added]
        return made

    def moves_from_anywhere(self, graph: RevisionGraph, step: Step) -> list[str]:
        """The same for a database that stands nobody knows where, but so that the step is next."""
        revision = step.revision
        under = graph.parents[revision.id]
        if step.direction != "downgrade":
            made = [self._delete(self._among(under))] if under else []
            return [*made, self._insert(revision.id)]
        made = [self._delete(f"version_num = {self.value(revision.id)}")]
        for id in under:
            if _has_one_child(graph, id):
                made.append(self._insert(id))
            else:
                made.append(self._insert(id, unless=self._applied(graph, id)))
        return made

    def _delete(self, condition: str) -> str:
        return f"DELETE FROM {self.version} WHERE {condition}"

    def _insert(self, id: str, *, unless: str | None = None) -> str:
        head = f"INSERT INTO {self.version} (version_num)"
        if unless is None:
            return f"{head} VALUES ({self.value(id)})"
        return f"{head} SELECT {self.value(id)}{self.spelling.dual} WHERE NOT {unless}"

    def _among(self, ids: Iterable[str]) -> str:
        return self.spelling.among("version_num", ids)

    # -- guards ------------------------------------------------------------------------------

    def stands_at(self, count: int, rows: Iterable[str]) -> str:
        """A condition: so many rows, these among them."""
        rows = tuple(rows)
        total = f"(SELECT COUNT(*) FROM {self.version}) = {count}"
        if not rows:
            return total
        found = f"SELECT COUNT(*) FROM {self.version} WHERE {self._among(rows)}"
        return f"{total} AND ({found}) = {len(rows)}"

    def is_next(self, graph: RevisionGraph, step: Step) -> str:
        """A condition: this step is what comes next for the database, wherever it stands."""
        revision = step.revision
        if step.direction == "downgrade":
            return self._has(revision.id)
        under = graph.parents[revision.id]
        if under and all(_has_one_child(graph, id) for id in under):
            return " AND ".join(map(self._has, under))
        return f"NOT {self._applied(graph, revision.id)}"

    def _has(self, id: str) -> str:
        return f"EXISTS (SELECT 1 FROM {self.version} WHERE version_num = {self.value(id)})"

    def _applied(self, graph: RevisionGraph, id: str) -> str:
        """A condition: the revision or something that stands on it has a row."""
        after = sorted(graph.descendants([id]))
        return f"EXISTS (SELECT 1 FROM {self.version} WHERE {self._among(after)})"

    def knows_all(self, graph: RevisionGraph) -> Check:
        """Every row is a revision of ours: the database is neither ahead nor foreign."""
        unknown = f"SELECT 1 FROM {self.version} WHERE NOT {self._in_parentheses(graph)}"
        return Check(
            f"NOT EXISTS ({unknown})",
            "embedmig: the database stands at a revision that this script does not know",
        )

    def _in_parentheses(self, graph: RevisionGraph) -> str:
        return f"({self._among(revision.id for revision in graph)})"

    def has_reached(self, graph: RevisionGraph, rows: Iterable[str], *, upwards: bool) -> Check:
        """Where a script for any database must have led."""
        rows = tuple(rows)
        if upwards:
            condition = " AND ".join(self._applied(graph, id) for id in rows)
        else:
            condition = self.stands_at(len(rows), rows)
        at = " ".join(rows) or "base"
        return Check(
            condition, f"embedmig: the database has not come to {at}; it stood before this script"
        )

    def nothing_interrupted(self) -> Check:
        """No revision is half applied: only the application can go on with it."""
        running = f"SELECT 1 FROM {self.history} WHERE status = 'running'"
        return Check(
            f"NOT EXISTS ({running})",
            "embedmig: a revision was interrupted; upgrade() of the application finishes it",
        )

    # -- the history table -------------------------------------------------------------------

    def done(self, step: Step, operations: int, digest: str | None) -> str:
        """The record of a revision that runs in one transaction."""
        spelling = self.spelling
        times = f"{spelling.began}, {spelling.clock}, {spelling.since_begin}"
        return self._record(step, "done", operations, digest, times, _FINISHED)

    def running(self, step: Step, operations: int = 0, digest: str | None = None) -> str:
        """The record of a revision that is about to run outside a transaction."""
        return self._record(step, "running", operations, digest, self.spelling.clock, _STARTED)

    def _record(
        self, step: Step, status: str, done: int, digest: str | None, times: str, columns: str
    ) -> str:
        revision, value = step.revision, self.value
        parents = value(" ".join(revision.down_revisions))
        return (
            f"INSERT INTO {self.history} ({_FACTS}, {columns}, app_version, app_requires)\n"
            f"VALUES ({value(revision.id)}, {parents}, '{step.direction}', '{status}', {done}, "
            f"{value(digest)}, {times}, {self.app_version}, {value(revision.app_requires)})"
        )

    def progress(self, step: Step, done: int, lines: tuple[str, ...], digest: str) -> str:
        """One more operation is done."""
        text = self.value(json.dumps(lines))
        return self._update(
            step,
            done,
            {
                "operations_done": str(done + 1),
                "digest": self.value(digest),
                "progress": text,
            },
        )

    def interim(self, step: Step, done: int, operations: int, digest: str) -> str:
        """What a transaction has done since, when it is left once more."""
        values = {"operations_done": str(operations), "digest": self.value(digest)}
        return self._update(step, done, values)

    def finished(self, step: Step, done: int, operations: int, digest: str | None) -> str:
        """The end of a revision outside a transaction."""
        return self._update(
            step,
            done,
            {
                "operations_done": str(operations),
                "status": "'done'",
                "digest": self.value(digest),
                "finished_at": self.spelling.clock,
                "duration": self.spelling.since_start,
            },
        )

    def _update(self, step: Step, done: int, values: Mapping[str, Expression]) -> str:
        """On one line: a client runs what it has got of a statement when its file ends."""
        assignments = ", ".join(f"{name} = {value}" for name, value in values.items())
        return (
            f"UPDATE {self.history} SET {assignments} "
            f"WHERE revision = {self.value(step.revision.id)} AND direction = '{step.direction}' "
            f"AND status = 'running' AND operations_done = {done}"
        )


def _has_one_child(graph: RevisionGraph, id: str) -> bool:
    return len(graph.dependents.get(id, ())) == 1
