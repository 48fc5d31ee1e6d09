"""A server that would cut values to make them fit is strict while it is migrated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from embedmig.errors import MigrationFailed
from tests.clients import run
from tests.databases import Database


def made(op: Operations) -> None:
    op.create_table(
        "t",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.String(20)),
    )
    op.execute("INSERT INTO t VALUES (1, NULL, 'abcdef')")


def not_null(op: Operations) -> None:
    op.alter_column("t", "a", nullable=False)


def shorter(op: Operations) -> None:
    op.alter_column("t", "b", type_=sa.String(3))


def too_long(op: Operations) -> None:
    op.execute("INSERT INTO t VALUES (2, 2, 'longer than its column takes')")


@pytest.mark.parametrize("change", [not_null, shorter, too_long])
@pytest.mark.parametrize("mode", ["", "NO_ZERO_DATE,ANSI_QUOTES"])
def test_values_that_do_not_fit_are_refused_whatever_the_mode(
    mariadb: Database, tmp_path: Path, change: Callable[[Operations], None], mode: str
) -> None:
    registry = Registry()
    registry.revision("r1", down_revision=None)(made)
    registry.revision("r2", down_revision="r1")(change)
    engine = mariadb.engine(connect_args={"sql_mode": mode})
    migrator = Migrator(engine, None, registry)
    migrator.upgrade("r1")
    with pytest.raises(MigrationFailed, match="r2 failed"):
        migrator.upgrade()
    migrator.stamp("r1")
    script = f"SET SESSION sql_mode = '{mode}';\n{migrator.render_sql('r1:r2')}"
    assert run(mariadb, script, tmp_path).returncode != 0
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM t").all() == [(1, None, "abcdef")]
