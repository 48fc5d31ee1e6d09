"""The façade: one object per database, validated when it is made, silent until it is asked."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sqlalchemy import Connection, Engine, MetaData

from .dialects import dialect_for, session_for
from .dialects.session import LockKey
from .errors import (
    ConfigurationError,
    LockTimeout,
    PendingMigrations,
    SchemaDrift,
    TargetError,
)
from .history import Tables
from .registry import Registry, registry_in, registry_of
from .settings import Settings

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Unpack

    from .autogen.author import Author, Where
    from .autogen.diff import Diff
    from .dialects.base import Dialect
    from .dialects.session import Session
    from .events import Event
    from .graph import Revision, RevisionGraph
    from .job import Job
    from .options import CompareOptions
    from .plan import Plan
    from .results import Direction, Report, Status

log = logging.getLogger("embedmig")

Target = str | Sequence[str]
T = TypeVar("T")


class Migrator:
    """Migrates one database from inside the application.

    Args:
        bind: an `Engine`, or a `Connection` whose transaction the caller owns: then nothing is
            committed here.
        metadata: the application's MetaData, or several. It finds the registry that is bound to it,
            lends its naming convention to the operations, and is what autogenerate compares.
        migrations: the registry, or the dotted name of the package that defines it; not needed
            where the metadata is bound to a registry.
        version_table: the table with one row per head; `"alembic_version"` adopts a database that
            Alembic has migrated.
        version_table_schema: the schema of both tables; None is the connection's default.
        history_table: the table with one row per run of a revision.
        lock_timeout: seconds to wait while others migrate, before LockTimeout.
        lock_engine: an engine that leads to the server directly, for revisions outside a
            transaction where `bind` goes through a pooler in transaction mode.
        connect_timeout: seconds to go on trying where the database cannot be reached, is starting
            up or takes no writes yet; 0 tries once. Never tried again once a revision has begun.
        ddl_lock_timeout: seconds that one statement may queue behind other sessions before its
            revision is rolled back and tried again; None waits for ever. In whole seconds on MySQL
            and MariaDB.
        transaction: `"revision"` commits every revision, `"all"` the whole run, where DDL is
            transactional.
        on_ahead: what upgrade() does when newer code has migrated the database: `"raise"`
            DatabaseAhead, or `"warn"` in the log and leave everything as it is.
        on_event: called with every `embedmig.events.Event`, in the thread that migrates.
        app_version: this application's version, for the history table and `app_requires`.
        compare: how diff(), check() and autogenerate() compare.

    Nothing is connected to before a method is called. Raises ConfigurationError for arguments that
    make no sense.
    """

    def __init__(
        self,
        bind: Engine | Connection,
        metadata: MetaData | Sequence[MetaData] | None = None,
        migrations: Registry | str | None = None,
        *,
        version_table: str = "embedmig_version",
        version_table_schema: str | None = None,
        history_table: str = "embedmig_history",
        lock_timeout: float = 60.0,
        lock_engine: Engine | None = None,
        connect_timeout: float = 0.0,
        ddl_lock_timeout: float | None = 3.0,
        transaction: Literal["revision", "all"] = "revision",
        on_ahead: Literal["raise", "warn"] = "raise",
        on_event: Callable[[Event], None] | None = None,
        app_version: str | None = None,
        compare: CompareOptions | None = None,
    ) -> None:
        self._bind = _checked_bind(bind)
        self._metadata = metadata
        self._registry = _checked_registry(migrations, metadata)
        self._lock_engine = lock_engine
        if lock_engine is not None:
            _refuse_translation(lock_engine)
        self._on_ahead = _one_of("on_ahead", on_ahead, ("raise", "warn"))
        self._compare = compare
        self._names_of_tables = (version_table, history_table, version_table_schema)
        self._settings = Settings(
            lock_timeout=_seconds("lock_timeout", lock_timeout),
            connect_timeout=_seconds("connect_timeout", connect_timeout),
            ddl_lock_timeout=None
            if ddl_lock_timeout is None
            else _seconds("ddl_lock_timeout", ddl_lock_timeout),
            one_transaction=_one_of("transaction", transaction, ("revision", "all")) == "all",
            dry_run=False,
            app_version=app_version,
            naming_convention=_naming_convention(metadata),
            on_event=on_event,
            sleep=time.sleep,
        )
        if version_table == history_table:
            raise ConfigurationError("version_table and history_table must be two tables")

    # -- moving the database -----------------------------------------------------------------

    def upgrade(self, target: Target = "heads", *, dry_run: bool = False) -> Report:
        """Apply every pending revision up to `target`, under the lock, and record it.

        With nothing pending it is one query: no lock, no write, so a role that may only SELECT is
        enough. Any number of processes may call it at once: each revision runs once, and every
        call returns when the target is reached. `dry_run=True` runs everything and rolls it back,
        where DDL is transactional.

        Raises MigrationFailed (from its cause), LockTimeout, LockLost, DatabaseAhead,
        ForeignDatabase, PartialMigration, and the errors of a bad target.
        """
        if (
            self._means_heads(target)
            and (report := self._nothing_pending(dry_run=dry_run)) is not None
        ):
            return report
        from .plan import CountedOnce

        return self._run(CountedOnce(target, "upgrade"), "upgrade", dry_run=dry_run)

    def downgrade(self, target: str) -> Report:
        """Go back to `target`: an id, `"base"`, `"-1"`, `"label@base"` …

        The whole way is looked at before the first statement: Irreversible is raised where one of
        the revisions has neither a downgrade nor operations that can be reversed. Returns an empty
        report where nothing is left to undo.
        """
        from .plan import CountedOnce

        return self._run(CountedOnce(target, "downgrade"), "downgrade")

    def stamp(self, target: Target, *, purge: bool = False) -> Report:
        """Record that the database stands at `target`, without running anything.

        `purge=True` forgets the present version rows first, even those that nobody knows.
        """
        from .plan import plan_stamp

        if purge:
            return self._run(
                lambda graph, heads: plan_stamp(graph, heads, target, purge=True),
                "stamp",
                purge=True,
            )
        return self._run(lambda graph, heads: plan_stamp(graph, heads, target), "stamp")

    # -- looking at it -----------------------------------------------------------------------

    def current(self) -> tuple[str, ...]:
        """The version rows of the database; empty where nothing has been applied."""
        return self._read(self._heads_of)

    def heads(self) -> tuple[str, ...]:
        """The heads of the registered history; asks no database."""
        return self.graph.real_heads

    def history(self, range: str | None = None) -> tuple[Revision, ...]:
        """Registered revisions from base to head, or a range `"a:b"` of them; asks no database.

        `"current"` in a range stands for where the database is, and does ask it.
        """
        from .plan import history_range

        current = self.current() if range is not None and "current" in range else ()
        return tuple(history_range(self.graph.for_database(current), range, current))

    def pending(self, target: Target = "heads") -> tuple[Revision, ...]:
        """The revisions that upgrade(target) would apply, in order."""
        return tuple(step.revision for step in self.plan(target) if step.direction == "upgrade")

    def plan(
        self, target: Target = "heads", *, direction: Literal["upgrade", "downgrade"] = "upgrade"
    ) -> Plan:
        """The steps that upgrade(target), or downgrade(target), would take; runs none of them."""
        from .plan import plan_downgrade, plan_upgrade
        from .strangers import refuse_strangers

        history = self.graph

        def planned(connection: Connection) -> Plan:
            heads = self._heads_of(connection)
            refuse_strangers(connection, self._tables, history, heads)
            graph = history.for_database(heads)
            if direction == "downgrade":
                return plan_downgrade(graph, heads, _single(target))
            return plan_upgrade(graph, heads, target)

        return self._read(planned)

    def status(self) -> Status:
        """Where the database stands: heads, pending, unknown, interrupted, the lock's holder."""
        graph = self.graph  # a broken history is told before anything is connected to
        return self._read(lambda connection: self._status_of(connection, graph))

    def verify(self) -> None:
        """For processes that must not migrate: raise PendingMigrations or DatabaseAhead, or return.

        One query where everything is applied; needs nothing but SELECT.
        """
        heads, pending = self._read(self._awaited())
        if pending:
            raise PendingMigrations(pending, heads)

    def wait(self, timeout: float = 60.0) -> Report:
        """Wait until somebody else has migrated this database to our heads; `timeout` in seconds.

        Returns at once where that is the case. Raises LockTimeout at the end, and DatabaseAhead or
        ForeignDatabase as `verify` does.
        """
        from .results import Report

        look, started, delay = self._awaited(), time.monotonic(), 0.05
        while True:
            heads, pending = self._read(look)
            if not pending:
                waited = time.monotonic() - started
                return Report(before=heads, after=heads, waited=waited if delay > 0.05 else 0.0)
            if time.monotonic() - started >= timeout:
                at = ", ".join(heads) or "base"
                raise LockTimeout(timeout, advice=f"; the database still stands at {at}")
            self._settings.sleep(min(delay, max(0.0, timeout - (time.monotonic() - started))))
            delay = min(delay * 1.5, 1.0)

    # -- comparing and writing ---------------------------------------------------------------

    def diff(self) -> Diff:
        """The operations that would bring this database to the metadata, in an order that runs.

        False when nothing differs. `uncompared` is what could not be compared and why, `unmanaged`
        what nobody may drop unasked. Reads only. Raises ConfigurationError without metadata, or
        where metadata without tables meets a database that has some.
        """
        return self._compare_in(self._author.diff)

    def check(self) -> None:
        """Raise SchemaDrift where the database differs from the metadata, else return."""
        found = self.diff()
        if found:
            raise SchemaDrift(found, f":\n{found}")

    def autogenerate(
        self,
        message: str | None = None,
        *,
        against: Literal["database", "migrations"] = "database",
        renames: Mapping[str, str] | None = None,
        **where: Unpack[Where],
    ) -> str:
        """The source of a whole module that makes what differs; "" when nothing does.

        Args:
            against: compare the metadata with the database, which must not be behind, or with
                what the registered revisions make of an empty one; that asks no database.
            renames: old name to new, besides those of `CompareOptions`.
            where: revision_id, down_revision ("head"), splice, branch_labels, depends_on and
                transactional, as for `new_revision`.

        Nothing is written to a file. Raises PendingMigrations where the database is behind,
        DatabaseAhead where it is ahead, CannotRender where no source would mean the same, and as
        `new_revision` and `diff` do.
        """
        author = self._author.renaming(renames or {})
        if _one_of("against", against, ("database", "migrations")) == "migrations":
            return author.autogenerate(author.diff_migrations(), message, **where)
        self.verify()
        return author.autogenerate(self._compare_in(author.diff), message, **where)

    def new_revision(self, message: str | None = None, **where: Unpack[Where]) -> str:
        """The source of an empty revision, to be filled by hand.

        `down_revision` takes what targets take: "head" (the default), an id, "label@head", "base",
        or several for a merge. A parent that is no head needs `splice=True`. Raises
        ConfigurationError, MultipleHeads, UnknownRevision and HistoryError for a place that the
        history does not have.
        """
        return self._author.new_revision(message, **where)

    def merge(
        self,
        revisions: Target = "heads",
        message: str | None = None,
        *,
        revision_id: str | None = None,
        branch_labels: str | Sequence[str] = (),
        splice: bool = False,
    ) -> str:
        """The source of a revision that joins several, by default all heads.

        Raises ConfigurationError where there are not two.
        """
        return self._author.merge(
            revisions,
            message,
            revision_id=revision_id,
            branch_labels=branch_labels,
            splice=splice,
        )

    def squash(
        self, range: str, message: str | None = None, *, revision_id: str | None = None
    ) -> str:
        """The source of one revision that replaces those of `"a:b"`, both ends included.

        Databases before, inside and after the range all arrive at the same tables. Data statements
        stay; a revision that asks the database is called by reference, with a comment. Raises
        ConfigurationError and HistoryError for a range that cannot be replaced.
        """
        return self._author.squash(range, message, revision_id=revision_id)

    def draw(
        self, format: Literal["text", "mermaid", "svg"] = "text", *, mark_current: bool = False
    ) -> str:
        """The history as a picture; `mark_current=True` asks the database and marks its rows."""
        from .drawing import draw_mermaid, draw_svg, draw_text

        draws = {"text": draw_text, "mermaid": draw_mermaid, "svg": draw_svg}
        draw = draws[_one_of("format", format, tuple(draws))]
        return draw(self.graph, current=self.current() if mark_current else ())

    def render_sql(
        self,
        target: Target = "heads",
        *,
        start: str | None = None,
        dialect: str | None = None,
        server_version: str | None = None,
        idempotent: bool = False,
        online_only: Literal["raise", "comment"] = "raise",
        rendered_at: datetime | None = None,
    ) -> str:
        """The SQL script that does what upgrade() or downgrade() would do; opens no connection.

        The script takes the lock of upgrade(), stops unless the database stands where the script
        begins, and records what it does, so that the application can go on from any line of it. It
        is made for the database's own client, which must stop at the first error; its header says
        how to run it. An empty string means that there is nothing to do.

        Args:
            target: where to; a range `"a:b"` says where from as well. `"base"`, `"-1"`, or a
                revision that the start stands on renders the way back.
            start: where the database stands; None is base, several heads are named by `"heads"`.
            dialect: a database's name, `postgresql`, `sqlite`, `mysql`, `mariadb`, `mssql` or
                `oracle`, whose driver need not be installed; None is that of `bind`.
            server_version: the server that it is for, such as "16.4". By default what `bind` has
                met, if it has connected, else PostgreSQL 16, SQLite 3.40, MySQL 8.4, MariaDB 10.11,
                SQL Server 2019, Oracle 19.
            idempotent: guard every revision by the version table, so that one script serves
                databases at any revision; on SQLite, which has no blocks, ConfigurationError.
            online_only: where a revision asks the database, `"raise"` NeedsDatabase with its file
                and line, or leave a `"comment"` where the rest of it would stand, and go on. A
                revision's `offline_sql` is written instead of running its function.
            rendered_at: the time in the header; the rest depends on the history alone.

        Raises NeedsDatabase, InvalidOperation for a value that has no literal, ConfigurationError,
        and what upgrade() raises for bad targets and operations.
        """
        from .script import render

        return render(
            self.graph,
            target,
            start=start,
            dialect=dialect if dialect is not None else self._dialect,
            tables=self._tables,
            settings=self._settings,
            server_version=server_version,
            idempotent=idempotent,
            online_only=online_only,
            rendered_at=rendered_at,
        )

    def use_sleep(self, sleep: Callable[[float], None]) -> None:
        """Wait by this function of seconds, as an event loop needs it."""
        self._settings = replace(self._settings, sleep=sleep)

    # -- inside ------------------------------------------------------------------------------

    @property
    def registry(self) -> Registry:
        """The registry this Migrator reads; raises ConfigurationError where there is none."""
        if self._registry is None:
            self._registry = registry_of(self._metadata)
        if isinstance(self._registry, str):
            self._registry = registry_in(self._registry)
        if self._registry is None:
            raise ConfigurationError(
                "no registry: bind one with Registry(__name__, metadata=...) and import that "
                "module, or pass it as Migrator(engine, metadata, registry)"
            )
        return self._registry

    @property
    def graph(self) -> RevisionGraph:
        """The registered history, loaded when first needed."""
        return self.registry.graph

    @cached_property
    def _dialect(self) -> Dialect:
        return dialect_for(self._bind.dialect)

    @cached_property
    def _session(self) -> Session:
        """The part of the dialect that a boot with nothing pending needs."""
        return session_for(self._bind.dialect)

    @cached_property
    def _tables(self) -> Tables:
        session = self._session
        literal = session.literal if session.writes_literals else None
        return Tables(*self._names_of_tables, literal=literal)

    @cached_property
    def _author(self) -> Author:
        """Compares and writes; imported when first asked."""
        from .autogen.author import Author
        from .options import CompareOptions

        return Author(
            registry=self.registry,
            metadata=self._metadata,
            dialect=self._dialect,
            options=self._compare or CompareOptions(),
            naming_convention=self._settings.naming_convention,
            own_tables=self._tables,
        )

    def _compare_in(self, compare: Callable[[Connection], Diff]) -> Diff:
        """Compare inside a transaction that is rolled back, unless it is the caller's."""
        if isinstance(self._bind, Connection):
            return compare(self._bind)
        with self._session.borrow(self._bind) as connection:
            return compare(connection)

    def _read(self, look: Callable[[Connection], T]) -> T:
        """Run a read-only question on a connection of the bind, and leave nothing behind."""
        bind = self._bind
        if isinstance(bind, Connection):
            return look(bind)
        return self._when_ready(lambda: self._look(bind, look))

    def _look(self, engine: Engine, look: Callable[[Connection], T]) -> T:
        with self._session.borrow(engine) as connection:
            if self._session.free_autocommit:
                connection.execution_options(isolation_level="AUTOCOMMIT")
            return look(connection)

    def _awaited(self) -> Callable[[Connection], tuple[tuple[str, ...], Sequence[str]]]:
        """What tells the version rows, and the revisions that somebody has still to run."""
        graph = self.graph  # a broken history is told before anything is connected to

        def look(connection: Connection) -> tuple[tuple[str, ...], Sequence[str]]:
            heads = self._heads_of(connection)
            if graph.head_set == frozenset(heads):
                return heads, ()
            from .plan import plan_upgrade

            job = self._job("upgrade", plan_upgrade)
            return heads, _pending(job.plan_for(connection, heads))

        return look

    def _heads_of(self, connection: Connection) -> tuple[str, ...]:
        joined = isinstance(self._bind, Connection)
        return self._tables.heads_or_none(connection, in_transaction=joined) or ()

    def _means_heads(self, target: Target) -> bool:
        """Whether that is the heads wherever the database stands; a bad target is told later."""
        if target == "heads":
            return True
        from . import targets

        try:
            if targets.counts_steps(target):
                return False
            return self.graph.head_set == frozenset(targets.to_upgrade(self.graph, (), target))
        except TargetError:  # a database inside a replaced range knows more revisions
            return False

    def _nothing_pending(self, *, dry_run: bool) -> Report | None:
        """The usual boot: one query, and the heads are ours; nothing is imported for any other."""
        if self._shares_connection():
            return None
        graph = self.graph
        heads = self._read(self._heads_of)
        if graph.head_set != frozenset(heads):
            return None
        from .results import Report

        return Report(before=heads, after=heads, dry_run=dry_run)

    def _run(
        self,
        make_plan: Callable[[RevisionGraph, tuple[str, ...]], Plan],
        direction: Direction,
        *,
        dry_run: bool = False,
        purge: bool = False,
    ) -> Report:
        from .results import Report

        job = self._job(direction, make_plan, purge=purge)

        def is_done(connection: Connection) -> Report | None:
            heads = self._heads_of(connection)
            if job.plan_for(connection, heads) or (
                direction != "stamp" and self._tables.is_interrupted(connection)
            ):
                return None
            return Report(before=heads, after=heads, dry_run=dry_run)

        report: Report | None = None
        if not self._shares_connection():
            report = self._read(is_done)
        if report is None:
            report = self._do(job, dry_run=dry_run)
            log.info("%s", report)
        return report

    def _when_ready(self, call: Callable[[], T]) -> T:
        """Call, and again while the database is not ready, up to connect_timeout seconds."""
        if self._settings.connect_timeout == 0:
            return call()
        from .readiness import when_ready

        return when_ready(call, self._session.is_not_ready, self._settings)

    def _job(
        self,
        direction: Direction,
        make_plan: Callable[[RevisionGraph, tuple[str, ...]], Plan],
        *,
        purge: bool = False,
    ) -> Job:
        from .job import Job

        return Job(
            direction,
            self.graph,
            make_plan,
            self._tables,
            self._key,
            self._dialect,
            self._settings.naming_convention,
            purge=purge,
            warns_if_ahead=self._on_ahead == "warn",
            app_version=self._settings.app_version,
        )

    def _do(self, job: Job, *, dry_run: bool) -> Report:
        from .runner import Runner

        settings = replace(self._settings, dry_run=dry_run)
        bind = self._bind
        if isinstance(bind, Connection):
            if dry_run:
                raise ConfigurationError("dry_run needs the Engine: roll your transaction back")
            return Runner(job, settings).on_connection(bind)
        return self._when_ready(lambda: Runner(job, settings).on_engine(bind, self._lock_engine))

    def _shares_connection(self) -> bool:
        """Whether a look without the turnstile would disturb another thread's transaction."""
        return isinstance(self._bind, Engine) and self._session.shares_connection(self._bind)

    def _key(self) -> LockKey:
        schema = self._tables.schema or getattr(self._bind.dialect, "default_schema_name", None)
        return LockKey(f"{schema or ''}\0{self._tables.version_name}")

    def _status_of(self, connection: Connection, graph: RevisionGraph) -> Status:
        from .plan import plan_upgrade
        from .results import Status
        from .strangers import ancestry

        heads = self._heads_of(connection)
        unknown = tuple(id for id in heads if graph.get(id) is None)
        known = [id for id in heads if id not in unknown]
        pending = () if unknown else plan_upgrade(graph.for_database(heads), known).steps
        has_history = self._tables.has_history(connection)
        return Status(
            current=heads,
            heads=graph.real_heads,
            pending=tuple(s.revision.id for s in pending if s.direction == "upgrade"),
            unknown=unknown,
            ahead=bool(unknown) and ancestry(connection, self._tables, graph, heads) is not None,
            interrupted=tuple(row.revision for row in self._tables.running(connection))
            if has_history
            else (),
            lock_holder=self._session.holder(connection, self._key()),
        )


