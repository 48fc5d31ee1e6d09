"""Progress of a revision outside a transaction: committed operation by operation, and resumable."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy.exc import DBAPIError

from ._sa import send
from .errors import LockLost, PartialMigration
from .history import Row, Tables, history_values, now
from .ops import AddColumn, CreateIndex, CreateTable, CustomOperation
from .ops.constructs import DATA_VERBS, is_raw_sql
from .recovery import recover
from .redaction import describe_error

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .catalog import Catalog
    from .dialects.base import Statement
    from .dialects.session import LockKey, Session
    from .ops import Operation
    from .plan import Step
    from .sinks import LiveSink


#: What DDL that may stand in a block begins with.
IN_BLOCKS = (
    *("CREATE TABLE ", "ALTER TABLE ", "DROP TABLE "),
    *("CREATE INDEX ", "CREATE UNIQUE INDEX ", "DROP INDEX "),
)

#: What adds something and can be seen to be there, whatever was written since: its number may wait
#: for as long as the next revision takes to begin.
PLAIN = (AddColumn, CreateIndex, CreateTable)
#: Stands in the progress for each edge of an autocommit block that the body has passed since its
#: last operation: what it wrote through op.connection before that is committed.
_EDGE = "(edge of an autocommit block)"
#: No two blocks of a process have the same.
_TOKENS = itertools.count(1)


class JournaledRun(Protocol):
    """What a journal needs of the run that it belongs to."""

    tables: Tables
    session: Session
    settings: Any
    job: Any
    put_off: PutOff | None

    def move(self, connection: Connection, step: Step) -> None: ...

    def begin_between(self, connection: Connection, step: Step) -> None: ...

    def commit(self, connection: Connection) -> None: ...

    def may_put_off(self) -> bool: ...

    def record_put_off(self, connection: Connection) -> None: ...


class BlockRefused(Exception):
    """A block has failed before it did anything."""


@dataclass
class PutOff:
    """The end of a revision that is recorded with the beginning of the next one.

    `texts` must each hit one row, and `done` is called when they have.
    """

    texts: tuple[str, ...]
    done: Callable[[], None] = lambda: None


@dataclass
class Journal:
    """One history row while its revision runs.

    `done` operations are recorded. An operation that commits by itself is recorded when it begins
    too, with the data before it: then `lines` is longer than `done`. `recorded` is the digest over
    all of `lines`, or over what is done where the last of them is known to have failed. An upgrade
    moves the version rows at its end and a downgrade at its beginning, so that an
    interrupted revision is never taken for applied.
    """

    run: JournaledRun
    step: Step
    #: 0 before it is there.
    row: Row
    done: int = 0
    recorded: str | None = None
    lines: tuple[str, ...] = ()
    resumed: bool = False
    resumed_at: int = -1
    started: float = 0.0
    _open: bool = False
    #: `done` and `_certain` as they were when it was opened.
    _opened_at: tuple[int, dict[str, Any]] = (0, {})
    #: What begins the row, while it is put off to the first operation.
    _first: dict[str, Any] = field(default_factory=dict)
    #: What is done, and not yet recorded.
    _owed: dict[str, Any] = field(default_factory=dict)
    #: What the row says while no operation has begun.
    _certain: dict[str, Any] = field(default_factory=lambda: {"digest": None, "progress": None})
    _begun: bool = False
    #: The operation that is owed can be looked for at any time later.
    _is_plain: bool = False
    _told_begun: dict[str, Any] = field(default_factory=dict)
    #: What is behind the body but in no record yet: an operation that failed, if the body goes on
    #: (it is not recorded by itself: the next run is to fail there too, and to go the same way),
    #: and one inside a savepoint.
    _behind: dict[str, Any] = field(default_factory=dict)
    #: How many edges of autocommit blocks were passed since which operation.
    _edges: int = 0
    _edges_since: int = 0
    _recorded_edges: int = 0
    _has_data_before: bool = False
    _has_failed: bool = False
    _skipped: list[Operation] = field(default_factory=list)

    @classmethod
    def open(
        cls, run: JournaledRun, connection: Connection, step: Step, row: Any | None
    ) -> Journal:
        """Go on with an interrupted run of this revision, or begin a new one."""
        if row is not None and row.direction == step.direction:
            recorded = json.loads(row.progress or "[]")
            lines = tuple(line for line in recorded if line != _EDGE)
            edges = len(recorded) - len(lines)
            return cls(
                run,
                step,
                row.id,
                row.operations_done,
                row.digest,
                lines,
                resumed=True,
                resumed_at=row.operations_done,
                started=time.monotonic(),
                _certain={"digest": None, "progress": json.dumps([_EDGE] * edges)},
                _has_failed=row.digest is None,
                _recorded_edges=edges,
            )
        return cls._begin(run, connection, step)

    @classmethod
    def _begin(cls, run: JournaledRun, connection: Connection, step: Step) -> Journal:
        values = history_values(step, app_version=run.settings.app_version, status="running")
        if step.direction == "upgrade" and run.session.locks_in_session:
            made = cls(run, step, 0, started=time.monotonic(), _first=values)
            if run.session.transactional_ddl:
                made._update(connection)
            return made
        run.begin_between(connection, step)
        try:
            cls._refuse_second(run, connection, step)
            if step.direction == "downgrade":
                run.move(connection, step)
            row = run.tables.begin_row(connection, values)
            run.commit(connection)
        except BaseException:
            run.session.rollback(connection)
            raise
        return cls(run, step, row, started=time.monotonic())

    @staticmethod
    def _refuse_second(run: JournaledRun, connection: Connection, step: Step) -> None:
        """Where no session can hold the lock, a revision is begun by whoever comes first."""
        if run.session.locks_in_session:
            return
        running = {row.revision for row in run.tables.running(connection)}
        if step.revision.id in running or run.tables.heads(connection) != step.before:
            raise LockLost(f"{step.revision} was begun by another process")

    @classmethod
    def leave_transaction(
        cls, run: JournaledRun, connection: Connection, step: Step, sink: LiveSink
    ) -> Journal:
        """Record what the open transaction has done so far, and commit it."""
        values = history_values(step, app_version=run.settings.app_version, status="running")
        if step.direction == "downgrade":
            run.move(connection, step)
        row = run.tables.begin_row(connection, values)
        made = cls(run, step, row, started=time.monotonic())
        made.commit_at_edge(connection, sink)
        return made

    def commit_at_edge(self, connection: Connection, sink: LiveSink) -> None:
        """Record what the open transaction has done so far, and commit it with what it wrote."""
        self.pass_edge(sink)
        told = self._told(sink, edges=self._edges)
        certain = told if sink.operations_done else {**told, "digest": None}
        self._update(connection, operations_done=sink.operations_done, **certain)
        self.run.commit(connection)
        self.done, self._certain, self._behind = sink.operations_done, certain, {}

    def leave_block(self, connection: Connection, sink: LiveSink) -> None:
        """Commit what was written in the block since its last operation, if anything."""
        if self._open:
            self.commit_at_edge(connection, sink)
            self._open = False
        else:
            self.pass_edge(sink)

    def pass_edge(self, sink: LiveSink) -> None:
        """The body goes into an autocommit block, or out of it.

        A resumed run leaves out what was written before an edge that is recorded.
        """
        self._edges = self._edges_passed(sink) + 1
        self._edges_since = sink.operations_done
        if self._is_in_doubt(sink) and self._edges <= self._recorded_edges:
            self.undo_open(sink.migration_connection)

    # -- operations --------------------------------------------------------------------------

    def perform(self, sink: LiveSink, operation: Operation) -> None:
        """Run an operation and commit its number; skip it if that was done before."""
        number = sink.operations_done
        if number < self.done:
            self._skip(sink, number, operation)
            return
        self._begun = False
        self._compare_begun(sink)
        connection = sink.migration_connection
        if self.guard is None:
            self._check_lock(connection)
        try:
            if self._is_in_savepoint(connection, operation):
                for statement in sink.dialect.ddl.statements(operation, sink.catalog):
                    sink.emit(statement)
                self._behind = self._told(sink)
            elif self.run.session.transactional_ddl:
                self._run_atomically(connection, sink, operation)
            else:
                self._run_where_ddl_commits(connection, sink, operation)
        except Exception:
            self._behind = self._told(sink)
            raise

    def _is_in_savepoint(self, connection: Connection, operation: Operation) -> bool:
        """Whether the body may yet take the operation back, so that the next record is its."""
        can_be = self.run.session.transactional_ddl or operation.verb in DATA_VERBS
        return can_be and connection.in_nested_transaction()

    def _run_atomically(self, connection: Connection, sink: LiveSink, operation: Operation) -> None:
        """The number, then the work, in one transaction: whoever comes second does nothing."""
        self._forget_what_is_recorded(sink)
        self.open_transaction(connection)
        statements = list(sink.dialect.ddl.statements(operation, sink.catalog))
        if any(statement.autocommit for statement in statements) or not (
            self._fits_a_transaction(connection, sink, operation, statements)
        ):
            self._record_begun(connection, sink)
            self._run_statements(sink, operation, statements)
            self._advance(connection, sink)

    def _fits_a_transaction(
        self,
        connection: Connection,
        sink: LiveSink,
        operation: Operation,
        statements: list[Statement],
    ) -> bool:
        """Run them with their number; False, and nothing done, where the database refuses that.

        Nobody can see it in a CALL, or in an operation of the application's own.
        """
        session, is_raw = self.run.session, is_raw_sql(operation)
        before = self.done, self._certain
        if is_raw:
            session.raw(connection, "SAVEPOINT embedmig")
        self._advance(connection, sink)
        try:
            for statement in statements:
                sink.emit(statement)
        except DBAPIError as error:
            if not (is_raw and session.refuses_transaction(error)):
                raise
            session.raw(connection, "ROLLBACK TO SAVEPOINT embedmig")
            self.done, self._certain = before
            return False
        self.close_transaction(connection)
        return True

    def _run_where_ddl_commits(
        self, connection: Connection, sink: LiveSink, operation: Operation
    ) -> None:
        """Data statements commit with their number; DDL commits by itself, its number follows.

        The number of DDL whose fate can be seen may wait for the next write: until then the
        operation is in doubt, as it is for a moment anyway.
        """
        is_raw = is_raw_sql(operation)
        is_data = is_raw or operation.verb in DATA_VERBS
        commits_itself = is_raw or not is_data
        self._forget_what_is_recorded(sink)
        in_doubt = commits_itself and self._is_in_doubt(sink)
        # One by one: the next may be spelled by what this one has made of the table.
        statements = sink.dialect.ddl.statements(operation, sink.catalog)
        if not (is_data or in_doubt):
            self._begin_with_first(connection, sink, statements)
        elif commits_itself:
            self._record_begun(connection, sink)
        if is_data:
            self.open_transaction(connection)
        if in_doubt:
            # Before it is spelled: the table may have changed under it.
            recover(operation, sink, self.past)
        else:
            for statement in statements:
                sink.emit(statement)
        if is_data or self.resumed or isinstance(operation, CustomOperation):
            self._advance(connection, sink)
            self.close_transaction(connection)
        else:
            self._owe(sink)
            self._is_plain = isinstance(operation, PLAIN)

    def _begin_with_first(
        self, connection: Connection, sink: LiveSink, statements: Iterator[Statement]
    ) -> None:
        """Record that DDL begins, and begin it: in one message where the database can do that."""
        if self._open or not self.run.session.has_blocks(connection):
            self._record_begun(connection, sink)
            return
        first = next(statements, None)
        text = "" if first is None or first.check is not None else first.sql
        if isinstance(text, str) and text.startswith(IN_BLOCKS):
            # Refused: the DDL does not parse, say. Apart, whatever is wrong fails where it stands.
            with suppress(BlockRefused):
                self._record_begun(connection, sink, text)
                return
        self._record_begun(connection, sink)
        if first is not None:
            sink.emit(first)

    def _run_statements(
        self, sink: LiveSink, operation: Operation, statements: list[Statement]
    ) -> None:
        """Run the statements; at the place where the process died, look first."""
        if self._is_in_doubt(sink):
            recover(operation, sink, self.past)
            return
        for statement in statements:
            sink.emit(statement)

    def is_behind(self, sink: LiveSink) -> bool:
        """Whether a resumed run has not yet come to where the database is."""
        return self.resumed and sink.operations_done <= self.resumed_at

    def is_passing(self, sink: LiveSink) -> bool:
        """Whether what the body writes now has been committed by the run that died."""
        if not self._is_in_doubt(sink):
            return sink.operations_done < self.done
        return self._had_begun or self._edges_passed(sink) < self._recorded_edges

    def _edges_passed(self, sink: LiveSink) -> int:
        """How many edges the body has passed since its last operation."""
        return self._edges if self._edges_since == sink.operations_done else 0

    def _is_in_doubt(self, sink: LiveSink) -> bool:
        """Whether this is the operation beside which the process died."""
        return self.resumed and sink.operations_done == self.resumed_at

    def _advance(self, connection: Connection, sink: LiveSink) -> None:
        self._owe(sink)
        self._settle(connection)

    def _owe(self, sink: LiveSink) -> None:
        """The operation at hand is done; what the row must say of it is written later."""
        told = self._told_begun if self._begun else self._told(sink)
        self._owed = {"operations_done": sink.operations_done + 1, **told}
        self._begun, self._behind = False, {}

    @staticmethod
    def _told(sink: LiveSink, *, edges: int = 0) -> dict[str, Any]:
        """The operations so far, in words and as a digest."""
        return {"digest": sink.digest, "progress": json.dumps([*sink.described, *[_EDGE] * edges])}

    def _settle(self, connection: Connection, then: str = "", **more: Any) -> DBAPIError | None:
        """Record what is done, if that was put off."""
        failure = None
        if self._owed or more:
            failure = self._update(connection, then, **{**self._owed, **more})
        if self._owed:
            self.done = self._owed.pop("operations_done")
            self._certain, self._owed = self._owed, {}
        return failure

    def _update(
        self, connection: Connection, then: str = "", *, is_guarded: bool = True, **values: Any
    ) -> DBAPIError | None:
        """Write the row, and run `then`; returns how that failed, when the row is written."""
        tables, session = self.run.tables, self.run.session
        guard = self.guard if is_guarded else None
        if then:
            return self._update_in_block(connection, guard, then, values)
        self.run.record_put_off(connection)
        if not self.row:
            first, self._first = {**self._first, **values}, {}
            tells = session.tells_new_ids
            self.row = tables.begin_row(connection, first, driver_tells=tells, guard=guard)
        else:
            tables.update_row(connection, self.row, self.done, guard=guard, **values)
        return None

    def _update_in_block(
        self, connection: Connection, guard: str | None, then: str, values: Mapping[str, Any]
    ) -> DBAPIError | None:
        """The same, in one message, and with the end of the revision before.

        Raises BlockRefused where nothing was done.
        """
        tables, session, put_off = self.run.tables, self.run.session, self.run.put_off
        if self.row:
            record = tables.update_text(connection, self.row, self.done, guard=guard, **values)
        else:
            guard = None if put_off is not None else guard  # its texts have the guard already
            record = tables.begin_text(connection, {**self._first, **values}, guard)
        records = [record] if put_off is None else [*put_off.texts, record]
        token = next(_TOKENS)
        text = session.block(records, then, token=token, keeps_id=not self.row)
        failure: DBAPIError | None = None
        try:
            written = send(connection, text).rowcount >= len(records)
        except DBAPIError as error:
            session.rollback(connection)  # whatever ended it, nothing stays open
            if connection.invalidated:
                raise
            if not session.has_written(connection, token):
                raise BlockRefused from error
            written, failure, error.statement = True, error, then
        self.run.put_off = None
        if not written:
            raise LockLost("a history or version row was moved on, or the lock is no longer ours")
        if not self.row:
            self.row, self._first = session.new_row, {}
        if put_off is not None:
            put_off.done()
        return failure

    def past(self) -> Catalog:
        """The tables before the operation in doubt, as the revisions tell."""
        catalog: Catalog = self.run.job.catalog_before(self.step)
        for operation in self._skipped:
            catalog.observe(operation)
        return catalog

    def _skip(self, sink: LiveSink, number: int, operation: Operation) -> None:
        """Leave out what has been done, and with it the data that was committed beside it."""
        if not sink.migration_connection.in_nested_transaction():  # else the next one does that
            self.undo_open(sink.migration_connection)
        if operation.verb not in DATA_VERBS:
            self._skipped.append(operation)
        if number + 1 == self.done:
            self._certain = self._told(sink, edges=self._recorded_edges)
            self._has_failed = sink.digest == self.recorded
            if not (self._had_begun or self._has_failed):
                raise self._partial(sink)

    def _compare_begun(self, sink: LiveSink) -> None:
        """Nobody can look for an operation that had begun, and that the code no longer has."""
        is_unsure = self._is_in_doubt(sink) and self._had_begun and not self._has_failed
        if is_unsure and sink.digest != self.recorded:
            raise self._partial(sink)

    def _partial(self, sink: LiveSink) -> PartialMigration:
        done, begun = self.lines[: self.resumed_at], self.lines[self.resumed_at :]
        return PartialMigration(self.step.revision.id, done, sink.described, in_doubt=begun)

    def _record_begun(self, connection: Connection, sink: LiveSink, then: str = "") -> None:
        """Record an operation that commits by itself before it begins, with what is owed.

        A resumed run knows by it what may have happened, and that the data before it, which came
        through op.connection, is there. `then` is its first statement, if it is to be run as well.
        """
        self._has_data_before = self._open or (self._is_in_doubt(sink) and self._had_begun)
        self._told_begun = self._told(sink)
        if self._behind:
            self._owed = {"operations_done": sink.operations_done, **self._behind}
            self._behind = {}
        failure = self._settle(connection, then, **self._told_begun)
        self._begun = True
        self.close_transaction(connection)
        if failure is not None:
            raise failure

    @property
    def _had_begun(self) -> bool:
        """Whether the process that died had begun the operation in doubt."""
        return len(self.lines) > self.resumed_at >= 0

    def _forget_what_is_recorded(self, sink: LiveSink) -> None:
        if self._is_in_doubt(sink) and self._had_begun:
            self.undo_open(sink.migration_connection)

    def undo_open(self, connection: Connection) -> None:
        """Roll back, if anything is open; the row stands again where it stood before that."""
        if self._open:
            self.run.session.rollback(connection)
            self._open = False
            self.done, self._certain = self._opened_at
            self._owed = {}

    # -- transactions ------------------------------------------------------------------------

    def open_transaction(self, connection: Connection) -> None:
        """Begin, if not yet begun; what follows commits with the next record."""
        if not self._open:
            self._settle(connection)
            if not self.row:
                self._update(connection)
            self.run.begin_between(connection, self.step)
            self._open, self._opened_at = True, (self.done, self._certain)

    def close_transaction(self, connection: Connection) -> None:
        """Commit, if anything is open."""
        if self._open:
            try:
                self.run.commit(connection)
            except DBAPIError:
                self.undo_open(connection)
                raise
            self._open = False

    def finish(self, connection: Connection, sink: LiveSink) -> None:
        """Move the version rows and close the row, together."""
        if sink.operations_done < max(self.done, len(self.lines)):
            raise self._partial(sink)
        if not self.row:
            self._update(connection)
        values: dict[str, Any] = {
            "operations_done": sink.operations_done,
            "status": "done",
            "digest": sink.digest,
            "finished_at": now(),
            "duration": time.monotonic() - self.started,
        }
        if self.resumed:
            values["error"] = None
        if self._finishes_at_once(sink):
            tables, row = self.run.tables, (self.row, self.done, str(self.guard))
            certain = self._is_plain or not self._owed
            if certain and self.run.session.has_blocks(connection) and self.run.may_put_off():
                texts = tables.finish_texts(connection, self.step, *row, **values)
                self.run.put_off = PutOff(texts)
            else:
                tables.move_and_finish(connection, self.step, *row, **values)
            return
        if self.guard is None:
            self._check_lock(connection)
        if not sink.in_transaction:
            self.open_transaction(connection)
        if self.step.direction == "upgrade":
            self.run.move(connection, self.step)
        self._update(connection, **values)
        self.close_transaction(connection)

    def _finishes_at_once(self, sink: LiveSink) -> bool:
        """Whether one UPDATE can do it all: the usual case where DDL commits."""
        step = self.step
        return (
            self.run.session.updates_two_tables
            and self.guard is not None
            and not self._open
            and not sink.in_transaction
            and step.direction == "upgrade"
            and len(step.removed) == len(step.added) == 1
        )

    @property
    def guard(self) -> str | None:
        """SQL that says that the lock is ours, where the database can say it inside a write."""
        return self.run.session.lock_guard(self.run.job.key)

    def abandon(self, connection: Connection, error: BaseException) -> None:
        """Roll back what is open; leave the reason in the row, which stays to be resumed.

        Where the lock is lost, the row may be another's by now.
        """
        self.undo_open(connection)
        if connection.closed or connection.invalidated or isinstance(error, LockLost):
            return
        try:
            values = self._owed or (self._not_done() if self._begun else {})
            self._update(connection, is_guarded=False, error=describe_error(error), **values)
        except Exception:  # noqa: BLE001  # the first error is the one to tell
            self.run.session.rollback(connection)

    def _not_done(self) -> dict[str, Any]:
        """An operation that had begun has not happened; the data before it has."""
        if self._has_data_before:
            return {"digest": self._certain["digest"]}
        return self._certain

    def _check_lock(self, connection: Connection) -> None:
        session: Session = self.run.session
        key: LockKey = self.run.job.key
        if not session.holds(connection, key):
            raise LockLost("the connection no longer holds it")
