"""The catalog: tables as of a point of the history, cheap to watch, able to say what was."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import ops
from embedmig.catalog import Catalog, LiveCatalog, evolve
from embedmig.errors import UnknownTable
from embedmig.ops.fingerprint import fingerprint
from tests.databases import Database
from tests.support import apply, recorded


def replayed(*functions: Any, **options: Any) -> Catalog:
    catalog = Catalog(**options)
    for operation in recorded(*functions):
        catalog.observe(operation)
    return catalog


def user(op: Any) -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), nullable=False, server_default="x", comment="c"),
        sa.Column("boss", sa.ForeignKey("user.id", name="fk_boss", ondelete="CASCADE")),
        sa.Column("active", sa.Boolean(name="ck_active", create_constraint=True)),
        sa.UniqueConstraint("name", name="uq_name"),
        sa.CheckConstraint("name > ''", name="ck_name"),
        sa.Index("ix_lower", sa.text("lower(name)")),
        comment="people",
    )


# -- replay ------------------------------------------------------------------------------------


def test_a_table_is_what_it_was_at_that_point_of_the_history() -> None:
    """A data migration gets this table, not the application's of today."""
    catalog = replayed(user)
    before = catalog.table("user")
    for operation in recorded(
        lambda op: op.rename_column("user", "name", "nick"),
        lambda op: op.add_column("user", sa.Column("age", sa.Integer)),
        lambda op: op.drop_column("user", "active"),
    ):
        catalog.observe(operation)
    assert list(before.c.keys()) == ["id", "name", "boss", "active"]
    assert list(catalog.table("user").c.keys()) == ["id", "nick", "boss", "age"]


def test_an_unknown_table_is_an_error_that_says_why() -> None:
    with pytest.raises(UnknownTable, match="does not exist"):
        replayed(user).table("nobody")
    with pytest.raises(UnknownTable, match="executed as text"):
        replayed(lambda op: op.execute("CREATE TABLE nobody (a INT)")).table("nobody")


def test_raw_sql_is_remembered_by_its_description() -> None:
    catalog = replayed(lambda op: op.execute("CREATE VIEW v AS SELECT 1"))
    assert catalog.raw_sql_seen == ["execute CREATE …"]
    assert replayed(lambda op: op.execute("DELETE FROM t")).raw_sql_seen == []


def test_renaming_reaches_everything_that_speaks_of_it() -> None:
    catalog = replayed(
        user,
        lambda op: op.create_table("pet", sa.Column("owner", sa.ForeignKey("user.id"))),
        lambda op: op.rename_column("user", "id", "key"),
        lambda op: op.rename_column("user", "name", "nick"),
        lambda op: op.rename_table("user", "person"),
    )
    person = catalog.state("person")
    assert {c.constraint_name: getattr(c, "columns", None) for c in person.constraints} == {
        None: ("key",),
        "fk_boss": ("boss",),
        "uq_name": ("nick",),
        "ck_name": None,
    }
    (check,) = (c for c in person.constraints if isinstance(c, ops.CreateCheckConstraint))
    assert str(check.condition) == "nick > ''"
    assert str(person.indexes[0].columns[0]) == "lower(nick)"
    for name in ("person", "pet"):
        (key,) = catalog.table(name).foreign_key_constraints
        assert [e.target_fullname for e in key.elements] == ["person.key"]


