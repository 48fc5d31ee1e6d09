"""An application that migrates in a process of its own, and the ways it can die.

The history has ten operations of many kinds, data among them, and a revision outside a
transaction. `wanted` is what an undisturbed run leaves; after any fault and one more boot the
database must look the same.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from embedmig import Migrator, Operations, Registry
from embedmig.events import Event, OperationFinished, OperationStarted
from tests.boot import CONTEXT
from tests.databases import Database
from tests.pictures import picture

CONTEXT.set_forkserver_preload(["tests.boot", "tests.faults.harness", "psycopg", "pymysql"])

ITEMS = sa.table("item", sa.column("id"), sa.column("name"), sa.column("price"))
LOG = sa.table("effects", sa.column("what"))
LAST = "f4"
OPERATIONS = 15


def registry() -> Registry:
    """f1 … f4; what a body does to the data can be counted in `effects`."""
    history = Registry()

    @history.revision("f1", down_revision=None)
    def tables(op: Operations) -> None:
        op.create_table("effects", sa.Column("what", sa.String(20)))
        op.create_table(
            "item",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50), nullable=False, index=True),
            sa.Column("price", sa.Integer),
        )
        op.bulk_insert(ITEMS, [{"id": n, "name": f"i{n}", "price": n} for n in range(1, 51)])  # type: ignore[arg-type]
        op.bulk_insert(LOG, [{"what": "f1"}])  # type: ignore[arg-type]

    @history.revision("f2", down_revision="f1")
    def columns(op: Operations) -> None:
        op.add_column("item", sa.Column("note", sa.String(20), server_default="none"))
        op.execute("UPDATE item SET price = price + 1")
        op.alter_column("item", "price", nullable=False)
        op.create_unique_constraint("uq_item_name", "item", ["name"])
        op.execute("INSERT INTO effects (what) VALUES ('f2')")

    @history.revision("f3", down_revision="f2", transactional=False)
    def outside(op: Operations) -> None:
        op.create_index("ix_item_price", "item", ["price", "id"])
        op.execute("UPDATE item SET price = price * 2")
        op.rename_column("item", "note", "remark")
        op.execute("INSERT INTO effects (what) VALUES ('f3')")

    @history.revision(LAST, down_revision="f3")
    def last(op: Operations) -> None:
        op.rename_table("item", "article")
        op.drop_column("article", "remark")

    return history


def boot(url: str, on_event: Callable[[Event], None] | None = None, **options: Any) -> None:
    """Migrate to the head, on a connection of its own."""
    engine = sa.create_engine(url, poolclass=NullPool)
    try:
        Migrator(engine, None, registry(), on_event=on_event, **options).upgrade()
    finally:
        engine.dispose()


@dataclass(frozen=True)
class Death:
    """When the process kills itself: at the n-th operation, before, in or after it."""

    operation: int
    moment: str  # "before" | "in" | "after"

    def __call__(self, event: Event) -> None:
        kind = OperationFinished if self.moment == "after" else OperationStarted
        if not isinstance(event, kind):
            return
        _count[kind] = _count.get(kind, 0) + 1
        if _count[kind] != self.operation:
            return
        if self.moment == "in":
            threading.Thread(target=_die_soon, daemon=True).start()
        else:
            die()


_count: dict[Any, int] = {}


def die() -> None:
    """kill -9, to oneself."""
    os.kill(os.getpid(), signal.SIGKILL)


def _die_soon() -> None:
    time.sleep(0.001)
    die()


def _child(url: str, death: Death | None) -> None:
    try:
        boot(url, death)
        if death is not None:
            signal.pause()  # it comes a moment after the last operation has begun
    except Exception:  # the parent looks at the database, not at us
        os._exit(1)


def start(url: str, death: Death | None = None) -> Any:
    """A booting process."""
    process = CONTEXT.Process(target=_child, args=(url, death))
    process.start()
    return process


def state(engine: sa.Engine) -> dict[str, Any]:
    """Everything that must be the same: schema, rows, version, and what the history says."""
    seen = picture(engine, leave_out={"embedmig_history"})
    with engine.connect() as connection:
        history = sa.text(
            "SELECT revision, direction, status, operations_done FROM embedmig_history"
            " WHERE status <> 'failed' ORDER BY revision"
        )
        seen["history"] = [tuple(row) for row in connection.execute(history)]
    return seen


def undisturbed(db: Database) -> dict[str, Any]:
    """What a run leaves that nobody disturbs; the database is empty again afterwards."""
    engine = db.engine()
    boot(db.dsn)
    wanted = state(engine)
    db.wipe()
    return wanted


def boot_again(db: Database, engine: sa.Engine, wanted: dict[str, Any], what: str) -> None:
    """One more boot finishes the job, whatever happened; then the database is emptied."""
    boot(db.dsn)
    found = state(engine)
    assert found == wanted, what
    db.wipe()
