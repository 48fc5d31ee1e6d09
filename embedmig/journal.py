"""Progress of a revision outside a transaction: committed operation by operation, and resumable."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy.exc import DBAPIError

from .errors import LockLost, PartialMigration
from .history import Tables, history_values, now
from .ops import CustomOperation
from .ops.constructs import is_raw_sql
from .recovery import recover

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .catalog import Catalog
    from .dialects.base import Statement
    from .dialects.session import LockKey, Session
    from .ops import Operation
    from .plan import Step
    from .sinks import LiveSink


class JournaledRun(Protocol):
    """What a journal needs of the run that it belongs to."""

    tables: Tables
    session: Session
    settings: Any
    job: Any

    def move(self, connection: Connection, step: Step) -> None: ...

    def begin_between(self, connection: Connection, step: Step) -> None: ...


@dataclass
class Journal:
    """One history row while its revision runs.

    `done` operations are recorded; `recorded` is the digest over them. An upgrade moves the
    version rows at its end and a downgrade at its beginning, so that an interrupted revision is
    never taken for applied.
    """

    run: JournaledRun
    step: Step
    row: int
    done: int = 0
    recorded: str | None = None
    lines: tuple[str, ...] = ()
    resumed: bool = False
    resumed_at: int = -1
    started: float = 0.0
    _open: bool = False
    _owed: dict[str, Any] = field(default_factory=dict)
    _skipped: list[Operation] = field(default_factory=list)

    @classmethod
    def open(
        cls, run: JournaledRun, connection: Connection, step: Step, row: Any | None
    ) -> Journal:
        """Go on with an interrupted run of this revision, or begin a new one."""
        if row is not None and row.direction == step.direction:
            lines = tuple(json.loads(row.progress or "[]"))
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
            )
        return cls._begin(run, connection, step)

    @classmethod
    def _begin(cls, run: JournaledRun, connection: Connection, step: Step) -> Journal:
        values = history_values(step, app_version=run.settings.app_version, status="running")
        if step.direction == "upgrade" and run.session.locks_in_session:
            tells = run.session.tells_new_ids
            row = run.tables.begin_row(connection, values, driver_tells=tells)
            return cls(run, step, row, started=time.monotonic())
        run.begin_between(connection, step)
        try:
            cls._refuse_second(run, connection, step)
            if step.direction == "downgrade":
                run.move(connection, step)
            row = run.tables.begin_row(connection, values)
        except BaseException:
            run.session.rollback(connection)
            raise
        run.session.commit(connection)
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
        values |= {
            "operations_done": sink.operations_done,
            "digest": sink.digest,
            "progress": json.dumps(sink.described),
        }
        if step.direction == "downgrade":
            run.move(connection, step)
        row = run.tables.begin_row(connection, values)
        run.session.commit(connection)
        return cls(run, step, row, sink.operations_done, sink.digest, started=time.monotonic())

    def leave_again(self, connection: Connection, sink: LiveSink) -> None:
        """The same for the transaction that the revision came back to after an earlier block."""
        self._update(
            connection,
            operations_done=sink.operations_done,
            digest=sink.digest,
            progress=json.dumps(sink.described),
        )
        self.run.session.commit(connection)
        self.done, self.recorded = sink.operations_done, sink.digest

    # -- operations --------------------------------------------------------------------------

    def perform(self, sink: LiveSink, operation: Operation) -> None:
        """Run an operation and commit its number; skip it if that was done before."""
        number = sink.operations_done
        if number < self.done:
            self._skip(sink, number, operation)
            return
        connection = sink.migration_connection
        self._settle(connection)
        if self.guard is None:
            self._check_lock(connection)
        if self.run.session.transactional_ddl:
            self._run_atomically(connection, sink, operation)
        else:
            self._run_where_ddl_commits(connection, sink, operation)

    def _run_atomically(self, connection: Connection, sink: LiveSink, operation: Operation) -> None:
        """The number, then the work, in one transaction: whoever comes second does nothing."""
        self._forget_what_is_recorded(sink)
        self.open_transaction(connection)
        statements = list(sink.dialect.ddl.statements(operation, sink.catalog))
        if any(statement.autocommit for statement in statements) or not (
            self._fits_a_transaction(connection, sink, operation, statements)
        ):
            self._part_with_data(connection, sink)
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
        before = self.done, self.recorded
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
            self.done, self.recorded = before
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
        is_data = is_raw or operation.verb in ("execute", "bulk_insert")
        self._forget_what_is_recorded(sink)
        if is_raw or not is_data:
            self._part_with_data(connection, sink)
        if is_data:
            self.open_transaction(connection)
        if self._is_in_doubt(sink) and (is_raw or not is_data):
            recover(
                operation, sink, self._past
            )  # before it is spelled: the table may have changed under it
        else:
            # One by one: the next may be spelled by what this one has made of the table.
            for statement in sink.dialect.ddl.statements(operation, sink.catalog):
                sink.emit(statement)
        if is_data or self.resumed or isinstance(operation, CustomOperation):
            self._advance(connection, sink)
            self.close_transaction(connection)
        else:
            self._owed = self._progress(sink)

    def _run_statements(
        self, sink: LiveSink, operation: Operation, statements: list[Statement]
    ) -> None:
        """Run the statements; at the place where the process died, look first."""
        if self._is_in_doubt(sink):
            recover(operation, sink, self._past)
            return
        for statement in statements:
            sink.emit(statement)

    def _is_in_doubt(self, sink: LiveSink) -> bool:
        """Whether this is the operation beside which the process died."""
        return self.resumed and sink.operations_done == self.resumed_at

    def _advance(self, connection: Connection, sink: LiveSink) -> None:
        self._owed = self._progress(sink)
        self._settle(connection)

    @staticmethod
    def _progress(sink: LiveSink) -> dict[str, Any]:
        """What a row says once the operation at hand is done."""
        return {
            "operations_done": sink.operations_done + 1,
            "digest": sink.digest,
            "progress": json.dumps(sink.described),
        }

    def _settle(self, connection: Connection) -> None:
        """Record what is done, if that was put off."""
        if self._owed:
            self._update(connection, **self._owed)
            self.done, self.recorded = self._owed["operations_done"], self._owed["digest"]
            self._owed = {}

    def _update(self, connection: Connection, **values: Any) -> None:
        self.run.tables.update_row(connection, self.row, self.done, guard=self.guard, **values)

    def _past(self) -> Catalog:
        """The tables before the operation in doubt, as the revisions tell."""
        catalog: Catalog = self.run.job.catalog_before(self.step)
        for operation in self._skipped:
            catalog.observe(operation)
        return catalog

    def _skip(self, sink: LiveSink, number: int, operation: Operation) -> None:
        """Leave out what has been done, and with it the data that was committed beside it."""
        if operation.verb not in ("execute", "bulk_insert"):
            self._skipped.append(operation)
        if number + 1 == self.done and sink.digest != self.recorded:
            raise PartialMigration(self.step.revision.id, self.lines, sink.described)
        self._undo_open(sink)

    def _part_with_data(self, connection: Connection, sink: LiveSink) -> None:
        """Commit what came through op.connection before an operation that commits by itself.

        The record names the operation that is about to begin, so that a resumed run knows that
        the data before it is there.
        """
        if self._open:
            self._update(connection, progress=json.dumps(sink.described))
            self.close_transaction(connection)

    def _forget_what_is_recorded(self, sink: LiveSink) -> None:
        if self._is_in_doubt(sink) and len(self.lines) > self.resumed_at:
            self._undo_open(sink)

    def _undo_open(self, sink: LiveSink) -> None:
        if self._open:
            self.run.session.rollback(sink.migration_connection)
            self._open = False

    # -- transactions ------------------------------------------------------------------------

    def open_transaction(self, connection: Connection) -> None:
        """Begin, if not yet begun; what follows commits with the next record."""
        if not self._open:
            self._settle(connection)
            self.run.begin_between(connection, self.step)
            self._open = True

    def close_transaction(self, connection: Connection) -> None:
        """Commit, if anything is open."""
        if self._open:
            self.run.session.commit(connection)
            self._open = False

    def finish(self, connection: Connection, sink: LiveSink) -> None:
        """Move the version rows and close the row, together."""
        if sink.operations_done < self.done:
            raise PartialMigration(self.step.revision.id, self.lines, sink.described)
        values = {
            "operations_done": sink.operations_done,
            "status": "done",
            "digest": sink.digest,
            "finished_at": now(),
            "duration": time.monotonic() - self.started,
        }
        if self.resumed:
            values["error"] = None
        if self._finishes_at_once(sink):
            self.run.tables.move_and_finish(
                connection, self.step, self.row, self.done, str(self.guard), **values
            )
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

    def abandon(self, connection: Connection, error: str) -> None:
        """Roll back what is open; leave the reason in the row, which stays to be resumed."""
        if self._open:
            self.run.session.rollback(connection)
            self._open = False
        if connection.closed or connection.invalidated:
            return
        try:
            owed = self._owed
            self.run.tables.update_row(connection, self.row, self.done, error=error, **owed)
        except Exception:  # noqa: BLE001  # the first error is the one to tell
            self.run.session.rollback(connection)

    def _check_lock(self, connection: Connection) -> None:
        session: Session = self.run.session
        key: LockKey = self.run.job.key
        if not session.holds(connection, key):
            raise LockLost("the connection no longer holds it")