def test_renaming_leaves_what_only_has_the_same_word() -> None:
    """In a CHECK, an index, its WHERE and a generated column, whatever they are made of."""
    catalog = replayed(
        lambda op: op.create_table(
            "t",
            sa.Column("name", sa.Text),
            sa.Column("g", sa.Text, sa.Computed("name || ' no name'")),
            sa.CheckConstraint("name <> 'no name'", name="ck"),
            sa.CheckConstraint(sa.column("name") != sa.literal_column("'no name'"), name="made"),
        ),
        lambda op: op.create_index(
            "ix",
            "t",
            [
                sa.desc("name"),
                sa.text("(name || ' no name' || :more)").bindparams(more="name"),
                sa.func.lower(sa.literal_column("name || ' no name'")),
            ],
            sqlite_where=sa.text("name <> 'no name'"),
        ),
        lambda op: op.rename_column("t", "name", "new name"),
    )
    state = catalog.state("t")
    (index,) = state.indexes
    generated = state.columns["g"].computed
    assert [str(c.condition) for c in state.constraints if hasattr(c, "condition")] == [
        "\"new name\" <> 'no name'",
        "\"new name\" != 'no name'",
    ]
    assert generated is not None
    assert str(generated.sqltext) == "\"new name\" || ' no name'"
    made: list[Any] = list(index.columns)
    assert [str(c.compile(compile_kwargs={"literal_binds": True})) for c in made] == [
        '"new name" DESC',
        "(\"new name\" || ' no name' || 'name')",
        "lower(\"new name\" || ' no name')",
    ]
    assert str(index.options["sqlite_where"]) == "\"new name\" <> 'no name'"


def test_an_index_in_descending_order_goes_with_its_column() -> None:
    catalog = replayed(
        user,
        lambda op: op.create_index("ix", "user", [sa.desc("name")]),
        lambda op: op.drop_column("user", "name"),
    )
    assert catalog.state("user").indexes == []


def test_dropping_a_column_takes_along_what_stands_on_it() -> None:
    catalog = replayed(user, lambda op: op.drop_column("user", "name"))
    state = catalog.state("user")
    assert [c.constraint_name for c in state.constraints] == [None, "fk_boss"]
    assert state.indexes == []


def test_a_check_of_a_type_can_be_dropped_by_its_name() -> None:
    catalog = replayed(user, lambda op: op.drop_constraint("ck_active", "user", "check"))
    names = {c.name for c in catalog.table("user").constraints}
    assert "ck_active" not in names
    assert "ck_name" in names


def test_a_naming_convention_is_applied_and_found_again() -> None:
    convention = {"ck": "ck_%(table_name)s_%(constraint_name)s", "uq": "uq_%(column_0_name)s"}
    catalog = replayed(
        lambda op: op.create_table(
            "t",
            sa.Column("a", sa.Integer, unique=True),
            sa.CheckConstraint("a > 0", name="positive"),
        ),
        lambda op: op.create_check_constraint("small", "t", "a < 9"),
        lambda op: op.drop_constraint("positive", "t", "check"),
        naming_convention=convention,
    )
    names = [c.constraint_name for c in catalog.state("t").constraints]
    assert names == ["uq_a", "ck_t_small"]


def test_if_exists_and_if_not_exists_are_understood() -> None:
    catalog = replayed(
        user,
        lambda op: op.create_table("user", sa.Column("z", sa.Integer), if_not_exists=True),
        lambda op: op.add_column("user", sa.Column("name", sa.Text), if_not_exists=True),
        lambda op: op.drop_column("user", "nothing", if_exists=True),
        lambda op: op.drop_table("nothing", if_exists=True),
    )
    assert isinstance(catalog.table("user").c.name.type, sa.String)
    assert "z" not in catalog.table("user").c


def test_watching_costs_the_same_however_long_the_history_is() -> None:
    """A boot replays a thousand revisions; nobody asks for most of their tables."""
    catalog = Catalog()
    creates = [ops.CreateTable(f"t{n}", (sa.Column("a", sa.Integer),)) for n in range(2_000)]
    started = time.process_time()
    for operation in creates:
        catalog.observe(operation)
    assert time.process_time() - started < 0.5
    assert all(not operation._built for operation in creates)


def test_a_copy_goes_on_by_itself() -> None:
    catalog = replayed(user)
    twin = catalog.copy()
    for operation in recorded(lambda op: op.drop_column("user", "boss")):
        twin.observe(operation)
    assert "boss" in catalog.table("user").c
    assert "boss" not in twin.table("user").c


