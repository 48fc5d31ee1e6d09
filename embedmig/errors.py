"""Every exception of embedmig.

All derive from `EmbedmigError`. Attributes carry the facts; the message says what happened and
what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


class EmbedmigError(Exception):
    """The base of every error that embedmig raises on purpose."""


# -- configuration ---------------------------------------------------------------------------


class ConfigurationError(EmbedmigError):
    """An argument or a combination of arguments makes no sense; raised before any I/O."""


# -- the history of revisions ----------------------------------------------------------------


class HistoryError(EmbedmigError):
    """The registered revisions do not form a valid history."""


class InvalidRevisionId(HistoryError):
    """A revision id is empty, too long, or contains a character that targets give a meaning."""

    def __init__(self, id: object, reason: str, location: str = "") -> None:
        self.id = id
        self.reason = reason
        self.location = location
        super().__init__(f"revision id {id!r}{_at(location)}: {reason}")


class DuplicateRevision(HistoryError):
    """Two functions claim one revision id."""

    def __init__(self, id: str, first: str, second: str) -> None:
        self.id = id
        self.locations = (first, second)
        super().__init__(
            f"revision {id!r} is defined twice: {first or 'unknown place'} and "
            f"{second or 'unknown place'}; give one of them a new id"
        )


class DuplicateBranchLabel(HistoryError):
    """Two revisions claim one branch label, or a label equals a revision id."""

    def __init__(self, label: str, first: str, second: str) -> None:
        self.label = label
        self.locations = (first, second)
        super().__init__(
            f"branch label {label!r} is used twice: {first or 'unknown place'} and "
            f"{second or 'unknown place'}; a label names one branch"
        )


class MissingParent(HistoryError):
    """A revision names a parent or a dependency that is not registered."""

    def __init__(
        self, id: str, parent: str, location: str = "", *, kind: str = "down_revision"
    ) -> None:
        self.id = id
        self.parent = parent
        self.kind = kind
        self.location = location
        super().__init__(
            f"revision {id!r}{_at(location)} names {kind} {parent!r}, which is not registered; "
            "is its module in the migrations package?"
        )


class RevisionCycle(HistoryError):
    """Revisions depend on each other in a circle."""

    def __init__(self, cycle: Sequence[str], locations: Sequence[str] = ()) -> None:
        self.cycle = tuple(cycle)
        self.locations = tuple(locations)
        path = " -> ".join((*self.cycle, self.cycle[0])) if self.cycle else ""
        places = f" ({'; '.join(filter(None, self.locations))})" if any(self.locations) else ""
        super().__init__(f"revisions depend on each other in a circle: {path}{places}")


# -- targets ---------------------------------------------------------------------------------


class TargetError(EmbedmigError):
    """A target does not lead anywhere from here."""


class UnknownRevision(TargetError):
    """A name that is neither a revision, a prefix of one, nor a branch label."""

    def __init__(self, name: str, message: str | None = None) -> None:
        self.name = name
        super().__init__(message or f"no revision, prefix or branch label {name!r} is registered")


class AmbiguousTarget(TargetError):
    """A prefix or a relative target that fits several revisions."""

    def __init__(self, target: str, candidates: Iterable[str], message: str | None = None) -> None:
        self.target = target
        self.candidates = tuple(candidates)
        shown = ", ".join(self.candidates[:3]) + (" …" if len(self.candidates) > 3 else "")
        super().__init__(message or f"target {target!r} is ambiguous: {shown}; name one of them")


class MultipleHeads(TargetError):
    """`head` was asked for, but the history has several heads."""

    def __init__(self, heads: Iterable[str], target: str = "head") -> None:
        self.heads = tuple(heads)
        self.target = target
        super().__init__(
            f"{target!r} is ambiguous: the history has several heads ({', '.join(self.heads)}); "
            "use 'heads', name one, or merge them with migrator.merge()"
        )


class InvalidTarget(TargetError):
    """A target that is not in the grammar, or that cannot be reached in the asked direction."""

    def __init__(self, target: object, reason: str) -> None:
        self.target = target
        self.reason = reason
        super().__init__(f"target {target!r}: {reason}")


# -- operations ------------------------------------------------------------------------------


class OperationError(EmbedmigError):
    """An operation cannot be done as written."""


class UnsupportedOperation(OperationError):
    """This database cannot do this operation."""

    def __init__(self, operation: object, dialect: str, reason: str) -> None:
        self.operation = operation
        self.dialect = dialect
        self.reason = reason
        super().__init__(f"{dialect}: {_describe(operation)} is not supported: {reason}")


class InvalidOperation(OperationError):
    """An operation's arguments contradict each other or the table they speak of."""


