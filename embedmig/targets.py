"""What a target means to a database that stands at certain revisions.

The grammar is Alembic's: an id or a unique prefix, `head`, `heads`, `base`, a branch label or
`label@…` before any of them, and steps from a revision (`ae10+2`, `head-1`) or from where the
database stands (`+1`, `-1`, `label@+1`). Every function raises `UnknownRevision`,
`AmbiguousTarget`, `MultipleHeads` or `InvalidTarget`, and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from .errors import AmbiguousTarget, InvalidTarget
from .graph import RevisionGraph

Target: TypeAlias = "str | Sequence[str]"

_RELATIVE: Final = re.compile(
    r"(?:(?P<label>[^@]+)@)?(?P<symbol>[^@:+\-\s]+)?(?P<steps>[+-]\d+)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class _Relative:
    """A target that counts steps."""

    text: str
    label: str | None
    symbol: str | None
    steps: int
    clamped: bool

    @property
    def qualified(self) -> str:
        return f"{self.label}@{self.symbol}" if self.label else str(self.symbol)

    def too_far(self) -> InvalidTarget:
        return InvalidTarget(self.text, f"there are no {abs(self.steps)} steps to take from there")


def _relative(target: str, *, clamped: bool = False) -> _Relative | None:
    match = _RELATIVE.fullmatch(target)
    if match is None:
        return None
    return _Relative(match.group(), match["label"], match["symbol"], int(match["steps"]), clamped)


def counts_steps(target: Target) -> bool:
    """Whether what a target means depends on where the database stands."""
    check(target)
    names = [target] if isinstance(target, str) else target
    found = (_relative(name) for name in names if isinstance(name, str))
    return any(relative is not None and relative.symbol is None for relative in found)


def check(target: object) -> None:
    """Raise `InvalidTarget` for what cannot be a target at all."""
    names = [target] if isinstance(target, str) else target
    if not isinstance(names, Iterable) or isinstance(names, bytes):
        raise InvalidTarget(target, "a target is a string or several of them")
    for name in names:
        if not isinstance(name, str):
            raise InvalidTarget(target, "a target is a string or several of them")
        if not name or name.isspace():
            raise InvalidTarget(target, "it is empty; to say 'everything' write 'heads'")
        if ":" in name:
            raise InvalidTarget(target, "a range makes sense where SQL is rendered, not here")


def to_upgrade(
    graph: RevisionGraph, rows: Sequence[str], target: Target, *, clamped: bool = False
) -> tuple[str, ...]:
    """The revisions an upgrade shall reach from these rows; none for `base`.

    A walk that is `clamped` ends where the history does, and is no error.
    """
    check(target)
    if not isinstance(target, str):
        found = [id for each in target for id in to_upgrade(graph, rows, each, clamped=clamped)]
        return tuple(dict.fromkeys(found))
    relative = _relative(target, clamped=clamped)
    if relative is None:
        return graph.resolve_all(target)
    if relative.symbol is None:
        if relative.steps <= 0:
            raise InvalidTarget(target, "an upgrade goes forward: write '+1', or downgrade")
        start = _tip(graph, rows, relative)
        end = _walk_up(graph, start, relative)
    elif relative.steps > 0:
        end = _walk_up(graph, _one(graph, relative.symbol), relative)
    else:
        end = _walk_down(graph, _one(graph, relative.qualified), relative)
    return () if end is None else (end,)


def to_downgrade(
    graph: RevisionGraph, rows: Sequence[str], target: str, *, clamped: bool = False
) -> tuple[str | None, str | None]:
    """The branch a downgrade is confined to (or None), and where it ends (None for `base`).

    A walk that is `clamped` ends at the base, and is no error.
    """
    check(target)
    if not isinstance(target, str):
        raise InvalidTarget(target, "a downgrade has one target")
    relative = _relative(target, clamped=clamped)
    if relative is None:
        label, _, name = target.rpartition("@")
        branch = graph.named(label) if label else None
        return branch, _one(graph, target if name in ("head", "heads") else name)
    if relative.symbol is None:
        if relative.steps >= 0:
            raise InvalidTarget(target, "a downgrade goes back: write '-1', or upgrade")
        start = _standing(graph, rows, relative)
        branch = graph.named(relative.label) if relative.label else start
        return branch, _walk_down(graph, start, relative)
    branch = graph.named(relative.label) if relative.label else None
    if relative.steps >= 0:
        return branch, _walk_up(graph, _one(graph, relative.symbol), relative)
    return branch, _walk_down(graph, _one(graph, relative.qualified), relative)


def to_stamp(graph: RevisionGraph, rows: Sequence[str], target: Target) -> tuple[str, ...]:
    """The revisions a stamp shall record; none for `base`. Steps may go either way."""
    check(target)
    if not isinstance(target, str):
        found = [id for each in target for id in to_stamp(graph, rows, each)]
        return tuple(dict.fromkeys(found))
    relative = _relative(target)
    if relative is not None and relative.symbol is None and relative.steps < 0:
        end = to_downgrade(graph, rows, target)[1]
        return () if end is None else (end,)
    return to_upgrade(graph, rows, target)


def stamp_branch(graph: RevisionGraph, target: str) -> str | None:
    """The revision that names the branch a stamp target is confined to, as in `label@base`."""
    label, _, _ = target.rpartition("@")
    return graph.named(label) if label else None


def _one(graph: RevisionGraph, name: str) -> str | None:
    """The revision a walk starts from; None is below every base."""
    label, _, symbol = name.rpartition("@")
    if symbol == "base":
        if label:
            graph.named(label)
        return None
    if symbol in ("head", "heads") and not graph.resolve_all(name):
        return None
    return graph.resolve(name)


def _tip(graph: RevisionGraph, rows: Sequence[str], relative: _Relative) -> str | None:
    """Where `+n` starts: the one row, or the furthest applied revision of the branch."""
    start: Sequence[str] = rows
    if relative.label:
        branch = graph.named(relative.label)
        start = graph.in_lineage(rows, branch)
        if not start:
            applied = set(graph.in_lineage(graph.ancestors(rows), branch))
            start = graph.maximal(applied)
    if len(start) > 1:
        raise AmbiguousTarget(
            relative.text,
            start,
            f"target {relative.text!r} is ambiguous: the database stands at several revisions "
            f"({', '.join(start)}); write 'label{relative.text}' with '@', or name a revision",
        )
    return start[0] if start else None


def _standing(graph: RevisionGraph, rows: Sequence[str], relative: _Relative) -> str:
    """Where `-n` starts: the one row, or the one of the branch, implied ones included."""
    start: Sequence[str] = rows
    if relative.label:
        branch = graph.named(relative.label)
        start = graph.in_lineage(rows, branch) or graph.in_lineage(
            _branch_heads(graph, rows), branch
        )
    if len(start) > 1:
        raise AmbiguousTarget(
            relative.text,
            start,
            f"target {relative.text!r} is ambiguous: the database stands at several revisions "
            f"({', '.join(start)}); name the branch (label@{relative.steps}) or the revision",
        )
    if not start:
        raise relative.too_far()
    return start[0]


def _branch_heads(graph: RevisionGraph, rows: Sequence[str]) -> tuple[str, ...]:
    """The applied revisions without an applied child, those only implied by a dependency too."""
    applied = graph.ancestors(rows)
    return graph.as_registered(
        {id for id in applied if applied.isdisjoint(graph.children.get(id, ()))}
    )


def _walk_up(graph: RevisionGraph, start: str | None, relative: _Relative) -> str | None:
    lineage = graph.lineage([graph.named(relative.label)]) if relative.label else None
    here = start
    for _ in range(relative.steps):
        ahead: Sequence[str] = graph.bases if here is None else graph.children.get(here, ())
        if lineage is not None:
            ahead = [id for id in ahead if id in lineage]
        if not ahead and relative.clamped:
            break
        if not ahead:
            raise relative.too_far()
        here = _only(ahead, relative)
    return here


def _walk_down(graph: RevisionGraph, start: str | None, relative: _Relative) -> str | None:
    here = start
    for _ in range(-relative.steps):
        if here is None and relative.clamped:
            break
        if here is None:
            raise relative.too_far()
        behind = graph.down_revisions[here]
        here = _only(behind, relative) if behind else None
    return here


def _only(choices: Sequence[str], relative: _Relative) -> str:
    if len(choices) > 1:
        raise AmbiguousTarget(
            relative.text,
            choices,
            f"target {relative.text!r} is ambiguous: the way leads through a branch or a merge "
            f"({', '.join(choices[:3])}); name the revision",
        )
    return choices[0]