def test_schemas_keep_tables_apart() -> None:
    catalog = replayed(
        lambda op: op.create_table("t", sa.Column("a", sa.Integer)),
        lambda op: op.create_schema("s"),
        lambda op: op.create_table("t", sa.Column("b", sa.Integer), schema="s"),
        lambda op: op.drop_table("t"),
    )
    assert not catalog.has_table("t")
    assert list(catalog.table("t", "s").c.keys()) == ["b"]
    assert catalog.has_schema("s") is True
    assert catalog.has_schema("other") is None
    assert [t.fullname for t in catalog.tables()] == ["s.t"]


def test_enums_are_followed_into_every_column() -> None:
    catalog = replayed(
        lambda op: op.create_table("t", sa.Column("a", sa.Enum("x", "y", name="e"))),
        lambda op: op.create_table("u", sa.Column("b", sa.ARRAY(sa.Enum("x", "y", name="e")))),
        lambda op: op.add_enum_value("e", "w", before="y"),
        lambda op: op.rename_enum_value("e", "x", "z"),
        lambda op: op.rename_table("u", "v"),
    )
    assert catalog.enum("e") == ("z", "w", "y")
    assert catalog.enum_users("e") == [((None, "t"), "a"), ((None, "v"), "b")]
    assert catalog.table("t").c.a.type.enums == ["z", "w", "y"]
    assert catalog.table("v").c.b.type.item_type.enums == ["z", "w", "y"]
    for operation in recorded(lambda op: op.drop_table("t"), lambda op: op.drop_column("v", "b")):
        catalog.observe(operation)
    assert catalog.enum("e") is None


@pytest.mark.parametrize("default", ["it's", sa.text("'it''s'")])
def test_a_default_goes_along_with_its_enum_value(default: Any) -> None:
    enum = sa.Enum("it's", "x", "y", name="e")
    catalog = replayed(
        lambda op: op.create_table("t", sa.Column("a", enum, server_default=default)),
        lambda op: op.rename_enum_value("e", "it's", "z"),
        lambda op: op.drop_enum_value("e", "z", replacement="y"),
        lambda op: op.drop_enum_value("e", "x", replacement="y"),
    )
    kept: Any = catalog.table("t").c.a.server_default
    assert str(kept.arg).strip("'") == "y"


def test_evolve_makes_a_new_table() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    changed = evolve(table, ops.AlterColumn("t", "a", type_=sa.Text(), nullable=False))
    assert isinstance(table.c.a.type, sa.Integer)
    assert isinstance(changed.c.a.type, sa.Text)
    assert not changed.c.a.nullable


# -- completing --------------------------------------------------------------------------------


def test_a_dropped_table_can_come_back() -> None:
    catalog = replayed(user)
    back = catalog.complete(ops.DropTable("user")).reverse()
    (original,) = recorded(user)
    assert fingerprint(back) == fingerprint(original)


def test_a_dropped_column_comes_back_with_what_stood_on_it() -> None:
    catalog = replayed(user)
    drop = catalog.complete(ops.DropColumn("user", "name"))
    catalog.observe(drop)
    catalog.observe(drop.reverse())
    state = catalog.state("user")
    assert {c.constraint_name for c in state.constraints} == {None, "fk_boss", "uq_name", "ck_name"}
    assert [i.index_name for i in state.indexes] == ["ix_lower"]


def test_what_existed_is_filled_in_and_what_was_given_is_believed() -> None:
    op = replayed(user).complete(ops.AlterColumn("user", "name", nullable=True))
    assert isinstance(op, ops.AlterColumn)
    assert isinstance(op.existing_type, sa.String)
    assert op.existing_nullable is False
    assert op.existing_comment == "c"
    assert op.existing_server_default.arg == "x"
    told = ops.AlterColumn("user", "name", nullable=True, existing_type=sa.Text())
    believed = replayed(user).complete(told)
    assert isinstance(believed, ops.AlterColumn)
    assert isinstance(believed.existing_type, sa.Text)


