"""The history as a graph: a `RevisionGraph` that exists is complete, acyclic and unambiguous.

Pure data: no database, no SQLAlchemy. Everything is linear in revisions and parents.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final, TypeAlias

from .errors import (
    AmbiguousTarget,
    DuplicateBranchLabel,
    DuplicateRevision,
    InvalidTarget,
    MissingParent,
    MultipleHeads,
    RevisionCycle,
    UnknownRevision,
)
from .replacement import Arrangement
from .revision import Revision

__all__ = ["Links", "Revision", "RevisionGraph"]

# id → ids, in one direction.
Links: TypeAlias = "dict[str, tuple[str, ...]]"
_Children: TypeAlias = "dict[str, list[str]]"

_FEW: Final = 8  # children that are looked through again rather than remembered where one was
_SHORTEST_PREFIXED: Final = 4  # a prefix stands for names of at least so many characters


class RevisionGraph:
    """The revisions of an application, by id, in a valid order.

    Iterates parents before children; the same revisions registered in the same order always give
    the same order. Where revisions have been squashed (`replaces`), this is the history as a fresh
    database sees it; `for_database` gives another database's.

    Raises `DuplicateRevision`, `DuplicateBranchLabel`, `MissingParent`, `RevisionCycle` and, for
    squashes that do not fit, `HistoryError`.
    """

    def __init__(self, revisions: Iterable[Revision]) -> None:
        registered, special = _by_id(revisions)
        replacing = any(revision.replaces for revision in special)
        self._build(Arrangement(registered) if replacing else None, registered, special)

    def _build(
        self,
        arrangement: Arrangement | None,
        registered: dict[str, Revision],
        special: list[Revision],
    ) -> None:
        self._registered = registered
        self._arrangement = arrangement
        self.revisions = registered
        self._aliases: dict[str, str] = {}
        self.crossings = frozenset()
        if arrangement is not None:
            self.revisions = arrangement.revisions
            self._aliases = arrangement.aliases
            self.crossings = frozenset(arrangement.crossings)
            special = list(self.revisions.values())
        self.labels = _labels(special, self.revisions)
        self.down_revisions, self.children, ordered = _link(self.revisions)
        self.parents, self.dependents = self.down_revisions, self.children
        depending = [revision for revision in special if revision.depends_on]
        if depending:
            self._depend(depending)
        if depending or not ordered:
            self._check_acyclic()

    # The visible revisions by id, in registration order; to be read only, as all that follows.
    revisions: dict[str, Revision]
    # `down_revisions` and `children` follow down_revision only; `parents` and `dependents` follow
    # dependencies as well. Ids that lead nowhere have no entry in `children` and `dependents`.
    down_revisions: Links
    children: _Children
    parents: Links
    dependents: _Children
    # Branch labels as they were given: label → the revision that carries it.
    labels: dict[str, str]
    # Replacing revisions that a database inside their range records without running them.
    crossings: frozenset[str]

    def _depend(self, depending: list[Revision]) -> None:
        self.parents = dict(self.down_revisions)
        self.dependents = {id: list(children) for id, children in self.children.items()}
        for revision in depending:
            known = self.parents[revision.id]
            added = [id for id in self._dependencies(revision) if id not in known]
            self.parents[revision.id] = (*known, *dict.fromkeys(added))
            for id in dict.fromkeys(added):
                self.dependents.setdefault(id, []).append(revision.id)

    def _dependencies(self, revision: Revision) -> Iterator[str]:
        for name in revision.depends_on:
            id = self.labels.get(name, name)
            if id not in self.revisions:
                raise MissingParent(revision.id, name, revision.location, kind="depends_on")
            yield id

    def _check_acyclic(self) -> None:
        """Take away what has no parent left, again and again; what stays is in a circle."""
        left = {id: len(parents) for id, parents in self.parents.items()}
        ready = [id for id, count in left.items() if not count]
        for id in ready:
            for child in self.dependents.get(id, ()):
                left[child] -= 1
                if not left[child]:
                    ready.append(child)
        if len(ready) < len(left):
            cycle = _a_cycle({id for id, count in left.items() if count}, self.parents)
            raise RevisionCycle(cycle, [self.revisions[id].location for id in cycle])

    # -- one revision ----------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.revisions)

    def __iter__(self) -> Iterator[Revision]:
        return iter(self._ordered)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.get(id) is not None

    def __getitem__(self, id: str) -> Revision:
        """The revision with this id, as `get` finds it. Raises `UnknownRevision`."""
        revision = self.get(id)
        if revision is None:
            raise self._unknown(id)
        return revision

    def get(self, id: str) -> Revision | None:
        """The revision with this id, or None.

        A revision that has been replaced is found as well; if it is no longer in the code, the
        one that replaces it is.
        """
        found = self.revisions.get(id)
        if found is None and self._arrangement is not None:
            found = self._arrangement.visible(id)
            if id not in self._aliases:
                found = self._registered.get(id) or found
        return found

    def alias(self, id: str) -> str:
        """The id under which the graph knows this row of a version table; mostly itself.

        Another one where the row is the end of a range that has been squashed. Raises
        `UnknownRevision`.
        """
        if id in self.revisions:
            return id
        if id in self._aliases:
            return self._aliases[id]
        raise self._unknown(id)

    def _unknown(self, name: str) -> UnknownRevision:
        if self._arrangement and name in self._arrangement.hidden:
            by = self._arrangement.hidden[name]
            return UnknownRevision(
                name, f"revision {name!r} has been replaced by {by!r}; name that"
            )
        return UnknownRevision(name)

    # -- ends ------------------------------------------------------------------------------

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """Revisions that no other has as its `down_revision`, in registration order."""
        return tuple(id for id in self.revisions if id not in self.children)

    @cached_property
    def real_heads(self) -> tuple[str, ...]:
        """Heads that no other revision depends on either: the rows of a migrated database."""
        if self.dependents is self.children:
            return self.heads
        return tuple(id for id in self.revisions if id not in self.dependents)

    @cached_property
    def head_set(self) -> frozenset[str]:
        """`real_heads` as a set."""
        return frozenset(self.real_heads)

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """Revisions without a `down_revision`, in registration order."""
        return tuple(id for id, parents in self.down_revisions.items() if not parents)

    # -- many revisions --------------------------------------------------------------------

    def ancestors(self, ids: Iterable[str], *, dependencies: bool = True) -> set[str]:
        """These revisions and all that must run before them."""
        links = self.parents if dependencies else self.down_revisions
        found = set(ids)
        if dependencies and found >= self.head_set:
            return set(links)
        todo = list(found)
        while todo:
            for parent in links[todo.pop()]:
                if parent not in found:
                    found.add(parent)
                    todo.append(parent)
        return found

    def descendants(
        self,
        ids: Iterable[str],
        *,
        dependencies: bool = True,
        within: Collection[str] | None = None,
    ) -> set[str]:
        """These revisions and all that come after them; only those `within`, when it is given."""
        links = self.dependents if dependencies else self.children
        found = {id for id in ids if within is None or id in within}
        todo = list(found)
        while todo:
            for child in links.get(todo.pop(), ()):
                if child not in found and (within is None or child in within):
                    found.add(child)
                    todo.append(child)
        return found

    def lineage(self, ids: Iterable[str], *, dependencies: bool = False) -> set[str]:
        """These revisions with everything before and after them."""
        start = tuple(ids)
        return self.ancestors(start, dependencies=dependencies) | self.descendants(
            start, dependencies=dependencies
        )

    def maximal(self, ids: Collection[str]) -> tuple[str, ...]:
        """Those of an ancestor-closed set that no other of it comes after, as registered."""
        links = self.dependents
        return self.as_registered(
            {id for id in ids if not any(child in ids for child in links.get(id, ()))}
        )

    def as_registered(self, ids: Collection[str]) -> tuple[str, ...]:
        """The same ids in the order in which their revisions were registered."""
        if len(ids) < 2:
            return tuple(ids)
        return tuple(sorted(ids, key=self._positions.__getitem__))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {id: position for position, id in enumerate(self.revisions)}

    @cached_property
    def _ordered(self) -> tuple[Revision, ...]:
        return tuple(self.revisions[id] for id in reversed(self.descend(set(self.revisions))))

    def descend(self, ids: set[str], heads: Sequence[str] | None = None) -> list[str]:
        """A convex set in order, children first. `ids` is used up.

        Walks down from each head in turn. Where another branch must come first, that one is
        walked down to the same point; other parents of a merge wait their turn.
        """
        output: list[str] = []
        waiting = list(self.as_registered(self.head_set & ids) if heads is None else heads)
        queued = set(waiting)
        scans: dict[str, Iterator[str]] = {}
        parents, dependents = self.parents, self.dependents
        for start in waiting:
            path = [start] if start in ids else []
            while path:
                here = path[-1]
                after = dependents.get(here, ())
                few = len(after) <= _FEW
                for child in after if few else scans.setdefault(here, iter(after)):
                    if child in ids:
                        path.append(child)
                        break
                else:
                    path.pop()
                    ids.remove(here)
                    output.append(here)
                    for parent in parents[here]:
                        if parent in ids and parent not in queued:
                            if path:
                                queued.add(parent)
                                waiting.append(parent)
                            else:
                                path.append(parent)
        return output

    # -- names -----------------------------------------------------------------------------

    def resolve(self, name: str) -> str:
        """The one revision meant: an id, a unique prefix, a label, `head`, `label@…`.

        Raises `UnknownRevision`, `AmbiguousTarget`, `MultipleHeads`, and `InvalidTarget` for what
        names no revision (`base`).
        """
        found = self.resolve_all(name)
        if not found:
            raise InvalidTarget(name, "it names no revision")
        if len(found) > 1:
            raise MultipleHeads(found, name)
        return found[0]

    def resolve_all(self, target: str | Iterable[str] | None) -> tuple[str, ...]:
        """Every revision meant by one or several targets that are not relative; none for `base`.

        Raises as `resolve` does.
        """
        if target is None:
            return ()
        if not isinstance(target, str):
            return tuple(id for each in target for id in self.resolve_all(each))
        label, _, name = target.rpartition("@")
        branch = self.named(label) if label else None
        if name == "heads":
            return self.real_heads if branch is None else self.in_lineage(self.heads, branch)
        if name == "head":
            heads = self.heads if branch is None else self.in_lineage(self.heads, branch)
            if len(heads) > 1:
                raise MultipleHeads(heads, target)
            return heads
        return () if name == "base" else (self.named(name, branch=branch, target=target),)

    def in_lineage(self, ids: Iterable[str], branch: str) -> tuple[str, ...]:
        """Those of `ids` that come before or after a revision, by `down_revision`."""
        lineage = self.lineage([branch])
        return tuple(id for id in ids if id in lineage)

    def named(self, name: str, *, branch: str | None = None, target: str | None = None) -> str:
        """The revision with this id, label, or unique prefix of one; on a branch, if one is given.

        Raises `UnknownRevision`, `AmbiguousTarget`, and `InvalidTarget` where it is not on the
        branch.
        """
        id = name if name in self.revisions else self.labels.get(name) or self._aliases.get(name)
        if id is None:
            return self._prefixed(name, branch)
        if branch is not None and not self.in_lineage([id], branch):
            raise InvalidTarget(target or name, f"revision {id!r} is not on that branch")
        return id

    def _prefixed(self, prefix: str, branch: str | None) -> str:
        names = [*self.revisions, *self.labels] if prefix else []
        found = [n for n in names if n.startswith(prefix) and len(n) >= _SHORTEST_PREFIXED]
        if branch is not None:
            lineage = self.lineage([branch])
            found = [name for name in found if self.labels.get(name, name) in lineage]
        if not found:
            raise self._unknown(prefix)
        if len(found) > 1:
            raise AmbiguousTarget(prefix, found)
        return self.labels.get(found[0], found[0])

    @cached_property
    def branch_labels(self) -> dict[str, tuple[str, ...]]:
        """Which labels each revision's branch has; revisions without one are left out.

        A label counts for the revision that carries it, for all that follow it, and for those
        before it down to the previous branch or merge point.
        """
        found: dict[str, list[str]] = {}
        for label, id in self.labels.items():
            for member in self.descendants([id], dependencies=False) | self._stem(id):
                found.setdefault(member, []).append(label)
        return {id: tuple(labels) for id, labels in found.items()}

    def _stem(self, id: str) -> set[str]:
        stem: set[str] = set()
        while len(self.dependents.get(id, ())) < 2 and len(self.down_revisions[id]) < 2:
            stem.add(id)
            if not self.down_revisions[id]:
                break
            (id,) = self.down_revisions[id]
        return stem

    # -- squashed histories ----------------------------------------------------------------

    def for_database(self, heads: Iterable[str]) -> RevisionGraph:
        """The graph as a database with these version rows sees it; mostly this one.

        Another one where the database stands inside a range that has been squashed: there the old
        revisions are visible, and the replacing one follows them, only to be recorded. Rows that
        nobody knows are left for others to complain about. Raises `UnknownRevision` where the
        database stands inside a range that is no longer in the code.
        """
        if self._arrangement is None:
            return self
        rows = frozenset(heads)
        if all(rows.isdisjoint(each.inside) for each in self._arrangement.replacements):
            return self
        graph = object.__new__(RevisionGraph)
        graph._build(self._arrangement.seen_from(self._registered, rows), self._registered, [])
        return graph


def _by_id(revisions: Iterable[Revision]) -> tuple[dict[str, Revision], list[Revision]]:
    """All of them, and those that are more than an id and its parents."""
    found: dict[str, Revision] = {}
    special: list[Revision] = []
    for revision in revisions:
        id = revision.id
        if id in found:
            raise DuplicateRevision(id, found[id].location, revision.location)
        found[id] = revision
        if revision.depends_on or revision.branch_labels or revision.replaces:
            special.append(revision)
    return found, special


def _labels(labelled: Iterable[Revision], revisions: dict[str, Revision]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for revision in labelled:
        for label in revision.branch_labels:
            taken = labels.get(label) or (label if label in revisions else None)
            if taken in revision.replaces:  # both are seen by a database inside a squashed range
                continue
            if taken is not None and revision.id not in revisions[taken].replaces:
                raise DuplicateBranchLabel(label, revisions[taken].location, revision.location)
            labels[label] = revision.id
    return labels


def _link(revisions: dict[str, Revision]) -> tuple[Links, _Children, bool]:
    """Parents, children, and whether every parent was registered before its children."""
    links: Links = {}
    children: _Children = {}
    ordered = True
    for id, revision in revisions.items():
        parents = links[id] = revision.down_revisions
        for parent in parents:
            if parent not in links or parent == id:
                if parent not in revisions:
                    raise MissingParent(id, parent, revision.location)
                ordered = False
            known = children.get(parent)
            if known is None:
                children[parent] = [id]
            else:
                known.append(id)
    return links, children, ordered


def _a_cycle(ids: set[str], links: Links) -> list[str]:
    """One circle among revisions of which each has a parent among them."""
    path: dict[str, None] = {}
    id = min(ids)
    while id not in path:
        path[id] = None
        id = next(parent for parent in links[id] if parent in ids)
    walked = list(path)
    return walked[walked.index(id) :]
