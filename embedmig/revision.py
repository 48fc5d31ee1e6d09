"""A revision: one decorated function of the application, and its place in the history."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias, TypeVar

from .errors import HistoryError, InvalidRevisionId

Names: TypeAlias = "str | Iterable[str] | None"
_Function = TypeVar("_Function", bound=Callable[..., Any])

# What targets say with a word of their own, and so no revision or branch may be called.
SYMBOLS: Final = frozenset({"head", "heads", "base"})

_is_name = re.compile(r"[^@:+\-\s]{1,255}").fullmatch


class Revision:
    """One step of the history: its id, its parents, and the functions that go there and back.

    `down_revision`, `depends_on`, `branch_labels` and `replaces` take nothing, one name or
    several. Raises `InvalidRevisionId` and `HistoryError` for what can be seen on its own; what
    takes the whole history to see (a missing parent, a cycle) `RevisionGraph` raises.
    """

    __slots__ = (
        "_location",
        "app_requires",
        "branch_labels",
        "ddl_lock_timeout",
        "depends_on",
        "down_revisions",
        "downgrade_function",
        "id",
        "message",
        "offline_sql",
        "replaces",
        "transactional",
        "upgrade_function",
    )

    def __init__(
        self,
        id: str,
        down_revision: Names,
        *,
        depends_on: Names = (),
        branch_labels: Names = (),
        message: str | None = None,
        transactional: bool = True,
        replaces: Names = (),
        upgrade_function: Callable[..., Any] | None = None,
        downgrade_function: Callable[..., Any] | None = None,
        app_requires: str | None = None,
        offline_sql: Any = None,
        ddl_lock_timeout: float | None = None,
        location: str | None = None,
    ) -> None:
        self.id = id
        self.message = message
        self.transactional = transactional
        self.upgrade_function = upgrade_function
        self.downgrade_function = downgrade_function
        self.app_requires = app_requires
        self.offline_sql = offline_sql
        self.ddl_lock_timeout = ddl_lock_timeout
        self._location = location
        # Hexadecimal digits, as nearly every id: what `reason_against` would find costs more.
        if not (id.__class__ is str and id.isalnum() and len(id) < 256 and id not in SYMBOLS):
            self._check_id()
        self.down_revisions: tuple[str, ...]
        if down_revision.__class__ is str and down_revision:  # nearly every revision
            self.down_revisions = (down_revision,)
        else:
            self.down_revisions = self._names(down_revision, "down_revision")
        self.depends_on = self._names(depends_on, "depends_on") if depends_on else ()
        self.branch_labels = self._labels(branch_labels) if branch_labels else ()
        self.replaces = self._names(replaces, "replaces") if replaces else ()

    def downgrade(self, function: _Function) -> _Function:
        """Register `function` as the way back (a decorator; the function is returned as it is).

        Raises `HistoryError` when there is one already.
        """
        if self.downgrade_function is not None:
            raise HistoryError(
                f"{self} ({self.location}) has two ways back: "
                f"{place_of(self.downgrade_function)} and {place_of(function)}; remove one"
            )
        self.downgrade_function = function
        return function

    @property
    def location(self) -> str:
        """Where the function is written: `/path/file.py:12 add_email`, or nothing if unknown."""
        if self._location is not None:
            return self._location
        return place_of(self.upgrade_function) if self.upgrade_function is not None else ""

    def evolve(self, *, down_revisions: tuple[str, ...], depends_on: tuple[str, ...]) -> Revision:
        """The same revision at another place of the history."""
        moved = object.__new__(Revision)
        for slot in Revision.__slots__:
            setattr(moved, slot, getattr(self, slot))
        moved.down_revisions = down_revisions
        moved.depends_on = depends_on
        return moved

    @classmethod
    def unknown(cls, id: str) -> Revision:
        """What stands for a row of the version table that no registered revision explains.

        It can be removed from the table, and nothing else; its id may be anything.
        """
        revision = cls("unknown", None, message="not registered", location="")
        revision.id = id
        return revision

    def _names(self, names: Names, what: str) -> tuple[str, ...]:
        found = (names,) if isinstance(names, str) else tuple(names or ())
        for name in found:
            if not name or name.__class__ is not str:
                raise HistoryError(f"{self} ({self.location}): {what} takes names, not {name!r}")
        return found if len(found) == len(set(found)) else tuple(dict.fromkeys(found))

    def _labels(self, labels: Names) -> tuple[str, ...]:
        found = self._names(labels, "branch_labels")
        for label in found:
            if reason := reason_against(label):
                raise HistoryError(f"{self} ({self.location}): branch label {label!r}: {reason}")
        return found

    def _check_id(self) -> None:
        if reason := reason_against(self.id):
            raise InvalidRevisionId(self.id, reason, self.location)

    def __str__(self) -> str:
        return f"revision {self.id} ({self.message})" if self.message else f"revision {self.id}"

    def __repr__(self) -> str:
        return f"Revision({self.id!r}, down_revision={self.down_revisions!r})"


def reason_against(name: object) -> str:
    """Why this cannot be the name of a revision or a branch; empty when it can."""
    if not isinstance(name, str):
        return f"a name is a string, not {type(name).__name__}"
    if not 1 <= len(name) <= 255:
        return f"a name has 1 to 255 characters, not {len(name)}"
    if name in SYMBOLS:
        return f"targets use the word {name!r} for something else"
    if not _is_name(name):
        return "none of '@', ':', '+', '-' or space may stand in a name, targets use them"
    return ""


def place_of(function: Callable[..., Any]) -> str:
    """File, line and name of a function; its `repr` when it was not written in Python."""
    inner = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    if code is None:
        return repr(function)
    return f"{code.co_filename}:{code.co_firstlineno} {inner.__qualname__}"