@pytest.mark.parametrize(
    "op",
    [
        ops.DropConstraint("user", constraint_name="uq_name"),
        ops.DropConstraint("user", type_="unique", columns=("name",)),
        ops.DropConstraint("user", type_="primary"),
        ops.DropIndex("ix_lower"),
        ops.CreateTableComment("user", "new"),
        ops.DropTableComment("user"),
        ops.DropSequence("q"),
        ops.AlterSequence("q", options={"increment": 5}),
        ops.DropEnum("e"),
        ops.DropEnumValue("e", "x"),
        ops.AlterColumn("user", "name", new_column_name="z", type_=sa.Text(), server_default=None),
        ops.BatchAlterTable(
            "user", (ops.DropColumn("user", "boss"), ops.AlterColumn("user", "name", comment=None))
        ),
    ],
    ids=lambda op: op.describe(),
)
def test_a_completed_operation_can_be_reversed(op: ops.Operation) -> None:
    catalog = replayed(
        user,
        lambda op: op.create_sequence("q", increment=2),
        lambda op: op.create_enum("e", ["x", "y"]),
    )
    completed = catalog.complete(op)
    assert fingerprint(completed.reverse())


def test_completing_what_is_not_known_leaves_it_as_it_is() -> None:
    op = ops.DropColumn("nobody", "a")
    assert Catalog().complete(op) is op


# -- live --------------------------------------------------------------------------------------


def count_queries(engine: sa.Engine) -> list[str]:
    seen: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda c, cur, sql, *rest: seen.append(sql))
    return seen


def test_a_live_catalog_reads_a_table_when_it_is_asked_for_and_once(db: Database) -> None:
    engine = db.engine()
    with engine.connect() as connection:
        apply(connection, *recorded(lambda op: op.create_table("t", sa.Column("a", sa.Integer))))
        seen = count_queries(engine)
        catalog = LiveCatalog(connection)
        catalog.observe(ops.AlterColumn("u", "a", nullable=True))
        assert seen == []
        catalog.table("t")
        reading = len(seen)
        assert reading > 0
        catalog.table("t")
        catalog.observe(ops.AlterColumn("t", "a", comment="x"))
        assert catalog.table("t").c.a.comment == "x"
        assert len(seen) == reading


def test_a_live_catalog_forgets_when_sql_was_executed_as_text(db: Database) -> None:
    with db.engine().connect() as connection:
        apply(connection, *recorded(lambda op: op.create_table("t", sa.Column("a", sa.Integer))))
        catalog = LiveCatalog(connection)
        catalog.table("t")
        execute = ops.ExecuteSQL("ALTER TABLE t ADD COLUMN b INTEGER")
        apply(connection, execute, catalog=catalog)
        assert list(catalog.table("t").c.keys()) == ["a", "b"]


def test_a_live_catalog_says_what_is_not_there(db: Database) -> None:
    with db.engine().connect() as connection:
        catalog = LiveCatalog(connection)
        assert not catalog.has_table("t")
        with pytest.raises(UnknownTable):
            catalog.table("t")


def drop_check(said: str) -> ops.Operation:
    (drop,) = recorded(lambda op: op.drop_constraint(None, "t", type_="check", condition=said))
    return drop


@pytest.mark.parametrize("said", ["a IN (1, 2)", "a IN(1,2)", "a  IN (1,\n2)"])
def test_a_check_is_found_by_its_text_however_that_is_spaced(said: str) -> None:
    catalog = Catalog()
    catalog.observe(ops.CreateTable("t", (sa.Column("a", sa.Integer),)))
    catalog.observe(ops.CreateCheckConstraint("t", "a IN (1, 2)"))
    catalog.observe(ops.CreateCheckConstraint("t", "a <> ' '"))
    catalog.observe(drop_check(said))
    (left,) = catalog.state("t").constraints
    assert isinstance(left, ops.CreateCheckConstraint)
    assert str(left.condition) == "a <> ' '"


def test_space_inside_of_quotes_tells_two_checks_apart() -> None:
    catalog = Catalog()
    catalog.observe(ops.CreateTable("t", (sa.Column("a", sa.Text),)))
    catalog.observe(ops.CreateCheckConstraint("t", "a <> 'x y'"))
    catalog.observe(drop_check("a <> 'xy'"))
    assert len(catalog.state("t").constraints) == 1
