"""Alembic as an oracle: its revision map and its head maintainer, without files or a database."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from alembic.runtime import migration
from alembic.script.base import ScriptDirectory
from alembic.script.revision import Revision, RevisionError, RevisionMap
from alembic.util import CommandError

from embedmig.graph import Revision as OurRevision

# What Alembic raises where it says no, and what it stumbles over instead.
REFUSALS = (RevisionError, CommandError)
STUMBLES = (AssertionError, KeyError, AttributeError, IndexError, TypeError)

Trail = list[tuple[str, frozenset[str]]]


class _Script(Revision):
    """A revision that has a module, as the steps of Alembic want it."""

    module = SimpleNamespace(upgrade=lambda: None, downgrade=lambda: None)
    doc = ""


class Alembic:
    """The same history in Alembic; each method tells the revisions run and the rows after each."""

    def __init__(self, revisions: Iterable[OurRevision]) -> None:
        scripts = [
            _Script(
                each.id,
                each.down_revisions or None,
                each.depends_on or None,
                each.branch_labels or None,
            )
            for each in revisions
        ]
        self.map = RevisionMap(lambda: scripts)
        self.directory = ScriptDirectory.__new__(ScriptDirectory)
        self.directory.revision_map = self.map

    def upgrade(self, rows: Sequence[str], target: Any) -> Trail:
        found = self.map.iterate_revisions(target, tuple(rows), implicit_base=True)
        return self._run(rows, [self._step(each, up=True) for each in reversed(list(found))])

    def downgrade(self, rows: Sequence[str], target: str) -> Trail:
        with warnings.catch_warnings(action="ignore"):
            found = list(self.map.iterate_revisions(tuple(rows), target, select_for_downgrade=True))
        return self._run(rows, [self._step(each, up=False) for each in found])

    def stamp(self, rows: Sequence[str], target: Any) -> frozenset[str]:
        steps = self.directory._stamp_revs(target, tuple(rows))
        maintainer = self._maintainer(rows)
        for step in steps:
            maintainer.update_to_step(step)
        return frozenset(maintainer.heads)

    def _step(self, script: Any, *, up: bool) -> Any:
        return migration.RevisionStep(self.map, script, up)

    def _run(self, rows: Sequence[str], steps: list[Any]) -> Trail:
        maintainer = self._maintainer(rows)
        trail: Trail = []
        for step in steps:
            maintainer.update_to_step(step)
            trail.append((step.revision.revision, frozenset(maintainer.heads)))
        return trail

    def _maintainer(self, rows: Sequence[str]) -> Any:
        context = SimpleNamespace(
            impl=SimpleNamespace(_exec=lambda *_: None),
            _version=migration.MigrationContext.configure(dialect_name="sqlite")._version,
            as_sql=True,
        )
        return migration.HeadMaintainer(context, rows)
