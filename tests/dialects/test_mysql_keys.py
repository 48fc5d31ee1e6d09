"""An index goes with the foreign key that the server made it for; the application's own stays."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry
from tests.databases import Database

Directive = Callable[[Operations], None]


def tables(op: Operations) -> None:
    op.create_table("p", sa.Column("id", sa.Integer, primary_key=True))
    key = sa.Column("id", sa.Integer, primary_key=True)
    op.create_table("c", key, sa.Column("tid", sa.Integer))


def index(op: Operations) -> None:
    op.create_index("tid", "c", ["tid"])


def foreign_key(op: Operations) -> None:
    op.create_foreign_key(None, "c", "p", ["tid"], ["id"])


def without_foreign_key(op: Operations) -> None:
    op.drop_constraint(None, "c", "foreignkey", columns=["tid"])


def renamed(op: Operations) -> None:
    op.rename_table("c", "d")
    op.drop_constraint(None, "d", "foreignkey", columns=["tid"])
    op.rename_table("d", "c")


def indexes(engine: sa.Engine) -> list[str | None]:
    with engine.connect() as connection:
        return [found["name"] for found in sa.inspect(connection).get_indexes("c")]


def history(*bodies: tuple[Directive, ...]) -> Registry:
    registry, parent = Registry(), None
    for number, directives in enumerate(bodies, 1):

        def body(op: Operations, directives: tuple[Directive, ...] = directives) -> None:
            for directive in directives:
                directive(op)

        registry.revision(f"r{number}", down_revision=parent)(body)
        parent = f"r{number}"
    return registry


@pytest.mark.parametrize(
    ("bodies", "left"),
    [
        ([(tables, index, foreign_key), (without_foreign_key,)], ["tid"]),
        ([(tables, index), (foreign_key,), (renamed,)], ["tid"]),
        ([(tables,), (index, foreign_key, without_foreign_key)], ["tid"]),
        ([(tables, foreign_key), (without_foreign_key,)], []),
        ([(tables,), (foreign_key, without_foreign_key)], []),
    ],
    ids=["before", "under another name", "in one revision", "the server's", "the server's at once"],
)
def test_an_index_that_an_operation_made_stays(
    mariadb: Database, bodies: list[tuple[Directive, ...]], left: list[str]
) -> None:
    """Of the same name as the server's own would have; a script leaves the same."""
    engine = mariadb.engine()
    migrator = Migrator(engine, None, history(*bodies))
    migrator.upgrade()
    assert indexes(engine) == left
    drops = re.findall(r"ALTER TABLE \w+ DROP FOREIGN KEY.*", migrator.render_sql())
    assert ["DROP INDEX" in text for text in drops] == [not left]


def test_a_history_that_cannot_be_replayed_takes_the_index_for_the_servers(
    mariadb: Database,
) -> None:
    def unknown(op: Operations) -> None:
        op.execute("CREATE TABLE x (id INTEGER)")
        op.bulk_insert(op.table("x"), [{"id": 1}])

    engine = mariadb.engine()
    bodies = (tables, foreign_key), (unknown,), (without_foreign_key,)
    Migrator(engine, None, history(*bodies)).upgrade()
    assert indexes(engine) == []


def test_an_index_and_a_foreign_key_go_back_together(mariadb: Database) -> None:
    engine = mariadb.engine()
    migrator = Migrator(engine, None, history((tables,), (index, foreign_key)))
    migrator.upgrade()
    migrator.downgrade("r1")
    assert indexes(engine) == []
    migrator.upgrade()
    assert indexes(engine) == ["tid"]
