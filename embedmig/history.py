"""The version table and the history table: where a database stands, and how it got there."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from ._sa import Prepared
from .errors import LockLost

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ._sa import Answer
    from .plan import Step

#: Leave the compiled cache of the user's engine alone.
UNCACHED: Mapping[str, Any] = {"compiled_cache": None}

#: A row's id, or the server's variable that has it.
Row: TypeAlias = int | str

#: A statement, and the values that go with it.
Bound: TypeAlias = tuple[sa.Executable, Mapping[str, Any]]

#: The longest revision id, and the width of the version column.
ID_LENGTH = 255


@dataclass(frozen=True)
class Tables:
    """Both tables of one history, and every statement that embedmig sends to them.

    The statements are built and compiled once, so that the cache of a user's engine does not grow.
    """

    version_name: str = "embedmig_version"
    history_name: str = "embedmig_history"
    schema: str | None = None
    #: Writes a value into a statement, where that is quicker than a parameter.
    literal: Callable[[Any], str] | None = field(default=None, repr=False, compare=False)
    _prepared: dict[int, Prepared] = field(default_factory=dict, repr=False, compare=False)
    _made: dict[tuple[Any, ...], sa.Executable] = field(
        default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def version(self) -> sa.Table:
        """One row per head; the shape that Alembic uses too."""
        return sa.Table(
            self.version_name,
            sa.MetaData(),
            sa.Column("version_num", sa.String(ID_LENGTH), nullable=False),
            sa.PrimaryKeyConstraint("version_num", name=f"{self.version_name}_pkc"),
            schema=self.schema,
        )

    @cached_property
    def history(self) -> sa.Table:
        """One row per run of a revision; rows are never deleted."""
        return sa.Table(
            self.history_name,
            sa.MetaData(),
            sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
            sa.Column("revision", sa.String(ID_LENGTH), nullable=False),
            sa.Column("down_revisions", sa.Text),  # a base's is '', which is NULL on Oracle
            sa.Column("direction", sa.String(10), nullable=False),
            sa.Column("status", sa.String(10), nullable=False),
            sa.Column("operations_done", sa.Integer, nullable=False),
            sa.Column("digest", sa.String(64)),
            sa.Column("progress", sa.Text),
            sa.Column("started_at", sa.DateTime, nullable=False),
            sa.Column("finished_at", sa.DateTime),
            sa.Column("duration", sa.Float),
            sa.Column("app_version", sa.String(100)),
            sa.Column("app_requires", sa.String(200)),
            sa.Column("host", sa.String(255)),
            sa.Column("pid", sa.Integer),
            sa.Column("error", sa.Text),
            schema=self.schema,
        )

    @property
    def own(self) -> tuple[tuple[str | None, str], ...]:
        """(schema, name) of both, for those who must leave them alone."""
        return ((self.schema, self.version_name), (self.schema, self.history_name))

    # -- creating ----------------------------------------------------------------------------

    def missing(self, connection: Connection) -> list[sa.Table]:
        """Those of the two tables that the database does not have."""
        has_table = sa.inspect(connection).has_table
        return [
            table
            for table in (self.version, self.history)
            if not has_table(table.name, schema=self.schema)
        ]

    @staticmethod
    def creation(table: sa.Table) -> CreateTable:
        """Plain CREATE: under the lock nobody else creates it, and IF NOT EXISTS races anyway."""
        return CreateTable(table)

    # -- reading -----------------------------------------------------------------------------

    @cached_property
    def select_heads(self) -> sa.Select[Any]:
        """The one query of a boot that finds nothing pending."""
        return sa.select(self.version.c.version_num)

    def heads(self, connection: Connection) -> tuple[str, ...]:
        """The version rows, sorted; raises the driver's error where there is no table."""
        return heads_in(self.execute(connection, self.select_heads))

    def heads_query(self, connection: Connection) -> str:
        """The same as text."""
        return self._prepare(connection, self.select_heads).sql

    def heads_or_none(
        self, connection: Connection, *, in_transaction: bool = False
    ) -> tuple[str, ...] | None:
        """The version rows, or None where there is no version table.

        One query where the table exists. Inside a transaction the table is looked for first, since
        a failed statement would spoil the transaction on some databases.
        """
        if in_transaction:
            return self.heads(connection) if self._has_version(connection) else None
        try:
            return self.heads(connection)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            connection.rollback()
            # The table may have come between the two looks; whatever else it was is raised again.
            return self.heads(connection) if self._has_version(connection) else None

    def no_write(self, connection: Connection) -> str:
        """A statement that changes nothing, and is a write all the same."""
        v = self.version
        none = sa.update(v).where(sa.literal_column("1 = 0")).values(version_num=v.c.version_num)
        return self._prepare(connection, self._once(("none",), lambda: none)).sql

    def _has_version(self, connection: Connection) -> bool:
        return bool(sa.inspect(connection).has_table(self.version_name, schema=self.schema))

    def running(self, connection: Connection) -> list[sa.Row[Any]]:
        """Rows of revisions that began outside a transaction and have not finished."""
        return list(connection.execute(self._select_running, execution_options=UNCACHED).all())

    @cached_property
    def _select_running(self) -> sa.Select[Any]:
        h = self.history
        return sa.select(h).where(h.c.status == "running").order_by(h.c.id)

    def give_up_running(self, connection: Connection) -> None:
        """Close the rows of interrupted runs: a stamp says that somebody has seen to them."""
        h = self.history
        closed = sa.update(h).where(h.c.status == "running").values(status="failed")
        connection.execute(closed, execution_options=UNCACHED)

    def is_interrupted(self, connection: Connection) -> bool:
        """Whether a revision began and did not finish."""
        return self.has_history(connection) and bool(self.running(connection))

    def rows_of(self, connection: Connection, revision: str) -> list[sa.Row[Any]]:
        """Every history row of a revision, the newest first."""
        h = self.history
        statement = sa.select(h).where(h.c.revision == revision).order_by(h.c.id.desc())
        return list(connection.execute(statement, execution_options=UNCACHED).all())

    def has_history(self, connection: Connection) -> bool:
        """Whether the history table exists (a database that Alembic made has none)."""
        return bool(sa.inspect(connection).has_table(self.history_name, schema=self.schema))

    # -- writing -----------------------------------------------------------------------------

    def version_writes(self, step: Step) -> Iterator[Bound]:
        """The writes that move the version rows; each must hit exactly one row."""
        removed, added = list(step.removed), list(step.added)
        if removed and added:
            yield self._update_version, {"old": removed.pop(), "new": added.pop()}
        for id in removed:
            yield self._delete_version, {"old": id}
        for id in added:
            yield self._insert_version, {"version_num": id}

    @cached_property
    def _update_version(self) -> sa.Update:
        v = self.version
        where = v.c.version_num == sa.bindparam("old")
        return sa.update(v).where(where).values(version_num=sa.bindparam("new"))

    @cached_property
    def _delete_version(self) -> sa.Executable:
        return sa.delete(self.version).where(self.version.c.version_num == sa.bindparam("old"))

    @cached_property
    def _insert_version(self) -> sa.Executable:
        return _insert(self.version, ("version_num",))

    def move(self, connection: Connection, step: Step) -> None:
        """Move the version rows as a compare-and-set; raises LockLost where somebody was faster."""
        for statement, parameters in self.version_writes(step):
            result = self.execute(connection, statement, parameters)
            if statement is not self._insert_version and result.rowcount != 1:
                raise LockLost(
                    f"the version row {parameters['old']!r} is gone: another process moved it"
                )

    @cached_property
    def insert_history(self) -> sa.Executable:
        """The record of one run."""
        return sa.insert(self.history)

    def record(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Add a finished run; nobody asks for the new row's id."""
        self.execute(connection, *self._new_row(values, None))

    def text_of_both(
        self, connection: Connection, step: Step, values: Mapping[str, Any]
    ) -> str | None:
        """`move` and `record` as one statement, for a database that takes an UPDATE inside WITH.

        Where the version row is gone, the record has no revision, and the database refuses that:
        nobody needs to look at the answer. What came before it in the same message is part of the
        record's time. None where a step moves more than one row.
        """
        if len(step.removed) != 1 or len(step.added) != 1 or self.literal is None:
            return None
        given = _given(values)
        names = tuple(given)
        statement = self._once(("both", names), lambda: self._move_and_record(names))
        ids = {"old": step.removed[0], "new": step.added[0]}
        return self._prepare(connection, statement).filled_in({**given, **ids}, self.literal)

    def _move_and_record(self, names: tuple[str, ...]) -> sa.Executable:
        moved = self._update_version.returning(self.version.c.version_num).cte("moved")
        record: dict[str, Any] = dict(zip(names, self._record(names), strict=True))
        record["revision"] = sa.select(record["revision"]).select_from(moved).scalar_subquery()
        # https://www.postgresql.org/docs/current/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT
        since = sa.func.clock_timestamp() - sa.func.statement_timestamp()
        if "finished_at" in record:
            record["finished_at"] = sa.cast(record["finished_at"], sa.DateTime) + since
        if "duration" in record:
            record["duration"] += sa.extract("epoch", since)
        return sa.insert(self.history).from_select(list(names), sa.select(*record.values()))

    def begin_row(
        self,
        connection: Connection,
        values: Mapping[str, Any],
        *,
        driver_tells: bool = False,
        guard: str | None = None,
    ) -> int:
        """Add a run that is about to begin; returns the row's id.

        `driver_tells` spares the compilation where the driver knows the id (`cursor.lastrowid`);
        then `guard` may be SQL that must be true, or LockLost is raised.
        """
        if driver_tells:
            added = self.execute(connection, *self._new_row(values, guard))
            if added.rowcount != 1:
                raise LockLost("the lock is no longer ours")
            return int(added.lastrowid)
        result = connection.execute(self.insert_history, values, execution_options=UNCACHED)
        key = result.inserted_primary_key
        assert key is not None  # an INSERT of one row
        return int(key[0])

    def _new_row(self, values: Mapping[str, Any], guard: str | None) -> Bound:
        given = _given(values)
        names = tuple(given)

        def make() -> sa.Executable:
            if guard is None:
                return _insert(self.history, names)
            record = sa.select(*self._record(names)).where(sa.literal_column(guard))
            return sa.insert(self.history).from_select(list(names), record)

        return self._once(("row", guard, names), make), given

    def _record(self, names: Iterable[str]) -> list[sa.BindParameter[Any]]:
        """A value for each of these columns of a row."""
        return [sa.bindparam(name, type_=self.history.c[name].type) for name in names]

    def update_row(
        self, connection: Connection, id: Row, done: int, *, guard: str | None = None, **values: Any
    ) -> None:
        """Move a row on from `done` operations; raises LockLost where it does not stand there.

        `guard` is SQL that must be true: that the lock is still ours.
        """
        if self.execute(connection, *self._moved_row(id, done, guard, values)).rowcount != 1:
            raise LockLost(f"history row {id} was moved on, or the lock is no longer ours")

    def _moved_row(self, id: Row, done: int, guard: str | None, values: Mapping[str, Any]) -> Bound:
        names = tuple(values)

        def make() -> sa.Executable:
            new: dict[str, Any] = {name: sa.bindparam(name) for name in names}
            return sa.update(self.history).where(*self._stands(guard)).values(new)

        statement = self._once(("update", names, guard), make)
        return statement, {"row_id": id, "row_done": done, **values}

    def _stands(self, guard: str | None) -> list[sa.ColumnElement[bool]]:
        h = self.history
        conditions = [
            h.c.id == sa.bindparam("row_id"),
            h.c.operations_done == sa.bindparam("row_done"),
            h.c.status == sa.literal_column("'running'"),
        ]
        return [*conditions, sa.literal_column(guard)] if guard else conditions

    def move_and_finish(
        self, connection: Connection, step: Step, id: Row, done: int, guard: str, **values: Any
    ) -> None:
        """Move one version row and finish a history row by one UPDATE of both tables.

        Raises LockLost where either does not stand where it should.
        """
        names = tuple(values)
        statement = self._once(("join", names, guard), lambda: self._update_both(names, guard))
        ids = {"old": step.removed[0], "new": step.added[0], "row_id": id, "row_done": done}
        if self.execute(connection, statement, {**values, **ids}).rowcount != 2:
            raise LockLost(
                f"version row {ids['old']!r} or history row {id} was moved on by another process, "
                "or the lock is no longer ours"
            )

    def _update_both(self, names: tuple[str, ...], guard: str) -> sa.Executable:
        v = self.version
        new: dict[Any, Any] = {self.history.c[name]: sa.bindparam(name) for name in names}
        new[v.c.version_num] = sa.bindparam("new")
        old = v.c.version_num == sa.bindparam("old")
        return sa.update(v).where(old, *self._stands(guard)).values(new)

    # -- as text -----------------------------------------------------------------------------

    def begin_text(
        self, connection: Connection, values: Mapping[str, Any], guard: str | None
    ) -> str:
        """What `begin_row` sends, with its values, where a database runs several statements."""
        return self._text(connection, *self._new_row(values, guard))

    def update_text(
        self, connection: Connection, id: Row, done: int, *, guard: str | None = None, **values: Any
    ) -> str:
        """What `update_row` sends."""
        return self._text(connection, *self._moved_row(id, done, guard, values))

    def finish_texts(
        self, connection: Connection, step: Step, id: Row, done: int, guard: str, **values: Any
    ) -> tuple[str, str]:
        """What `move_and_finish` does, as one UPDATE for each table; both must hit one row."""
        guarded: sa.ColumnElement[bool] = sa.literal_column(guard)
        move = self._once(("move", guard), lambda: self._update_version.where(guarded))
        ids = {"old": step.removed[0], "new": step.added[0]}
        return (
            self._text(connection, move, ids),
            self.update_text(connection, id, done, **values),
        )

    def _text(
        self, connection: Connection, statement: sa.Executable, parameters: Mapping[str, Any]
    ) -> str:
        assert self.literal is not None  # a session that `has_blocks`
        text = self._prepare(connection, statement).filled_in(parameters, self.literal)
        assert text is not None
        return text

    def _once(self, key: tuple[Any, ...], make: Callable[[], sa.Executable]) -> sa.Executable:
        """A statement that depends on more than the tables: the same object for the same key."""
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = make()
        return made

    def execute(
        self,
        connection: Connection,
        statement: sa.Executable,
        parameters: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Run one of these statements, compiled once for all revisions and all connections."""
        return self._prepare(connection, statement).send(connection, parameters or {}, self.literal)

    def _prepare(self, connection: Connection, statement: sa.Executable) -> Prepared:
        prepared = self._prepared.get(id(statement))
        if prepared is None:
            prepared = Prepared(statement, connection.dialect)
            self._prepared[id(statement)] = prepared
        return prepared


def heads_in(answer: Answer) -> tuple[str, ...]:
    """The version rows, sorted."""
    return tuple(sorted(str(row[0]) for row in answer.rows))


def history_values(
    step: Step, *, app_version: str | None, status: str = "done", started_at: datetime | None = None
) -> dict[str, Any]:
    """The facts of a run that are known before it begins."""
    return {
        "revision": step.revision.id,
        "down_revisions": " ".join(step.revision.down_revisions),
        "direction": step.direction,
        "status": status,
        "operations_done": 0,
        "digest": None,
        "progress": None,
        "started_at": started_at or now(),
        "finished_at": None,
        "duration": None,
        "app_version": app_version,
        "app_requires": getattr(step.revision, "app_requires", None),
        "host": socket.gethostname()[:255],
        "pid": os.getpid(),
        "error": None,
    }


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is NULL, which a row is anyway."""
    return {name: value for name, value in values.items() if value is not None}


def _insert(table: sa.Table, names: Iterable[str]) -> sa.Executable:
    return sa.insert(table).values({name: sa.bindparam(name) for name in names}).inline()


def now() -> datetime:
    """UTC, without a zone: as the history table keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)