class UnknownTable(OperationError):
    """A table is needed, but neither the database nor the earlier revisions know it."""

    def __init__(self, name: str, schema: str | None = None, *, reason: str = "") -> None:
        self.name = name
        self.schema = schema
        full = f"{schema}.{name}" if schema else name
        super().__init__(f"table {full!r} does not exist at this point of the history{reason}")


class Irreversible(OperationError):
    """A way back was asked for that nobody wrote and that cannot be derived."""

    def __init__(self, subject: object, reason: str = "") -> None:
        self.subject = subject
        self.reason = reason
        why = f": {reason}" if reason else ""
        #: The message without the advice.
        self.complaint = f"{_describe(subject)} cannot be reversed{why}"
        super().__init__(f"{self.complaint}; write the way back with @<revision>.downgrade")


class NeedsDatabase(OperationError):
    """Something only a live database can answer was asked while rendering or replaying."""

    def __init__(self, what: str, revision: str | None = None, location: str = "") -> None:
        self.what = what
        self.revision = revision
        self.location = location
        where = f" in revision {revision!r}" if revision else ""
        super().__init__(
            f"{what}{where}{_at(location)} needs a database, but no connection is open here; "
            "guard it with `if not op.is_offline`, declare offline SQL for the revision, or render "
            'with online_only="comment"'
        )


class NeedsAutocommit(OperationError):
    """A statement that must run outside a transaction stands in a transactional revision."""

    def __init__(self, operation: object, revision: str | None = None) -> None:
        self.operation = operation
        self.revision = revision
        super().__init__(
            f"{_describe(operation)} cannot run inside a transaction; register the revision"
            f"{f' {revision!r}' if revision else ''} with transactional=False, "
            "or wrap the operation in `with op.autocommit_block():`"
        )


class DataWouldBeLost(OperationError):
    """Rows do not fit the change; nothing was touched."""

    def __init__(self, table: str, column: str | None, reason: str, keys: Sequence[Any]) -> None:
        self.table = table
        self.column = column
        self.reason = reason
        self.keys = tuple(keys)
        place = f"{table}.{column}" if column else table
        shown = ", ".join(map(repr, self.keys))
        super().__init__(f"{place}: {reason}; first offending keys: {shown}; mend the rows first")


class VerificationFailed(OperationError):
    """A table does not look as it must after a change; the change is rolled back."""

    def __init__(self, table: str, reason: str) -> None:
        self.table = table
        self.reason = reason
        super().__init__(f"table {table!r} after the change: {reason}; everything is rolled back")


class ForeignKeysMustBeOff(OperationError):
    """A table must be rebuilt while foreign keys are enforced.

    Inside a transaction of our own the runner answers by starting the revision again with
    enforcement off. In the caller's transaction it is an error: SQLite ignores the pragma there
    (https://sqlite.org/pragma.html#pragma_foreign_keys).
    """

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"table {table!r} must be rebuilt, which would delete the rows that refer to it while "
            "PRAGMA foreign_keys is on, and SQLite ignores that pragma inside a transaction; pass "
            "the Engine, or switch foreign_keys off before you begin the transaction"
        )


# -- running ---------------------------------------------------------------------------------


class LockTimeout(EmbedmigError):
    """Somebody else held the migration lock for longer than lock_timeout seconds."""

    def __init__(self, timeout: float, holder: str | None = None, *, advice: str = "") -> None:
        self.timeout = timeout
        self.holder = holder
        who = f"; it is held by {holder}" if holder else ""
        super().__init__(f"no migration lock after {timeout:g} s{who}{advice}")


class DatabaseUnreachable(EmbedmigError):
    """The database cannot be connected to. `__cause__` is the driver's error."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(
            f"{url} cannot be reached: {reason}; connect_timeout= waits for a database that is "
            "starting up"
        )


class DatabaseReadOnly(EmbedmigError):
    """Migrations are pending, but this server takes no writes: a replica, or a read-only mode."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"{reason}, so nothing can be migrated here; connect to the primary, or let "
            "connect_timeout= wait until this server is promoted"
        )


