"""Runs a plan: for every step a transaction, the operations, and the record.

Two ways. Where DDL is transactional, each revision is one transaction that takes the lock, works,
moves the version rows and commits. Elsewhere, and for revisions outside a transaction, the lock is
the session's, and every operation's number is committed after it (`journal.py`), so that an
interrupted revision is resumed where it stopped.
"""

from __future__ import annotations

import logging
import math
import os
import random
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError

from ._sa import send
from .account import Account
from .catalog import LiveCatalog
from .dialects.session import Turn, unreachable
from .ending import Ending
from .errors import (
    ConfigurationError,
    DatabaseReadOnly,
    ForeignKeysMustBeOff,
    Irreversible,
    LockLost,
    LockTimeout,
    MigrationFailed,
    NeedsAutocommit,
    PartialMigration,
)
from .history import heads_in, history_values, now
from .installing import install
from .journal import Journal, PutOff
from .observed import ObservedSink
from .ops.facade import Operations
from .redaction import describe_error, discreet
from .results import Report
from .settings import Settings
from .sinks import LiveSink
from .waiting import Waiter, turnstile_for

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from .job import Job
    from .plan import Step

log = logging.getLogger("embedmig")

#: How often a revision is tried again after it queued behind others for too long.
RETRIES = 10
#: How long, in seconds, a caller's transaction waits for the lock.
JOINED_TIMEOUT = 5.0


