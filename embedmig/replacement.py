"""Squashed histories: which revisions a replacing one hides, and from which database.

A revision that `replaces` a range stands for that range where none of it has run. A database that
stands at the end of the range stands at the replacing revision. One that stands inside goes on
through the old revisions, if they are still registered, and crosses over at their end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .errors import HistoryError, UnknownRevision
from .revision import Revision


@dataclass(frozen=True, slots=True)
class Replacement:
    """One squash: the replacing revision, the end of what it replaces, and what lies inside."""

    id: str
    end: str
    ends: frozenset[str]
    inside: frozenset[str]
    members: tuple[str, ...]

    @property
    def is_registered(self) -> bool:
        """Whether the replaced revisions are still in the code."""
        return bool(self.members)


class Arrangement:
    """The revisions as one database sees them; `Arrangement(registered)` is how a fresh one does.

    `revisions` are the visible ones, `aliases` lead from the end of a hidden range to what replaces
    it, `hidden` names what replaces each hidden revision, and `crossings` are the replacing
    revisions that are only recorded here, because the range they stand for ran itself.
    """

    def __init__(self, registered: Mapping[str, Revision]) -> None:
        self.revisions = dict(registered)
        self.aliases: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.crossings: set[str] = set()
        self.replacements: list[Replacement] = []
        self._users = _users_of_replaced(registered)
        for squash in _inner_first(registered):
            replacement = self._examine(squash)
            self._collapse(replacement)
            self.replacements.append(replacement)

    def seen_from(self, registered: Mapping[str, Revision], rows: Iterable[str]) -> Arrangement:
        """How a database with these version rows sees the same revisions.

        Raises `UnknownRevision` where it stands inside a range that is no longer in the code.
        """
        view = object.__new__(Arrangement)
        view.revisions = dict(registered)
        view.aliases, view.hidden, view.crossings = {}, {}, set()
        view.replacements = self.replacements
        view._users = _users_of_replaced(registered)
        rows = frozenset(rows)
        for replacement in self.replacements:
            if standing := rows & replacement.inside:
                view._expand(replacement, min(standing))
            else:
                view._collapse(replacement)
        return view

    def visible(self, id: str) -> Revision | None:
        """The revision with this id, or what replaces it here."""
        while id not in self.revisions and id in self.hidden:
            id = self.hidden[id]
        return self.revisions.get(id)

    def _collapse(self, replacement: Replacement) -> None:
        self._lead(replacement.end, replacement.id, replacement.members)
        for name in replacement.members:
            del self.revisions[name]
        for name in replacement.inside | replacement.ends:
            self.hidden.setdefault(name, replacement.id)
        for name in replacement.ends:
            self.aliases[name] = replacement.id

    def _expand(self, replacement: Replacement, row: str) -> None:
        squash = self.revisions[replacement.id]
        if not replacement.is_registered:
            raise UnknownRevision(row, _deleted(row, squash))
        self._lead(replacement.end, replacement.id, replacement.members)
        self.revisions[squash.id] = squash.evolve(down_revisions=(replacement.end,), depends_on=())
        self.crossings.add(squash.id)

    def _lead(self, end: str, squash: str, members: tuple[str, ...]) -> None:
        """Whoever comes after the end of the range comes after the replacing revision now."""
        for user in self._users.get(end, ()):
            revision = self.revisions.get(user)
            if revision is not None and user not in members:
                self.revisions[user] = revision.evolve(
                    down_revisions=_renamed(revision.down_revisions, end, squash),
                    depends_on=_renamed(revision.depends_on, end, squash),
                )
                self._users.setdefault(squash, []).append(user)

    def _examine(self, squash: Revision) -> Replacement:
        members = tuple(name for name in squash.replaces if name in self.revisions)
        gone = [n for n in squash.replaces if n not in self.revisions and n not in self.hidden]
        if members and gone:
            raise HistoryError(
                f"{squash} ({squash.location}) replaces {', '.join(members)}, which are registered,"
                f" and {', '.join(gone)}, which are not; keep all of them or none"
            )
        end = self._end(squash, members)
        self._check_exits(squash, members or squash.replaces, end)
        if members:
            self._check_entries(squash, members)
        ends = {end, *(name for name, alias in self.aliases.items() if alias == end)}
        inner = {name for name, by in self.hidden.items() if by in members}
        inside = frozenset({*squash.replaces, *inner} - ends)
        return Replacement(squash.id, end, frozenset(ends), inside, members)

    def _end(self, squash: Revision, members: tuple[str, ...]) -> str:
        """The one replaced revision that no other replaced revision comes after."""
        if not members:
            return squash.replaces[-1]
        followed = {parent for name in members for parent in _parents(self.revisions[name])}
        ends = [name for name in members if name not in followed]
        if len(ends) != 1:
            raise HistoryError(
                f"{squash} ({squash.location}) replaces a range with several ends "
                f"({', '.join(ends) or 'a circle'}); merge them first, or squash each on its own"
            )
        return ends[0]

    def _check_exits(self, squash: Revision, names: tuple[str, ...], end: str) -> None:
        """A branch off the inside would leave no trace of how far the range has run."""
        for name in names:
            for user in self._users.get(name, ()):
                outside = user not in names and user != squash.id and user in self.revisions
                if outside and name != end:
                    raise HistoryError(
                        f"{self.revisions[user]} ({self.revisions[user].location}) names {name}, "
                        f"which {squash} ({squash.location}) replaces and which is not the end of "
                        f"what it replaces; that is {end}. Squash up to {name}, or name {end}"
                    )

    def _check_entries(self, squash: Revision, members: tuple[str, ...]) -> None:
        entries = {
            parent
            for name in members
            for parent in self.revisions[name].down_revisions
            if parent not in members
        }
        if entries != set(squash.down_revisions):
            raise HistoryError(
                f"{squash} ({squash.location}) must have the parents of what it replaces: "
                f"down_revision={tuple(sorted(entries)) or None}, not {squash.down_revisions}"
            )


def _inner_first(registered: Mapping[str, Revision]) -> Iterator[Revision]:
    """The replacing revisions, each after those among what it replaces."""
    waiting = {r.id: r for r in registered.values() if r.replaces}
    _check_claims(waiting)
    while waiting:
        ready = [r for r in waiting.values() if waiting.keys().isdisjoint(r.replaces)]
        if not ready:
            names = ", ".join(f"{r.id} ({r.location})" for r in waiting.values())
            raise HistoryError(f"these revisions replace each other in a circle: {names}")
        for revision in ready:
            del waiting[revision.id]
            yield revision


def _check_claims(squashes: Mapping[str, Revision]) -> None:
    """One revision is replaced once, except by a squash of the squash."""
    owner: dict[str, Revision] = {}
    for squash in squashes.values():
        for name in squash.replaces:
            other = owner.setdefault(name, squash)
            nested = other is squash or other.id in squash.replaces or squash.id in other.replaces
            if not nested:
                raise HistoryError(
                    f"revision {name!r} is replaced twice: by {other} ({other.location}) and by "
                    f"{squash} ({squash.location})"
                )


def _users_of_replaced(registered: Mapping[str, Revision]) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {
        name: [] for revision in registered.values() for name in revision.replaces
    }
    for revision in registered.values():
        for name in _parents(revision):
            if name in users:
                users[name].append(revision.id)
    return users


def _parents(revision: Revision) -> tuple[str, ...]:
    return (*revision.down_revisions, *revision.depends_on)


def _renamed(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(new if name == old else name for name in names))


def _deleted(row: str, squash: Revision) -> str:
    return (
        f"the database stands at {row!r}, inside the range that {squash} ({squash.location}) "
        f"replaces, and the replaced revisions ({', '.join(squash.replaces)}) are no longer in the "
        "code; first deploy a release that still contains them and let it upgrade, then this one"
    )