def _pending(plan: Plan) -> list[str]:
    """What a plan would run; a squash that it only records is not among it."""
    return [step.revision.id for step in plan if step.direction == "upgrade"]


def _checked_bind(bind: object) -> Engine | Connection:
    if isinstance(bind, Engine | Connection):
        _refuse_translation(bind)
        return bind
    if type(bind).__name__ in ("AsyncEngine", "AsyncConnection"):
        raise ConfigurationError(
            f"Migrator takes an Engine or a Connection; for an {type(bind).__name__} use "
            "embedmig.AsyncMigrator and await its methods"
        )
    raise ConfigurationError(f"Migrator takes an Engine or a Connection, not {bind!r}")


def _refuse_translation(bind: Engine | Connection) -> None:
    """SQLAlchemy translates what it compiles itself, but neither text nor what it reflects."""
    if bind.get_execution_options().get("schema_translate_map"):
        raise ConfigurationError(
            "a bind with a schema_translate_map would make tables in one schema and look for them "
            "in another; pass one without it, whose search_path names the schema (PostgreSQL), and "
            "version_table_schema= for the tables that record migrations"
        )


def _checked_registry(
    migrations: object, metadata: MetaData | Iterable[MetaData] | None
) -> Registry | str | None:
    if migrations is None:
        return registry_of(metadata)
    if isinstance(migrations, Registry | str):
        return migrations
    raise ConfigurationError(f"migrations is a Registry or a package's name, not {migrations!r}")


def _naming_convention(metadata: MetaData | Sequence[MetaData] | None) -> Any:
    first = metadata if metadata is None or isinstance(metadata, MetaData) else metadata[0]
    return first.naming_convention if first is not None else None


def _seconds(name: str, value: float) -> float:
    if not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigurationError(f"{name} is a number of seconds, not {value!r}")
    return float(value)


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ConfigurationError(f"{name}={value!r}: use one of {', '.join(choices)}")
    return value


def _single(target: Target) -> str:
    if not isinstance(target, str):
        raise ConfigurationError("a downgrade has one target")
    return target
