"""What operations promise, on every database alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.catalog import LiveCatalog
from embedmig.dialects import dialect_for
from embedmig.errors import InvalidOperation
from embedmig.ops.facade import Operations
from tests.clients import reflected
from tests.databases import Database
from tests.support import apply, recorded, spelled

Directive = Callable[[Operations], Any]


def person(op: Operations) -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(30), nullable=False, server_default="nobody"),
        sa.Column("age", sa.Integer),
        sa.Column("home", sa.String(30)),
    )


def run(connection: sa.Connection, *directives: Directive) -> None:
    apply(connection, *recorded(*directives))


def columns(connection: sa.Connection, table: str = "person") -> dict[str, Any]:
    return {column["name"]: column for column in sa.inspect(connection).get_columns(table)}


# -- nobody has to say what existed --------------------------------------------------------------


def test_altering_one_thing_leaves_everything_else_of_a_column(db: Database) -> None:
    with db.engine().connect() as connection:
        run(connection, person)
        run(connection, lambda op: op.alter_column("person", "name", type_=sa.String(60)))
        run(connection, lambda op: op.alter_column("person", "name", new_column_name="nick"))
        nick = columns(connection)["nick"]
        assert nick["nullable"] is False
        assert "nobody" in nick["default"]
        assert nick["type"].length == 60
        run(connection, lambda op: op.alter_column("person", "nick", nullable=True))
        assert "nobody" in columns(connection)["nick"]["default"]
        run(connection, lambda op: op.alter_column("person", "nick", server_default=None))
        assert columns(connection)["nick"]["default"] in (None, "NULL")
        assert columns(connection)["nick"]["type"].length == 60


def test_rows_survive_what_happens_to_their_columns(db: Database) -> None:
    with db.engine().connect() as connection:
        run(connection, person)
        connection.exec_driver_sql("INSERT INTO person (id, name, age) VALUES (1, 'a b', 5)")
        run(
            connection,
            lambda op: op.alter_column("person", "age", type_=sa.BigInteger(), nullable=False),
            lambda op: op.rename_column("person", "age", "years"),
            lambda op: op.drop_column("person", "home"),
            lambda op: op.add_column(
                "person", sa.Column("note", sa.String(9), server_default="x%")
            ),
            lambda op: op.rename_table("person", "people"),
        )
        row = connection.exec_driver_sql("SELECT id, name, years, note FROM people").one()
        assert tuple(row) == (1, "a b", 5, "x%")


# -- constraints that nobody named ---------------------------------------------------------------


def test_a_constraint_is_dropped_by_its_columns(db: Database) -> None:
    """Autogenerate in Alembic writes drop_constraint(None), which cannot run."""
    with db.engine().connect() as connection:
        run(
            connection,
            person,
            lambda op: op.create_table(
                "pet",
                sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("owner", sa.Integer, sa.ForeignKey("person.id")),
                sa.Column("tag", sa.String(9)),
                sa.UniqueConstraint("tag"),
            ),
        )
        run(
            connection,
            lambda op: op.drop_constraint(None, "pet", "unique", columns=["tag"]),
            lambda op: op.drop_constraint(None, "pet", "foreignkey", columns=["owner"]),
        )
        inspector = sa.inspect(connection)
        assert inspector.get_unique_constraints("pet") == []
        assert inspector.get_foreign_keys("pet") == []


def test_dropping_by_columns_works_after_renames_in_the_same_run(db: Database) -> None:
    with db.engine().connect() as connection:
        run(
            connection,
            person,
            lambda op: op.create_unique_constraint(None, "person", ["home"]),
            lambda op: op.alter_column("person", "home", nullable=False, new_column_name="place"),
            lambda op: op.rename_table("person", "people"),
            lambda op: op.drop_constraint(None, "people", "unique", columns=["place"]),
        )
        assert sa.inspect(connection).get_unique_constraints("people") == []


def test_dropping_what_is_not_there_says_so_and_if_exists_does_not(db: Database) -> None:
    with db.engine().connect() as connection:
        run(connection, person)
        with pytest.raises(InvalidOperation, match="no such constraint"):
            run(
                connection, lambda op: op.drop_constraint(None, "person", "unique", columns=["age"])
            )
        run(
            connection,
            lambda op: op.drop_constraint(
                None, "person", "unique", columns=["age"], if_exists=True
            ),
            lambda op: op.drop_constraint("nothing", "person", "unique", if_exists=True),
        )


# -- if_exists, if_not_exists ----------------------------------------------------------------


def test_what_is_guarded_can_be_done_twice(db: Database) -> None:
    guarded: list[Directive] = [
        lambda op: op.create_table(
            "t",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer, index=True),
            if_not_exists=True,
        ),
        lambda op: op.add_column("t", sa.Column("b", sa.Integer), if_not_exists=True),
        lambda op: op.create_index("ix_b", "t", ["b"], if_not_exists=True),
        lambda op: op.drop_index("ix_b", "t", if_exists=True),
        lambda op: op.drop_column("t", "b", if_exists=True),
        lambda op: op.drop_table("t", if_exists=True),
    ]
    with db.engine().connect() as connection:
        for directive in guarded:
            run(connection, directive)
            run(connection, directive)
        assert not sa.inspect(connection).has_table("t")


def test_a_table_half_made_gets_its_missing_index(db: Database) -> None:
    """Alembic fails on the index that is there already."""

    def create(op: Operations) -> None:
        op.create_table(
            "t",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer, index=True),
            sa.Column("b", sa.Integer, index=True),
            if_not_exists=True,
        )

    with db.engine().connect() as connection:
        run(connection, create, lambda op: op.drop_index("ix_t_b", "t"), create)
        names = {index["name"] for index in sa.inspect(connection).get_indexes("t")}
        assert names == {"ix_t_a", "ix_t_b"}


# -- the table as of this revision ---------------------------------------------------------------


def test_a_data_migration_gets_the_table_of_its_time(db: Database) -> None:
    with db.engine().connect() as connection:
        catalog = LiveCatalog(connection)
        apply(connection, *recorded(person), catalog=catalog)
        apply(connection, *recorded(lambda op: op.drop_column("person", "home")), catalog=catalog)
        table = catalog.table("person")
        assert list(table.c.keys()) == ["id", "name", "age"]
        connection.execute(table.insert(), [{"id": 1, "age": 2}, {"id": 2, "age": 3}])
        connection.execute(table.update().values(age=table.c.age + 1))
        assert connection.scalars(sa.select(table.c.age).order_by("id")).all() == [3, 4]


# -- data --------------------------------------------------------------------------------------


def test_rows_are_inserted_in_bulk_whatever_their_columns(db: Database) -> None:
    def insert(op: Operations) -> None:
        table: Any = sa.table("person", sa.column("id"), sa.column("name"), sa.column("age"))
        op.bulk_insert(
            table,
            [
                {"id": 1, "name": "it's 100% :x"},
                {"id": 2, "name": "b"},
                {"id": 3, "age": 7},
                {"id": 4, "age": op.inline_literal(8)},
            ],
        )
        op.bulk_insert(table, [{"id": 5, "name": "c"}], multiinsert=False)
        op.bulk_insert(table, [])

    with db.engine().connect() as connection:
        run(connection, person, insert)
        rows = connection.exec_driver_sql("SELECT id, name, age FROM person ORDER BY id").all()
        assert [tuple(row) for row in rows] == [
            (1, "it's 100% :x", None),
            (2, "b", None),
            (3, "nobody", 7),
            (4, "nobody", 8),
            (5, "c", None),
        ]


def test_text_is_sent_as_it_stands(db: Database) -> None:
    with db.engine().connect() as connection:
        run(
            connection,
            person,
            lambda op: op.execute("INSERT INTO person (id, name) VALUES (1, '50% \\:x')"),
        )
        assert connection.exec_driver_sql("SELECT name FROM person").scalar_one() == "50% :x"


# -- batch -------------------------------------------------------------------------------------


def test_a_batch_does_all_its_changes_in_their_order(db: Database) -> None:
    def change(op: Operations) -> None:
        with op.batch_alter_table("person") as batch:
            batch.add_column(sa.Column("mail", sa.String(50)))
            batch.alter_column("age", type_=sa.BigInteger(), nullable=False)
            batch.drop_column("home")
            batch.create_unique_constraint("uq_mail", ["mail"])
            batch.alter_column("mail", new_column_name="email")
            batch.create_index("ix_email", ["email", "age"])

    with db.engine().connect() as connection:
        run(connection, person)
        connection.exec_driver_sql("INSERT INTO person (id, age) VALUES (1, 5)")
        run(connection, change)
        found = columns(connection)
        assert list(found) == ["id", "name", "age", "email"]
        assert found["age"]["nullable"] is False
        unique = sa.inspect(connection).get_unique_constraints("person")
        assert [(u["name"], u["column_names"]) for u in unique] == [("uq_mail", ["email"])]
        assert connection.exec_driver_sql("SELECT id, age FROM person").one() == (1, 5)


def renamed_behind(bring: Directive) -> Directive:
    """What is given stands on `age`, which then gets another name."""

    def change(batch: Any) -> None:
        bring(batch)
        batch.alter_column("age", new_column_name="years")

    return change


@pytest.mark.parametrize(
    "change",
    [
        renamed_behind(lambda b: b.create_index("ix", ["age"])),
        renamed_behind(lambda b: b.create_unique_constraint("uq", ["name", "age"])),
        renamed_behind(lambda b: b.create_check_constraint("ck", "age > 5")),
        renamed_behind(lambda b: b.create_check_constraint("ck", sa.column("age") > 5)),
        renamed_behind(lambda b: b.create_foreign_key("fk", "person", ["age"], ["id"])),
        renamed_behind(
            lambda b: b.add_column(sa.Column("c", sa.Integer, sa.Computed("age + 1", True)))
        ),
        renamed_behind(
            lambda b: b.add_column(
                sa.Column("c", sa.Integer, sa.CheckConstraint("c < age", name="ck"))
            )
        ),
        lambda b: (b.create_index("ix", ["age", "name"]), b.drop_column("age")),
        lambda b: (
            b.create_index("ix", ["age"]),
            b.alter_column("age", new_column_name="years"),
            b.create_index("ix_2", ["years"]),
        ),
    ],
    ids=[
        *("an index", "a key", "a CHECK", "a CHECK in columns", "a foreign key"),
        *("a generated column", "a column's CHECK", "a column that goes", "an index on either"),
    ],
)
def test_a_batch_changes_a_column_that_it_has_spoken_of(db: Database, change: Directive) -> None:
    """As the changes do one by one."""

    def in_a_batch(op: Operations) -> None:
        with op.batch_alter_table("person") as batch:
            change(batch)

    (together,) = recorded(in_a_batch)
    found = []
    with db.engine().connect() as connection:
        for changes in ([together], together.changes):  # type: ignore[attr-defined]  # a batch
            run(connection, person)
            apply(connection, *changes)
            found.append(reflected(connection))
            run(connection, lambda op: op.drop_table("person"))
    assert found[0] == found[1]


# -- what makes no sense -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "directive",
    [
        lambda op: op.drop_column("person", "age", mssql_drop_chek=True),
        lambda op: op.alter_column("person", "age", nulable=True),
        lambda op: op.create_table("x", sa.Column("a", sa.ForeignKey("nowhere.id"))),
        lambda op: op.bulk_insert(sa.table("person", sa.column("id")), [{"idd": 1}]),
    ],
    ids=["drop_column", "alter_column", "create_table", "bulk_insert"],
)
def test_a_mistake_is_an_error_before_anything_runs(db: Database, directive: Directive) -> None:
    ddl = dialect_for(db.engine().dialect).ddl
    catalog = ddl.new_catalog()
    for operation in recorded(person):
        catalog.observe(operation)
    with pytest.raises(InvalidOperation):
        spelled(ddl, *recorded(directive), catalog=catalog)


def test_every_operation_can_be_spelled_twice(db: Database) -> None:
    """Spelling changes nothing: what a dry run shows is what the run does."""
    ddl = dialect_for(db.engine().dialect).ddl
    catalog = ddl.new_catalog()
    for operation in recorded(
        person,
        lambda op: op.add_column("person", sa.Column("x", sa.Integer, sa.ForeignKey("person.id"))),
        lambda op: op.create_check_constraint("ck", "person", sa.column("age") > 5),
        lambda op: op.create_index("ix", "person", [sa.text("age"), "name"]),
        lambda op: op.alter_column("person", "name", type_=sa.Text(), nullable=True),
    ):
        texts = [
            [str(statement.sql) for statement in ddl.statements(operation, catalog)]
            for _ in range(2)
        ]
        assert texts[0] == texts[1]
        catalog.observe(operation)
    assert isinstance(catalog.table("person").c.name.type, sa.Text)
