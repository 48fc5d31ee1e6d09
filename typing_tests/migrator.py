"""What an application sees of a Migrator: checked by mypy --strict, never run."""

from __future__ import annotations

from typing import assert_type

import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry, Report, Revision, Status

registry = Registry(__name__, metadata=sa.MetaData())


@registry.revision("a", down_revision=None, branch_labels=("main",), message="first")
def first(op: Operations) -> None: ...


@first.downgrade
def back(op: Operations) -> None: ...


@registry.revision("b", down_revision=("a", "c"), transactional=False)
def merge(op: Operations) -> None: ...


@registry.revision("d")  # type: ignore[call-arg]  # down_revision is required
def orphan(op: Operations) -> None: ...


def use(engine: sa.Engine, connection: sa.Connection) -> None:
    migrator = Migrator(engine, sa.MetaData(), registry, lock_timeout=10, on_ahead="warn")
    Migrator(connection, [sa.MetaData(), sa.MetaData()], "myapp.migrations")
    Migrator(engine, transaction="whole")  # type: ignore[arg-type]  # "revision" or "all"
    assert_type(first, Revision)
    assert_type(migrator.upgrade("heads", dry_run=True), Report)
    assert_type(migrator.downgrade("-1"), Report)
    assert_type(migrator.stamp(["a", "b"]), Report)
    assert_type(migrator.status(), Status)
    assert_type(migrator.current(), tuple[str, ...])
    assert_type(migrator.heads(), tuple[str, ...])
    assert_type(migrator.pending(), tuple[Revision, ...])
    assert_type(migrator.history("a:b"), tuple[Revision, ...])
    assert_type(migrator.render_sql(dialect="postgresql"), str)