class LockLost(EmbedmigError):
    """The lock, or the connection that carried it, is gone; nothing more was written."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the migration lock was lost: {reason}; call upgrade() again")


class VersionTableError(EmbedmigError):
    """The version table or the history table cannot be created; nothing has been changed."""

    def __init__(self, table: str, cause: str) -> None:
        self.table = table
        super().__init__(
            f"table {table!r}, where migrations are recorded, cannot be created: {cause}"
        )


class MigrationFailed(EmbedmigError):
    """A step failed. `__cause__` is the error, `applied` the report of the steps before it."""

    def __init__(self, step: Any, operation: Any, applied: Any, cause: str) -> None:
        self.step = step
        self.operation = operation
        self.applied = applied
        doing = f" at: {_describe(operation)}" if operation is not None else ""
        super().__init__(f"{step} failed{doing}: {cause}")


class PartialMigration(EmbedmigError):
    """A half-applied revision cannot be resumed, because its operations have changed since.

    `done` are the operations that are in the database, `in_doubt` the one that had begun and may
    have happened, `found` those that the code has now, up to where the difference was seen;
    `missing` are those of `found` that are not done.
    """

    def __init__(
        self,
        revision: str,
        done: Sequence[str],
        found: Sequence[str],
        *,
        in_doubt: Sequence[str] = (),
    ) -> None:
        self.revision = revision
        self.done = tuple(done)
        self.in_doubt = tuple(in_doubt)
        self.found = tuple(found)
        same = 0  # what reads the same may differ in its arguments
        while same < min(len(self.done), len(self.found) - 1) and done[same] == found[same]:
            same += 1
        self.missing = self.found[same:] if len(self.found) >= len(self.done) else ()
        lines = [f"  done:     {line}" for line in self.done]
        lines += [f"  in doubt: {line}" for line in self.in_doubt]
        report = "\n".join([*lines, *(f"  not done: {line}" for line in self.missing)])
        advice = "bring back the code that began it, or finish it by hand and stamp"
        if not self.missing:
            advice = f"the code now has {len(self.found)} of these; {advice}"
        super().__init__(
            f"revision {revision!r} was interrupted, and its operations have changed since:\n"
            f"{report}\n{advice}"
        )


class PendingMigrations(EmbedmigError):
    """The database is behind the code."""

    def __init__(self, pending: Sequence[str], current: Sequence[str]) -> None:
        self.pending = tuple(pending)
        self.current = tuple(current)
        at = ", ".join(self.current) or "base"
        super().__init__(
            f"{len(self.pending)} pending revision(s), the database is at {at}: "
            f"next is {self.pending[0] if self.pending else '?'}; run Migrator(...).upgrade()"
        )


class DatabaseAhead(EmbedmigError):
    """The database was migrated by newer code than this one."""

    def __init__(
        self,
        unknown: Sequence[str],
        heads: Sequence[str],
        *,
        app_version: str | None = None,
        applied_at: datetime | None = None,
        requires: str | None = None,
        this_version: str | None = None,
    ) -> None:
        self.requires = requires
        self.unknown = tuple(unknown)
        self.heads = tuple(heads)
        self.app_version = app_version
        self.applied_at = applied_at
        by = f" by app version {app_version}" if app_version else ""
        at = f" at {applied_at}" if applied_at else ""
        if requires:
            way_out = (
                f"It requires application version {requires}, and this is "
                f"{this_version or 'of unknown version (pass app_version=)'}: deploy newer code"
            )
        else:
            way_out = 'Deploy newer code, or pass on_ahead="warn" to run against the newer schema'
        super().__init__(
            f"the database is ahead of this code: it stands at {', '.join(self.unknown)}, applied"
            f"{by}{at}; this code knows up to {', '.join(self.heads) or 'base'}. {way_out}"
        )


class ForeignDatabase(UnknownRevision):
    """The version table names a revision that neither the code nor the history table knows."""

    def __init__(self, unknown: Sequence[str], version_table: str) -> None:
        self.unknown = tuple(unknown)
        self.version_table = version_table
        names = ", ".join(self.unknown)
        super().__init__(
            names,
            f"table {version_table!r} stands at {names}, which no registered revision and no "
            "history row explains; is this another application's database? "
            'stamp("…", purge=True) records where it stands',
        )


class SchemaDrift(EmbedmigError):
    """The database does not look like the metadata."""

    def __init__(self, diff: Any, summary: str = "") -> None:
        self.diff = diff
        super().__init__(f"the database differs from the metadata{summary}")


class CannotRender(EmbedmigError):
    """Something cannot be written as source that would mean the same when it runs."""

    def __init__(self, subject: object, reason: str) -> None:
        self.subject = subject
        self.reason = reason
        super().__init__(
            f"{type(subject).__module__}.{type(subject).__qualname__} cannot be written as source: "
            f"{reason}; give the class an __embedmig_render__(context) method, or pass "
            "CompareOptions(render_item=…)"
        )


def _at(location: str) -> str:
    return f" ({location})" if location else ""


def _describe(subject: object) -> str:
    describe = getattr(subject, "describe", None)
    return str(describe()) if callable(describe) else str(subject)
