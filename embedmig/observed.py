"""The live sink of a run: it tells every operation, and steps out of its transaction if asked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import event

from .errors import LockLost, NeedsAutocommit, UnknownTable
from .events import OperationFinished, OperationStarted
from .journal import Journal, JournaledRun
from .sinks import LiveSink

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from .catalog import LiveCatalog
    from .dialects.base import Dialect
    from .ending import Ending
    from .ops import Operation
    from .plan import Step


_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.IGNORECASE)
_RETURNS = re.compile(r"\bRETURNING\b", re.IGNORECASE)


class _Run(JournaledRun, Protocol):
    """What the sink needs of the run that it belongs to."""

    dialect: Dialect
    ending: Ending
    label: str

    def begin(self, connection: Connection, step: Step | None = None) -> bool: ...

    def queue_limit(self, step: Step | None) -> float | None: ...


class ObservedSink(LiveSink):
    """A live sink that tells what it does, and can step outside its transaction and back."""

    def __init__(
        self,
        run: _Run,
        step: Step,
        catalog: LiveCatalog,
        connection: Connection,
        *,
        journal: Journal | None = None,
    ) -> None:
        super().__init__(run.dialect, catalog, connection)
        self.run = run
        self.step = step
        self.journal = journal
        self.in_transaction = journal is None
        self._leaves_out = False

    @property
    def connection(self) -> Connection:
        """The migration's connection; what is written through it commits with the next record.

        From now on anybody may read, so that nothing is held any more.
        """
        self.current = None
        self.stop_holding()
        if self.journal is not None and not self.in_transaction:
            self.journal.open_transaction(self.migration_connection)
        self.run.ending.watch(self.migration_connection)
        if self.journal is not None and self.journal.resumed and not self._leaves_out:
            self._leaves_out = True
            event.listen(
                self.migration_connection, "before_cursor_execute", self._leave_out, retval=True
            )
        return self.migration_connection

    def _leave_out(
        self,
        connection: Connection,
        cursor: object,
        statement: str,
        parameters: Any,
        context: object,
        executemany: bool,  # noqa: FBT001  # the event's signature
    ) -> tuple[str, Any]:
        """A resumed run does not write again what is committed.

        Where rows are to be returned it is sent all the same, and undone before the next record.
        """
        journal = self.journal
        is_the_bodys = self.current is None and journal is not None and journal.is_passing(self)
        if is_the_bodys and _WRITES.match(statement) and not _RETURNS.search(statement):
            return self.run.tables.no_write(connection), [] if executemany else ()
        return statement, parameters

    def leave(self) -> None:
        """The body has ended."""
        if self._leaves_out:
            self._leaves_out = False
            event.remove(self.migration_connection, "before_cursor_execute", self._leave_out)

    def table(self, name: str, schema: str | None) -> Table:
        if self.journal is not None and self.journal.is_behind(self):
            with suppress(UnknownTable):  # raw SQL may have made it
                return self.journal.past().table(name, schema)
        return super().table(name, schema)

    def perform(self, operation: Operation) -> None:
        emit, id = self.run.settings.emit, self.step.revision.id
        number, name = self.operations_done + 1, operation.describe()
        started = time.monotonic()
        emit(OperationStarted, id, number, name)
        self.described.append(name)
        if self.journal is None or self.in_transaction:
            super().perform(operation)
        else:
            self.journal.perform(self, operation)
        emit(OperationFinished, id, number, name, time.monotonic() - started)

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Commit what came before with its number, run the block outside, and begin again."""
        if self.journal is not None and not self.in_transaction:
            self.journal.pass_edge(self)
            yield
            self.journal.pass_edge(self)
            return
        run, connection = self.run, self.migration_connection
        settings = run.settings
        if settings.one_transaction or settings.dry_run or connection.in_nested_transaction():
            raise NeedsAutocommit("op.autocommit_block()", self.step.revision.id)
        self.stop_holding()
        key = run.job.key
        if not run.session.lock(connection, key):
            raise LockLost("the session could not take the lock that its transaction holds")
        try:
            if self.journal is None:
                self.journal = Journal.leave_transaction(run, connection, self.step, self)
            else:
                self.journal.commit_at_edge(connection, self)
            self.in_transaction = False
            run.session.prepare_outside(
                connection, label=run.label, ddl_lock_timeout=run.queue_limit(self.step)
            )
            try:
                yield
            except Exception:
                self.journal.undo_open(connection)
                if not (connection.closed or connection.invalidated):
                    self._come_back()  # the body may swallow it
                raise
            self.journal.leave_block(connection, self)
            self._come_back()
        finally:
            run.session.unlock(connection, key)

    def _come_back(self) -> None:
        """Into a transaction with the lock, after a block."""
        if not self.run.begin(self.migration_connection, self.step):
            raise LockLost("the lock was taken when the autocommit block ended")
        self.in_transaction = True