class Runner:
    """One run on one connection."""

    def __init__(self, job: Job, settings: Settings) -> None:
        self.dialect = job.dialect
        self.session = job.dialect.session
        self.job = job
        self.tables = job.tables
        self.settings = settings
        self.waiter = Waiter(settings.lock_timeout, settings.emit, settings.sleep)
        self.label = f"embedmig {socket.gethostname()}:{os.getpid()}"
        self.account = Account(settings, self.waiter)
        self.attempts = 0
        self._plan: list[Step] = []
        self._expected: tuple[str, ...] | None = None
        self._heads: tuple[str, ...] | None = None
        self.ending = Ending()
        self._one_by_one = False
        #: The end of the last revision, where the next one is to record it.
        self.put_off: PutOff | None = None
        self._backend: tuple[Engine, int | None] | None = None
        self._interrupted: dict[str, Any] | None = None

    # -- entry points ------------------------------------------------------------------------

    def on_engine(self, engine: Engine, lock_engine: Engine | None = None) -> Report:
        """Run on a connection of our own, in our own transactions."""
        if not self.session.transactional_ddl:
            self._refuse_one_transaction()
        try:
            with self._own_turn(engine) as entered:
                if entered:
                    with self._own(engine) as connection:
                        self._run(connection, engine, lock_engine)
        finally:
            if self.account.has_begun or self.waiter.waited:  # others changed it, where we waited
                self.session.forget_connections(engine)
        return self.account.report()

    def on_connection(self, connection: Connection) -> Report:
        """Run inside the caller's transaction: a SAVEPOINT for each revision, no commit."""
        self._refuse_joining(connection)
        self.waiter.timeout = min(self.waiter.timeout, JOINED_TIMEOUT)
        if not self.waiter.wait(
            lambda: self.session.join(connection, self.job.key),
            reached=lambda: False,
            holder=lambda: self.session.holder(connection, self.job.key),
        ):
            raise AssertionError("a caller's transaction cannot see what others reach")
        install(connection, self.tables, self.tables.missing(connection), self.dialect)
        self.ending.watch(connection)
        try:
            while (step := self._next_step(connection)) is not None:
                self._refuse_outside(step)
                self._interrupted_rows(connection)
                with connection.begin_nested():
                    self._transactional(connection, step)
        finally:
            self.ending.leave(connection)
        return self.account.report()

    @contextmanager
    def _own(self, engine: Engine) -> Iterator[Connection]:
        """A connection of our own that a revision cannot commit, gone or restored afterwards."""
        connection = self.session.open(engine)
        try:
            if (reason := self.session.read_only_reason(connection)) is not None:
                raise DatabaseReadOnly(reason)
            self._backend = (engine, self.session.backend(connection))
            yield connection
        except PendingRollbackError as error:  # what SQLAlchemy says after a connection broke
            raise LockLost("the connection broke") from error
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            if not self.account.has_begun:  # nothing is lost, and connect_timeout may try again
                raise unreachable(engine, error) from error
            raise LockLost(f"the connection broke ({describe_error(error)})") from error
        finally:
            self.ending.leave(connection)
            self.session.close(connection)

    def _undo(self, connection: Connection, error: BaseException) -> None:
        """Roll back. Where somebody interrupts us, end the running statement on the server first:

        the driver may be in the midst of its answer, and the server would go on with it.
        """
        if isinstance(error, Exception) or self._backend is None:
            self.session.rollback(connection)
            return
        engine, backend = self._backend
        if backend is None:
            # SQLite's connection is closed by now, but lives on, locked, as long as a cursor does.
            traceback.clear_frames(error.__traceback__)
            self.session.rollback(connection)
            return
        if not connection.closed:
            connection.invalidate()
            connection.close()  # the pool may have no place for the one that kills
        try:
            self.session.kill(engine, backend)
        except Exception:
            log.debug("the interrupted statement could not be ended", exc_info=True)

    def begin_between(self, connection: Connection, step: Step) -> None:
        """Begin a transaction between two operations, waiting for it where that takes the lock."""
        self.waiter.wait(
            lambda: self.begin(connection, step),
            reached=lambda: False,
            holder=lambda: self.session.holder(connection, self.job.key),
        )

    # -- taking turns ------------------------------------------------------------------------

    @contextmanager
    def _own_turn(self, engine: Engine) -> Iterator[bool]:
        """Threads of this process queue before they disturb the database."""
        shared = self.session.shares_connection(engine)
        table = repr(self.tables.own)  # not the key: the default schema may not be known yet
        turnstile = turnstile_for(engine, table, shared_connection=shared)
        entered = self.waiter.wait(
            turnstile.try_enter,
            reached=lambda: not shared and self._reached_on(engine),
            holder=lambda: "another thread of this process",
        )
        try:
            yield entered
        finally:
            if entered:
                turnstile.leave()

    def _reached_on(self, engine: Engine) -> bool:
        with self.session.borrow(engine) as connection:
            return self._reached(connection)

    def _reached(self, connection: Connection) -> bool:
        try:
            heads = self.tables.heads_or_none(connection)
        except DBAPIError as error:
            if self.session.is_queue_timeout(error):  # a writer is just committing
                return False
            raise
        if heads is None:
            return False
        self.account.saw(heads)
        return not self.job.plan_for(connection, heads)

    def _acquire(self, connection: Connection, attempt: Callable[[], bool]) -> bool:
        return self.waiter.wait(
            attempt,
            reached=lambda: self._reached(connection),
            holder=lambda: self._holder(connection),
        )

    def _holder(self, connection: Connection) -> str | None:
        """Who holds the lock, and what the history says that they have begun."""
        holder = self.session.holder(connection, self.job.key)
        if holder is None or not self.tables.has_history(connection):
            return holder
        begun = [
            f", revision {row.revision} begun at {row.started_at:%Y-%m-%d %H:%M:%S} UTC"
            f" by {row.host}:{row.pid}"
            for row in self.tables.running(connection)
        ]
        return holder + "".join(begun[-1:])

    def begin(self, connection: Connection, step: Step | None = None) -> bool:
        """Begin a transaction, with the lock where it is the transaction's; False if taken."""
        return self.session.begin(connection, self._turn(step)) is not None

    def _turn(self, step: Step | None = None, question: str | None = None) -> Turn:
        named = self._plan[-1].revision.id if self._plan else self.job.first
        return Turn(self.job.key, f"{self.label} {named}", self.queue_limit(step), question)

    def _looking_turn(self, connection: Connection, step: Step | None = None) -> Turn:
        """A turn that reads the heads at once, where the version table is known to be there."""
        knows = self._interrupted is not None
        return self._turn(step, self.tables.heads_query(connection) if knows else None)

    def queue_limit(self, step: Step | None) -> float | None:
        """How long, in seconds, a statement may queue; None for as long as it takes."""
        own = step.revision.ddl_lock_timeout if step is not None else None
        limit = self.settings.ddl_lock_timeout if own is None else own
        if limit is None or limit == math.inf:
            return None
        return max(limit, 0.001)  # 0 means "for ever" to databases

    # -- the run -----------------------------------------------------------------------------

    def _run(self, connection: Connection, engine: Engine, lock_engine: Engine | None) -> None:
        self.session.prepare(connection, ddl_lock_timeout=self.queue_limit(None))
        if not self.session.locks_in_transaction:
            self._run_in_session(connection)
        elif self.settings.one_transaction or self.settings.dry_run:
            self._run_as_one(connection)
        else:
            self._run_by_transactions(connection, engine, lock_engine)

    def _run_by_transactions(
        self, connection: Connection, engine: Engine, lock_engine: Engine | None
    ) -> None:
        """The lock is taken and given back with every revision's transaction."""
        upcoming: Step | None = None
        while self._acquire(connection, lambda: self._begin_turn(connection, upcoming)):  # noqa: B023  # called at once
            if self._prepare_tables(connection):
                continue
            step = self._next_step(connection)
            if step is None:
                self.session.rollback(connection)
                return
            if step is not upcoming and self.queue_limit(step) != self.queue_limit(upcoming):
                self._plan.append(step)
                upcoming = step
                self.session.rollback(connection)
                continue
            upcoming = None
            if self._is_outside(step):
                self.session.rollback(connection)
                self._outside(connection, engine, lock_engine)
            else:
                self._one_transaction(connection, step)

    def _begin_turn(self, connection: Connection, step: Step | None) -> bool:
        """Begin with the lock; where another process has it, what is known of it gets stale."""
        turn = self._looking_turn(connection, step)
        try:
            answer = self.session.begin(connection, turn)
        except DBAPIError as error:
            if error.connection_invalidated or not self.session.is_queue_timeout(error):
                raise
            self.session.rollback(connection)  # somebody has locked the version table
            answer = None
        self._heads = heads_in(answer) if answer is not None and turn.question else None
        if answer is None:
            self._interrupted = None
        return answer is not None

    def _prepare_tables(self, connection: Connection) -> bool:
        """On the first turn: create what is missing, and commit it. True if that ended the turn."""
        if self._interrupted is not None:
            return False
        missing = self.tables.missing(connection)
        if not missing:
            self._interrupted_rows(connection)
            return False
        self._interrupted = {}
        install(connection, self.tables, missing, self.dialect)
        self.commit(connection)
        return True

    def _run_as_one(self, connection: Connection) -> None:
        """All or nothing, and nothing at all for a dry run."""
        while self._acquire(connection, lambda: self.begin(connection)):
            last: Step | None = None
            self.account.hold_back()
            try:
                install(connection, self.tables, self.tables.missing(connection), self.dialect)
                self._interrupted_rows(connection)
                while (step := self._next_step(connection)) is not None:
                    self._refuse_outside(step)
                    last = step
                    self._transactional(connection, step)
                if self.settings.dry_run:
                    self.session.rollback(connection)
                else:
                    self.commit(connection)
            except BaseException as error:
                self._undo(connection, error)
                self.account.take_back()
                self._plan, self._interrupted = [], None
                if last is None:
                    raise
                if self._may_retry(connection, last, error):
                    continue
                self._restore(connection)
                self._give_up(connection, last, error)
                raise
            self.session.switch_on_foreign_keys(connection)
            self.account.tell()
            return

    def _run_in_session(self, connection: Connection) -> None:
        """DDL commits here: the lock is held from the first revision to the last."""
        key = self.job.key
        if not self._acquire(connection, lambda: self.session.lock(connection, key)):
            return
        try:
            install(connection, self.tables, self.tables.missing(connection), self.dialect)
            self._interrupted_rows(connection)
            while (step := self._next_step(connection, reread=False)) is not None:
                if step.direction == "stamp":
                    self._one_transaction(connection, step)
                else:
                    self._journaled(connection, step)
        finally:
            self._drop_put_off(connection)
            self.session.unlock(connection, key)

    def _outside(self, connection: Connection, engine: Engine, lock_engine: Engine | None) -> None:
        """One revision outside a transaction, under a lock of the session's."""
        if lock_engine is not None:
            with self._own(lock_engine) as direct:
                self._locked_in_session(direct)
            return
        if self.session.is_pooled(engine):
            raise ConfigurationError(
                "a revision with transactional=False needs a connection of its own, but a pooler "
                "in transaction mode stands before this database; pass lock_engine= with a direct "
                "URL"
            )
        self._locked_in_session(connection)

    def _locked_in_session(self, connection: Connection) -> None:
        key = self.job.key
        if not self._acquire(connection, lambda: self.session.lock(connection, key)):
            return
        try:
            self._plan, self._interrupted = [], None
            self._interrupted_rows(connection)
            step = self._next_step(connection)
            if step is not None and self._is_outside(step):
                self._journaled(connection, step)
        finally:
            self.session.unlock(connection, key)

    # -- where we are ------------------------------------------------------------------------

    def _next_step(self, connection: Connection, *, reread: bool = True) -> Step | None:
        """Read the heads again, and plan again unless they are where the last step left them."""
        heads = self._expected if not reread and self._plan else self._heads
        self._heads = None
        if heads is None:
            heads = self.tables.heads(connection)
        self.account.saw(heads)
        if (step := self._to_finish_first(heads)) is not None:
            self._plan, self._expected = [], None
            return step
        if heads != self._expected or not self._plan:
            self._plan = list(self.job.plan_for(connection, heads))
            self._plan.reverse()
            self.account.total = len(self.account.steps) + len(self._plan)
        self._expected = heads
        return self._plan.pop() if self._plan else None

    def _to_finish_first(self, heads: tuple[str, ...]) -> Step | None:
        """An interrupted way back is finished before anything goes up, and the other way round."""
        direction = self.job.direction
        for row in (self._interrupted or {}).values() if direction != "stamp" else ():
            if "downgrade" not in (row.direction, direction):
                continue
            if (step := self.job.resume(heads, row)) is not None:
                return step
        return None

    def _interrupted_rows(self, connection: Connection) -> dict[str, Any]:
        """Revisions that began outside a transaction and did not finish, by id; read once."""
        if self._interrupted is None:
            self._interrupted = {row.revision: row for row in self.tables.running(connection)}
        return self._interrupted

    def _is_outside(self, step: Step) -> bool:
        if step.direction == "stamp":
            return False
        return not step.revision.transactional or step.revision.id in (self._interrupted or ())

    def _applied(self, work: _Work) -> None:
        step, sink = work.step, work.sink
        self._expected = step.after
        resumed = sink.journal is not None and sink.journal.resumed
        duration = time.monotonic() - work.started
        done = partial(self.account.applied, step, sink.operations_done, duration, resumed=resumed)
        if self.put_off is None:
            done()
        else:
            self.put_off.done = done

    # -- one revision in a transaction -------------------------------------------------------

    def _one_transaction(self, connection: Connection, step: Step) -> None:
        """A revision in the transaction that is open (or opens here, where the session locks)."""
        if not self.session.locks_in_transaction:
            self.begin(connection, step)
        sink = self._sink(connection, step)
        if not self._one_by_one and self._may_hold(connection):
            sink.hold()
        work: _Work | None = None
        try:
            work = self._work(connection, sink)
            self._record_and_commit(connection, work)
        except BaseException as error:
            self._undo(connection, error)
            self._plan = []
            if work is None or not self._was_committed(connection, work, error):
                if self._is_tried_again(connection, step, sink, error):
                    return
                raise
        self._applied(work)
        self.session.switch_on_foreign_keys(connection)
        self.attempts, self._one_by_one = 0, False

    def _is_tried_again(
        self, connection: Connection, step: Step, sink: ObservedSink, error: BaseException
    ) -> bool:
        """Whether the revision is worth another try; otherwise its failure is told and recorded."""
        if sink.journal is not None:  # a block has left its mark, from which it is resumed
            self._interrupted = None
            sink.journal.abandon(connection, error)
        if self._wants_to_know(connection, sink, error):
            self._one_by_one = True
            return True
        if self._may_retry(connection, step, error):
            return True
        self._restore(connection)
        self._give_up(connection, step, error, is_recorded=sink.journal is not None)
        return False

    def _was_committed(self, connection: Connection, work: _Work, error: BaseException) -> bool:
        """Whether only the beginning of the next transaction failed, in the message of COMMIT."""
        record, is_told = work.record, isinstance(error, DBAPIError)
        if record is None or not is_told or connection.closed or connection.invalidated:
            return False
        if not self.session.begins_with_commit:
            return False
        try:
            newest = self.tables.rows_of(connection, record["revision"])[:1]
        except DBAPIError:
            return False
        finally:
            self.session.rollback(connection)
        its_own = ("direction", "status", "host", "pid", "started_at")
        return any(all(getattr(row, n) == record[n] for n in its_own) for row in newest)

    def _sink(self, connection: Connection, step: Step) -> ObservedSink:
        """The database; the earlier revisions are asked for what it cannot tell."""
        catalog = LiveCatalog(connection, naming_convention=self.settings.naming_convention)
        catalog.history = lambda: self.job.catalog_before(step)
        return ObservedSink(self, step, catalog, connection)

    def _may_hold(self, connection: Connection) -> bool:
        """Whether DDL may wait for the record: nobody sees when a transaction's DDL is sent."""
        return self.settings.on_event is None and self.session.sends_together(connection)

    def _wants_to_know(
        self, connection: Connection, sink: ObservedSink, error: BaseException
    ) -> bool:
        """Whether the revision is to be run again, one by one, to see which statement failed."""
        if not sink.has_failed_together or not isinstance(error, Exception):
            return False
        if connection.closed or connection.invalidated:
            return False
        return not self._waited_too_long(error)

    def _transactional(self, connection: Connection, step: Step) -> None:
        """Body, version rows, history row; commits nothing."""
        work = self._work(connection, self._sink(connection, step))
        self._record(connection, work)
        self._applied(work)

    def _work(self, connection: Connection, sink: ObservedSink) -> _Work:
        """The body; what a journal does not record is to be recorded in the same transaction."""
        step = sink.step
        started_at, started = now(), time.monotonic()
        self.account.begins(step)
        self._body(step, sink)
        self.session.before_commit(connection)
        if sink.journal is not None:
            sink.journal.finish(connection, sink)
            return _Work(sink, started)
        if step.direction == "stamp" and self._interrupted:
            self.tables.give_up_running(connection)
        duration = time.monotonic() - started
        values = history_values(step, app_version=self.settings.app_version, started_at=started_at)
        values["operations_done"] = sink.operations_done
        values["digest"] = sink.digest
        values["finished_at"] = started_at + timedelta(seconds=duration)
        values["duration"] = duration
        return _Work(sink, started, values)

    def _record(self, connection: Connection, work: _Work) -> None:
        if work.record is not None:
            self.move(connection, work.step)
            self.tables.record(connection, work.record)

    def _record_and_commit(self, connection: Connection, work: _Work) -> None:
        """In one message, and with the next transaction's beginning, where a database can do so."""
        if not self.session.begins_with_commit:
            self._record(connection, work)
            self.commit(connection)
            return
        record, sink = None, work.sink
        if work.record is not None:
            record = self.tables.text_of_both(connection, work.step, work.record)
        if record is None:
            sink.stop_holding()
            self._record(connection, work)
        held, last = sink.take_held(), [] if record is None else [record]
        try:
            with sink.sent_together() if held else nullcontext():
                then = self._looking_turn(connection)
                self.session.commit(connection, last=[*held, *last], then=then)
        except IntegrityError as error:
            column = self.tables.history_name, "revision"  # NULL where the version row is gone
            if held or not last or not self.session.misses_value(error, *column):
                raise
            raise _lost(work.step) from error

    def move(self, connection: Connection, step: Step) -> None:
        """Move the version rows; raises LockLost where another process was faster."""
        try:
            self.tables.move(connection, step)
        except IntegrityError as error:
            raise _lost(step) from error

    def commit(self, connection: Connection) -> None:
        """COMMIT may have to wait for a reader (SQLite); the transaction stays open meanwhile."""
        deadline = time.monotonic() + self.settings.lock_timeout
        while True:
            try:
                self.session.commit(connection)
            except DBAPIError as error:
                waits = self.session.commit_waits and self.session.is_queue_timeout(error)
                if not waits or time.monotonic() > deadline:
                    raise
                self.settings.sleep(0.05)
            else:
                return

    def _body(self, step: Step, sink: LiveSink) -> None:
        """The user's function, or the way back that was derived from it."""
        if step.direction == "stamp":
            return
        revision = step.revision
        function = (
            revision.upgrade_function
            if step.direction == "upgrade"
            else revision.downgrade_function
        )
        try:
            with self.ending:
                if function is not None:
                    function(Operations(sink))
                elif step.direction == "downgrade":
                    for operation in self.job.way_back(step):
                        sink.apply(operation)
                else:
                    raise Irreversible(revision, "it has no function")
        except (ForeignKeysMustBeOff, LockLost, LockTimeout, PartialMigration):
            raise  # signals of our own
        except Exception as error:  # noqa: BLE001  # it is raised again, without what it may not say
            self.ending.clear_up(sink.migration_connection)
            self._drop_put_off(sink.migration_connection)  # what is done belongs to the report
            is_data = sink.current is None or sink.current_is_data
            cause = discreet(error, self.session) if is_data else error
            raise self._failure(step, sink, cause) from cause

    def _failure(self, step: Step, sink: LiveSink, error: BaseException) -> Exception:
        """The error to raise."""
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return LockLost(f"the connection broke ({describe_error(error)})")
        if isinstance(error, NeedsAutocommit):
            error = NeedsAutocommit(error.operation, step.revision.id)
        elif self.session.refuses_transaction(error):
            error = NeedsAutocommit(sink.current or "op.connection", step.revision.id)
        return MigrationFailed(step, sink.current, self.account.report(), describe_error(error))

    # -- one revision outside a transaction --------------------------------------------------

    def _journaled(self, connection: Connection, step: Step) -> None:
        self.session.prepare_outside(
            connection, label=self.label, ddl_lock_timeout=self.queue_limit(step)
        )
        sink = self._sink(connection, step)
        sink.in_transaction = False
        started = time.monotonic()
        self.account.begins(step)
        try:
            row = self._interrupted_rows(connection).get(step.revision.id)
            sink.journal = Journal.open(self, connection, step, row)
            self._body(step, sink)
            sink.journal.finish(connection, sink)
        except BaseException as error:
            self._plan, self._interrupted = [], None
            if not isinstance(error, Exception):
                self._undo(connection, error)
            if sink.journal is not None:
                sink.journal.abandon(connection, error)
            self._drop_put_off(connection)
            if self._may_retry(connection, step, error):
                return
            self._restore(connection)
            self._give_up(connection, step, error, is_recorded=True)
            raise
        finally:
            sink.leave()
        self.session.switch_on_foreign_keys(connection)
        (self._interrupted or {}).pop(step.revision.id, None)
        self.attempts = 0
        self._applied(_Work(sink, started))

    def may_put_off(self) -> bool:
        """Whether the end of a revision may be recorded with the beginning of the next one.

        Until then it is in doubt, as every operation is for a moment where DDL commits.
        """
        following = self._plan[-1].direction if self._plan else None
        return following == "upgrade" and self.settings.on_event is None and not self._interrupted

    def record_put_off(self, connection: Connection) -> None:
        """Record the end of the last revision by itself, if it was put off.

        Raises LockLost where the rows do not stand where they should.
        """
        put_off, self.put_off = self.put_off, None
        if put_off is None:
            return
        try:
            self.begin(connection)
            if [send(connection, text).rowcount for text in put_off.texts] != [1, 1]:
                raise LockLost("a history or version row was moved on, or the lock is lost")
            self.commit(connection)
        except BaseException:
            self.session.rollback(connection)
            raise
        put_off.done()

    def _drop_put_off(self, connection: Connection) -> None:
        """Record it as far as that is possible; the next run finds it in doubt otherwise."""
        if connection.closed or connection.invalidated:
            self.put_off = None
        try:
            self.record_put_off(connection)
        except Exception:
            log.debug("the end of a revision could not be recorded", exc_info=True)

    def _restore(self, connection: Connection) -> None:
        """Enforce foreign keys again, where the connection is still there to do so."""
        if not connection.closed and not connection.invalidated:
            self.session.switch_on_foreign_keys(connection)

    # -- trying again ------------------------------------------------------------------------

    def _may_retry(self, connection: Connection, step: Step, error: BaseException) -> bool:
        """Whether the revision is worth another try; waits before it says yes."""
        if isinstance(error, ForeignKeysMustBeOff):
            return self._restart_without(connection)
        if isinstance(error, LockLost) and not self.session.locks_in_session:
            # Another process did the next operation: go on from there, or find it all done.
            self.settings.sleep(random.uniform(0.01, 0.05))
            return not connection.closed and not connection.invalidated
        if not self._waited_too_long(error):
            return False
        self.attempts += 1
        delay = random.uniform(0.5, 1.0) * min(0.1 * 2**self.attempts, 5.0)  # jitter
        self.account.retries(step, self.attempts, delay)
        self.settings.sleep(delay)
        return True

    def _waited_too_long(self, error: BaseException) -> bool:
        """Whether others were in the way, and it has not been tried often enough."""
        cause = error.__cause__ if isinstance(error, MigrationFailed) else error
        if not isinstance(cause, DBAPIError) or cause.connection_invalidated:
            return False
        return self.session.is_queue_timeout(cause) and self.attempts < RETRIES

    def _restart_without(self, connection: Connection) -> bool:
        """Enforcement of foreign keys goes off before a transaction, never inside one."""
        return self.session.switch_off_foreign_keys(connection)

    # -- failure -----------------------------------------------------------------------------

    def _give_up(
        self, connection: Connection, step: Step, error: BaseException, *, is_recorded: bool = False
    ) -> None:
        """Tell that the step failed, here and in the history; the caller raises the error.

        What the database says of the record and the COMMIT is raised as a failure of the step.
        """
        self.account.failed(step, error)
        if not is_recorded and not self.settings.dry_run:
            self._record_failure(connection, step, error)
        if isinstance(error, DBAPIError) and not error.connection_invalidated:
            raise MigrationFailed(
                step, None, self.account.report(), describe_error(error)
            ) from error

    def _record_failure(self, connection: Connection, step: Step, error: BaseException) -> None:
        """Leave a trace in the history, by a statement of its own; best effort."""
        if connection.closed or connection.invalidated or isinstance(error, LockLost):
            return
        values = history_values(step, app_version=self.settings.app_version, status="failed")
        values |= {"finished_at": now(), "error": describe_error(error)}
        try:
            self.tables.record(connection, values)
        except Exception:
            log.debug("the failure could not be recorded", exc_info=True)

    # -- what cannot be ----------------------------------------------------------------------

    def _refuse_one_transaction(self) -> None:
        if self.settings.dry_run or self.settings.one_transaction:
            what = "dry_run" if self.settings.dry_run else 'transaction="all"'
            raise ConfigurationError(
                f"{what} needs transactional DDL, and {self.dialect.name} commits at every CREATE, "
                "ALTER and DROP; use render_sql() or plan() to see what would run"
            )

    def _refuse_outside(self, step: Step) -> None:
        if self._is_outside(step):
            raise ConfigurationError(
                f"{step.revision} has transactional=False (or was interrupted), so it cannot run "
                'inside one transaction: pass the Engine, without transaction="all" or dry_run'
            )

    def _refuse_joining(self, connection: Connection) -> None:
        if not self.session.transactional_ddl:
            raise ConfigurationError(
                f"{self.dialect.name} commits at every CREATE, ALTER and DROP, so migrations "
                "cannot join your transaction; pass the Engine instead of a Connection"
            )
        if self.session.is_autocommit(connection):
            raise ConfigurationError(
                "this Connection is in autocommit mode, so there is no transaction to join; pass "
                "the Engine, or a Connection in a transaction"
            )


class _Work(NamedTuple):
    """A body that has run; `started` is monotonic, `record` what is still to be recorded."""

    sink: ObservedSink
    started: float
    record: Mapping[str, Any] | None = None

    @property
    def step(self) -> Step:
        return self.sink.step


def _lost(step: Step) -> LockLost:
    return LockLost(f"version row {step.revision.id!r} was written by another process meanwhile")
