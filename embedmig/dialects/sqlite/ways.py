"""A change of one table as statements, by the cheapest of SQLite's ways that keeps everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...errors import InvalidOperation
from ..base import Statement
from .data_checks import DataChecks
from .rebuild import rebuild, verification
from .references import reference_checks
from .schema_edit import schema_edit
from .table_change import TableChange


@dataclass(frozen=True, slots=True)
class Ways:
    """What the database at hand allows."""

    #: Whether stored texts may be edited (`PRAGMA writable_schema`, without defensive mode).
    edits_schema: Callable[[], bool]
    #: Whether rows exist that were never written since a column was added: they read its default.
    reads_default: Callable[[TableChange, str], bool]
    #: Raises where foreign keys are enforced, since a rebuild would then delete what refers to it.
    require_unenforced: Callable[[TableChange], None]
    #: Whether a query finds a row, or cannot be asked yet.
    finds_row: Callable[[str], bool]
    #: Brings the connection's settings back where a change stops half-way.
    restore: Callable[[], None]
    legacy_alter_table: bool = False
    #: Whether foreign keys are checked before the whole revision is committed.
    checks_at_commit: bool = False


def statements(change: TableChange, ways: Ways, *, recreate: str = "auto") -> Iterator[Statement]:
    """Spell the change; nothing where nothing changes.

    `recreate` is that of `batch_alter_table`: "always" rebuilds, "never" refuses to.
    """
    done = False
    try:
        yield from _spelled(change, ways, recreate)
        done = True
    finally:
        if not done:
            ways.restore()


def _spelled(change: TableChange, ways: Ways, recreate: str) -> Iterator[Statement]:
    if not change.steps and recreate != "always":
        return
    if recreate != "always" and not _needs_rebuild(change, ways):
        yield from _in_place(change)
        return
    if recreate == "never":
        raise InvalidOperation(
            f'table {change.name!r} must be rebuilt for this, and recreate="never" forbids it'
        )
    yield from _rebuilt(change, ways)


def _needs_rebuild(change: TableChange, ways: Ways) -> bool:
    if change.needs_rebuild:
        return True
    if any(step.unless is not None and ways.finds_row(step.unless) for step in change.steps):
        return True
    edits = [step for step in change.steps if step.native is None]
    if edits and not ways.edits_schema():
        return True
    altered = {step.default_of for step in edits if step.default_of is not None}
    return any(ways.reads_default(change, name) for name in sorted(altered))


def _in_place(change: TableChange) -> Iterator[Statement]:
    """Native statements in their order, and between them the edits of the stored text."""
    checks = list(DataChecks(change).statements()) if _concerns_rows(change) else []
    edited = any(step.native is None for step in change.steps)
    if edited:
        change.verify()
    yield from checks
    for place, step in enumerate(change.steps):
        following = change.steps[place + 1 : place + 2]
        if step.native is not None:
            yield Statement(step.native)
        elif not following or following[0].native is not None:
            yield from schema_edit(change.name, change.schema, step.text)
    if edited:
        yield verification(change)


def _concerns_rows(change: TableChange) -> bool:
    """Whether a native statement could fail on rows: a unique index, SET NOT NULL, ADD CHECK."""
    words = ("CREATE UNIQUE", "SET NOT NULL", "CHECK", "NOT NULL")
    return any(word in (step.native or "").upper() for step in change.steps for word in words)


def _rebuilt(change: TableChange, ways: Ways) -> Iterator[Statement]:
    change.verify()
    ways.require_unenforced(change)
    yield from DataChecks(change).statements()
    references = None if ways.checks_at_commit else reference_checks(change)
    if references is not None:
        yield references[0]
    yield from rebuild(change, legacy_alter_table=ways.legacy_alter_table)
    if references is not None:
        yield references[1]
