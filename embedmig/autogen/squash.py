"""One revision in place of several: what they do, replayed, folded and written out.

Data statements stay, in their place. What a replay cannot see is not lost either: a revision that
asks the database, or looks whether there is one, is called by reference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import CannotRender, ConfigurationError, Irreversible, NeedsDatabase
from ..ops import BulkInsert, Operation
from ..ops.constructs import is_raw_sql
from ..ops.data import ExecuteSQL
from ..ops.facade import Operations
from ..replay import replay
from ..sinks import ReplaySink
from . import layout
from .context import Context
from .folding import fold
from .render import INDENT, render

if TYPE_CHECKING:
    from ..catalog import Catalog
    from ..dialects.base import Dialect
    from ..graph import RevisionGraph
    from ..revision import Revision


@dataclass(frozen=True, slots=True)
class Reference:
    """A revision that is called as it stands, since only a live database can tell what it does."""

    revision: Revision
    reason: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a revision does, and what undoes it; None where no way back is known."""

    revision: Revision
    forward: tuple[Any, ...]
    back: tuple[Any, ...] | None
    reason: str = ""

    @property
    def has_own_way_back(self) -> bool:
        """Whether somebody wrote the way back."""
        return self.revision.downgrade_function is not None


class _WatchingSink(ReplaySink):
    """Replays, and notes whether the function asked where it runs."""

    asked = False

    @property
    def is_offline(self) -> bool:  # type: ignore[override]  # a plain attribute above: here it is watched
        """True, as in any replay; who asks behaves differently elsewhere."""
        self.asked = True
        return True


def record(
    graph: RevisionGraph,
    members: Sequence[Revision],
    dialect: Dialect,
    convention: Mapping[str, Any] | None,
) -> list[Recorded]:
    """What the members do, one after the other, on the tables that those before them left."""
    ids = {member.id for member in members}
    before = [
        parent
        for member in members
        for parent in (*member.down_revisions, *member.depends_on)
        if parent not in ids
    ]
    catalog = replay(graph, graph.resolve_all(before), dialect, naming_convention=convention)
    return [_written_or_called(_record(member, dialect, catalog), dialect) for member in members]


def _written_or_called(recorded: Recorded, dialect: Dialect) -> Recorded:
    """By reference also where a statement has no text, such as one with a value of any class."""
    context = Context(dialect.sa)
    for operation in recorded.forward:
        if isinstance(operation, ExecuteSQL | BulkInsert):
            try:
                render(operation, context)
            except CannotRender as error:
                return _called(recorded.revision, f"a statement has no text ({error.reason})")
    return recorded


def _called(revision: Revision, reason: str) -> Recorded:
    reference = Reference(revision, reason)
    own = revision.downgrade_function is not None
    return Recorded(revision, (reference,), (reference,) if own else None, reason)


def _record(revision: Revision, dialect: Dialect, catalog: Catalog) -> Recorded:
    forward, reason = _run(revision.upgrade_function, dialect, catalog)
    if revision.offline_sql is not None:
        reason = reason or "it has SQL of its own for scripts"
    if reason:
        return _called(revision, reason)
    return Recorded(revision, forward, *_back(revision, forward, dialect, catalog))


def _run(
    function: Callable[..., Any] | None, dialect: Dialect, catalog: Catalog
) -> tuple[tuple[Operation, ...], str]:
    """The operations of a function, and why they are not all of it."""
    sink = _WatchingSink(dialect, catalog)
    if function is None:
        return (), ""
    try:
        function(Operations(sink))
    except NeedsDatabase as error:
        return (), f"it asks the database ({error.what})"
    return tuple(sink.operations), "it looks whether there is a database" if sink.asked else ""


def _back(
    revision: Revision, forward: Sequence[Operation], dialect: Dialect, catalog: Catalog
) -> tuple[tuple[Any, ...] | None, str]:
    if revision.downgrade_function is not None:
        try:
            operations, reason = _run(revision.downgrade_function, dialect, catalog.copy())
        except Irreversible as error:
            return None, error.reason or str(error.subject)
        return (Reference(revision, reason),) if reason else operations, ""
    try:
        return tuple(operation.reverse() for operation in reversed(forward)), ""
    except Irreversible as error:
        return None, f"{describe(error.subject)}{f': {error.reason}' if error.reason else ''}"


def describe(subject: object) -> str:
    """The subject of an error, in words."""
    words = getattr(subject, "describe", None)
    return str(words()) if callable(words) else str(subject)


# -- writing it ------------------------------------------------------------------------------


def upgrade_lines(recorded: Sequence[Recorded], context: Context) -> list[str]:
    """The body of the upgrade."""
    origin = {id(item): each.revision for each in recorded for item in each.forward}
    items = fold([item for each in recorded for item in each.forward], context.convention)
    return [line for item in items for line in _lines(item, origin.get(id(item)), context)]


def downgrade_lines(recorded: Sequence[Recorded], context: Context) -> list[str]:
    """The body of the downgrade; one that raises where some revision has no way back."""
    if refused := [each for each in recorded if each.back is None]:
        return _refusal(refused, context)
    if not any(each.has_own_way_back for each in recorded) and not _has_references(recorded):
        items = fold([item for each in recorded for item in each.forward], context.convention)
        back: list[Any] = [item.reverse() for item in reversed(items)]
    else:
        back = [item for each in reversed(recorded) for item in each.back or ()]
    return [line for item in back for line in _lines(item, None, context, back=True)]


def _has_references(recorded: Sequence[Recorded]) -> bool:
    return any(isinstance(item, Reference) for each in recorded for item in each.forward)


def _refusal(refused: Sequence[Recorded], context: Context) -> list[str]:
    context.require("from embedmig.errors import Irreversible")
    pad = " " * INDENT
    lines = [f"{pad}# These have no way back:"]
    lines += [f"{pad}# - {each.revision}: {each.reason}" for each in reversed(refused)]
    subject = layout.string(str(refused[-1].revision))
    return [*lines, layout.statement(f"raise Irreversible({subject})", indent=INDENT)]


def _lines(
    item: Any, revision: Revision | None, context: Context, *, back: bool = False
) -> Iterator[str]:
    pad = " " * INDENT
    if isinstance(item, Reference):
        yield f"{pad}# {item.revision} is called as it stands: {item.reason}."
        yield f"{pad}# Keep its module for as long as this line."
        yield pad + _call(item.revision, context, back=back)
        return
    if revision is not None and (isinstance(item, ExecuteSQL | BulkInsert) or is_raw_sql(item)):
        yield f"{pad}# from {revision}"
    if text := render(item, context):
        yield text


def _call(revision: Revision, context: Context, *, back: bool) -> str:
    """The call of a revision's own function, imported from where it is."""
    function = revision.downgrade_function if back else revision.upgrade_function
    module = sys.modules.get(getattr(function, "__module__", ""))
    if module is None or module.__name__ == "__main__":
        raise CannotRender(revision, "its function is in no module that can be imported")
    for name, value in vars(module).items():
        if getattr(value, "id", None) == revision.id and hasattr(value, "upgrade_function"):
            context.require(f"from {module.__name__} import {name}")
            return f"{name}.{'downgrade' if back else 'upgrade'}_function(op)"
    raise CannotRender(revision, f"no name of module {module.__name__!r} leads to it")


def check_members(members: Sequence[Revision], text: str) -> None:
    """Raises ConfigurationError where the range is no range to squash."""
    if len(members) < 2:
        raise ConfigurationError(
            f"squash({text!r}) covers {len(members)} revision(s); name a range 'a:b' of several"
        )
