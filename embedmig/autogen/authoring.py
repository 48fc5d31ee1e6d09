"""New revisions as source: written by hand, merged, squashed, or from a comparison.

Pure functions of the history and the registry's place; nothing is written to a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, DuplicateRevision
from ..graph import RevisionGraph
from ..plan import history_range
from ..revision import Names, Revision
from . import squash as squashing
from .context import Context
from .module import Heading, new_revision_id, registry_home, render_module, write
from .verify import verify

if TYPE_CHECKING:
    from ..dialects.base import Dialect
    from ..options import CompareOptions
    from ..registry import Registry
    from .diff import Diff


def heading(
    registry: Registry,
    message: str | None,
    *,
    revision_id: str | None = None,
    down_revision: Names = "head",
    splice: bool = False,
    branch_labels: Names = (),
    depends_on: Names = (),
    transactional: bool = True,
) -> Heading:
    """What stands above a new revision, checked against the history.

    `down_revision` takes what targets take: `"head"` (the one head; a base where the history is
    empty), an id or prefix, `"label@head"`, `"base"` or None for a new base, several for a merge.
    A parent that is no head needs `splice=True`, which begins a branch there. Labels in
    `depends_on` are kept as they are, other names become ids.

    Raises MultipleHeads, UnknownRevision and their kin, ConfigurationError for a parent that is no
    head, and HistoryError where the history would no longer be one.
    """
    graph = registry.graph
    parents = _parents(graph, down_revision)
    if not splice and (inner := [id for id in parents if id not in graph.heads]):
        raise ConfigurationError(
            f"{', '.join(inner)} is not a head, so the new revision would begin a branch; "
            "pass splice=True if that is meant"
        )
    depends = _names(depends_on)
    made = Revision(
        revision_id if revision_id is not None else new_revision_id(),
        parents,
        depends_on=tuple(n if n in graph.labels else graph.resolve(n) for n in depends),
        branch_labels=_names(branch_labels),
    )
    _fits(registry, made)
    module, attribute = registry_home(registry)
    return Heading(
        revision_id=made.id,
        down_revision=parents if len(parents) > 1 else next(iter(parents), None),
        message=_message(message),
        branch_labels=made.branch_labels,
        depends_on=made.depends_on,
        transactional=transactional,
        registry_module=module,
        registry_attribute=attribute,
    )


def new_revision(registry: Registry, message: str | None = None, **where: Any) -> str:
    """The source of an empty revision, to be filled by hand; `where` is as for `heading`."""
    above = heading(registry, message, **where)
    body = [
        "    # Write the change here, as calls of op. The way back is derived from them; where",
        "    # that cannot be (op.execute, say), write a function and decorate it with",
        "    # @<this function>.downgrade.",
    ]
    return write(above, Context(), body=body)


def merge(
    registry: Registry,
    revisions: Names = "heads",
    message: str | None = None,
    *,
    revision_id: str | None = None,
    branch_labels: Names = (),
    splice: bool = False,
) -> str:
    """The source of a revision that joins several, by default all heads.

    Raises ConfigurationError where there are not at least two, and as `heading` does.
    """
    parents = tuple(dict.fromkeys(registry.graph.resolve_all(_names(revisions))))
    if len(parents) < 2:
        raise ConfigurationError(
            f"merge needs two revisions or more, not {', '.join(parents) or 'none'}: "
            "the history has one head already, or two names mean the same revision"
        )
    above = heading(
        registry,
        message or f"merge {' and '.join(parents)}",
        revision_id=revision_id,
        down_revision=parents,
        splice=splice,
        branch_labels=branch_labels,
    )
    return write(above, Context(), body=[])


def from_diff(
    registry: Registry,
    diff: Diff,
    message: str | None = None,
    *,
    dialect: Dialect,
    options: CompareOptions | None = None,
    naming_convention: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    **where: Any,
) -> str:
    """The source of a revision that makes the difference; "" where there is none.

    What could not be compared stands as a comment at the top. A revision with an operation that
    the database refuses inside a transaction is registered with `transactional=False`.
    """
    if not diff:
        return ""
    above = heading(registry, message, **where)
    told = [*notes, *(f"Not compared: {each}." for each in diff.uncompared)]
    return render_module(
        revision_id=above.revision_id,
        down_revision=above.down_revision,
        message=above.message,
        upgrade=diff.operations,
        registry_module=above.registry_module,
        registry_attribute=above.registry_attribute,
        branch_labels=above.branch_labels,
        depends_on=above.depends_on,
        transactional=above.transactional and not needs_autocommit(diff.operations, dialect),
        dialect=dialect.sa,
        options=options,
        naming_convention=naming_convention,
        notes=told,
        hints=diff.hints,
    )


_MAY_NEED_AUTOCOMMIT = ("create_index", "drop_index", "add_enum_value")


def needs_autocommit(operations: Iterable[Any], dialect: Dialect) -> bool:
    """Whether the database refuses one of the operations inside a transaction."""
    catalog = dialect.ddl.new_catalog()
    return any(
        statement.autocommit
        for operation in operations
        if operation.verb in _MAY_NEED_AUTOCOMMIT
        for statement in dialect.ddl.statements(operation, catalog)
    )


def squash(
    registry: Registry,
    range: str,
    message: str | None = None,
    *,
    dialect: Dialect,
    revision_id: str | None = None,
    options: CompareOptions | None = None,
    naming_convention: Mapping[str, Any] | None = None,
) -> str:
    """The source of one revision that `replaces` those of `"a:b"`, both ends included.

    A fresh database runs it instead of them; one that stands at `b` is taken to stand at it; one in
    between goes on through the old revisions while they are registered. Changes of a table are
    folded into its creation, data statements stay in their place, and a revision that asks the
    database, or whether there is one, is called by reference. Old modules may be deleted when no
    database stands before `b` any more, those that are called excepted.

    Raises ConfigurationError for less than two revisions, and HistoryError where the range has
    several ends or a branch leaves it in the middle.
    """
    graph = registry.graph
    members = history_range(graph, range)
    squashing.check_members(members, range)
    made = _replacing(members, revision_id)
    _fits(registry, made)
    context = Context(dialect.sa, options, naming_convention=naming_convention)
    recorded = squashing.record(graph, members, dialect, naming_convention)
    above = replace(
        _heading_of(made, registry),
        message=_message(message) or f"squash {members[0].id} to {members[-1].id}",
        transactional=all(member.transactional for member in members),
    )
    body = squashing.upgrade_lines(recorded, context)
    back = squashing.downgrade_lines(recorded, context)
    source = write(above, context, body=body, back=back)
    bare = write(replace(above, registry_module=None), context, body=body, back=back)
    verify(bare, above.registry_attribute, context, upgrade=(), downgrade=None)
    return source


def _replacing(members: Sequence[Revision], revision_id: str | None) -> Revision:
    ids = {member.id for member in members}

    def outside(kind: str) -> tuple[str, ...]:
        names = (name for member in members for name in getattr(member, kind))
        return tuple(dict.fromkeys(name for name in names if name not in ids))

    return Revision(
        revision_id if revision_id is not None else new_revision_id(),
        outside("down_revisions"),
        depends_on=outside("depends_on"),
        branch_labels=outside("branch_labels"),
        replaces=tuple(member.id for member in members),
    )


def _heading_of(revision: Revision, registry: Registry) -> Heading:
    module, attribute = registry_home(registry)
    down = revision.down_revisions
    return Heading(
        revision_id=revision.id,
        down_revision=down if len(down) > 1 else next(iter(down), None),
        branch_labels=revision.branch_labels,
        depends_on=revision.depends_on,
        replaces=revision.replaces,
        registry_module=module,
        registry_attribute=attribute,
    )


# -- checks ----------------------------------------------------------------------------------


def _parents(graph: RevisionGraph, names: Names) -> tuple[str, ...]:
    found = graph.resolve_all(_names(names))
    return tuple(dict.fromkeys(found))


def _names(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names or ())


def _message(message: str | None) -> str | None:
    return " ".join(message.split()) or None if message is not None else None


def _fits(registry: Registry, made: Revision) -> None:
    """Raises HistoryError where the history with the new revision would not be one."""
    for revision in registry.revisions:
        if revision.id == made.id:
            raise DuplicateRevision(made.id, revision.location, "the new revision")
    RevisionGraph([*registry.revisions, made])
