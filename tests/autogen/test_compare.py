"""What is left alone, what is told, and what a user can say about the comparison."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table

from embedmig import ops
from embedmig.autogen.compare import diff_tables
from embedmig.autogen.pairing import Context
from embedmig.dialects import dialect_for
from embedmig.errors import ConfigurationError
from embedmig.options import ColumnComparison, CompareOptions
from tests.autogen.laws import created, diff, downgrade, run, upgrade, verbs
from tests.databases import Database


def two_tables(*columns: Any) -> MetaData:
    metadata = MetaData()
    Table("account", metadata, Column("id", Integer, primary_key=True), *columns)
    Table("other", metadata, Column("id", Integer, primary_key=True))
    return metadata


# -- never dropped unasked --------------------------------------------------------------------


def test_an_empty_metadata_against_a_full_database_raises(db: Database) -> None:
    engine = db.engine()
    two_tables().create_all(engine)
    with pytest.raises(ConfigurationError, match="import the modules"):
        diff(engine, MetaData())


def test_an_empty_metadata_against_an_empty_database_is_no_difference(db: Database) -> None:
    assert not diff(db.engine(), MetaData())


def test_own_tables_are_never_looked_at(db: Database) -> None:
    engine = db.engine()
    metadata = two_tables()
    metadata.create_all(engine)
    metadata.remove(metadata.tables["other"])
    assert not diff(engine, metadata, own_tables=[(None, "other")])


def test_a_table_that_no_revision_made_is_listed(db: Database) -> None:
    engine = db.engine()
    metadata = two_tables()
    metadata.create_all(engine)
    metadata.remove(metadata.tables["other"])
    found = diff(engine, metadata, managed=lambda schema, name: name != "other")
    assert found.operations == ()
    assert [(u.kind, u.name) for u in found.unmanaged] == [("table", "other")]
    assert "left alone: table other" in str(found)
    asked = diff(engine, metadata, managed=lambda schema, name: False, drop_unmanaged=True)
    assert verbs(asked) == ["drop_table"]


@pytest.mark.only_on("postgresql")
def test_partitions_are_listed_and_their_parent_is_compared(db: Database) -> None:
    engine = db.engine()
    metadata = MetaData()
    Table("log", metadata, Column("at", Integer), postgresql_partition_by="RANGE (at)")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (1) TO (9)")
    found = diff(engine, metadata, drop_unmanaged=True)
    assert found.operations == ()
    assert [(u.name, u.reason) for u in found.unmanaged] == [
        ("log_1", "a partition of another table")
    ]


@pytest.mark.only_on("postgresql")
def test_what_an_extension_owns_is_left_alone(db: Database) -> None:
    engine = db.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS btree_gist")
        connection.exec_driver_sql("CREATE TABLE owned (id integer)")
        connection.exec_driver_sql("ALTER EXTENSION btree_gist ADD TABLE owned")
    found = diff(engine, two_tables(), drop_unmanaged=True)
    assert "drop_table" not in verbs(found)
    assert [u.reason for u in found.unmanaged] == ["owned by the extension btree_gist"]


def test_virtual_tables_and_their_shadows_are_left_alone(sqlite_db: Database) -> None:
    engine = sqlite_db.engine()
    metadata = two_tables()
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIRTUAL TABLE words USING fts5(text)")
    found = diff(engine, metadata, drop_unmanaged=True)
    assert found.operations == ()
    assert {u.name for u in found.unmanaged} > {"words", "words_data"}
    Table("words", metadata, Column("text", sa.Text))
    assert [str(u) for u in diff(engine, metadata).uncompared] == ["table words: a virtual table"]


@pytest.mark.skipif(not hasattr(sa, "CreateView"), reason="SQLAlchemy 2.1 has views")
def test_a_view_is_never_proposed_as_a_table(db: Database) -> None:
    engine = db.engine()
    metadata = two_tables()
    sa.CreateView(sa.select(metadata.tables["account"].c.id), "accounts", metadata=metadata)
    assert sorted(verbs(diff(engine, metadata))) == ["create_table", "create_table"]
    metadata.create_all(engine)
    assert not diff(engine, metadata)


def test_a_temporary_table_is_not_compared(db: Database) -> None:
    """It lives and dies with the connection that makes it."""
    metadata = two_tables()
    Table("scratch", metadata, Column("id", Integer), prefixes=["TEMPORARY"])
    created(db.engine(), metadata)


# -- renames ----------------------------------------------------------------------------------


def renamed(**info: Any) -> MetaData:
    metadata = MetaData()
    Table(
        "person",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("email", String(50), nullable=False, index=True, info=info),
        sa.CheckConstraint("email <> 'mail'", name="ck"),
        info={"renamed_from": "account"} if info else {},
    )
    Table("child", metadata, Column("p", sa.ForeignKey("person.id")))
    return metadata


def before_rename() -> MetaData:
    metadata = MetaData()
    Table(
        "account",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("mail", String(50), nullable=False),
        sa.CheckConstraint("mail <> 'mail'", name="ck"),
        sa.Index("ix_person_email", "mail"),
    )
    Table("child", metadata, Column("p", sa.ForeignKey("account.id")))
    return metadata


@pytest.mark.parametrize("told", ["options", "info"])
def test_a_rename_that_was_told_is_a_rename_and_comes_back(db: Database, told: str) -> None:
    engine = db.engine()
    before_rename().create_all(engine)
    after = renamed(renamed_from="mail") if told == "info" else renamed()
    options = {} if told == "info" else {"renames": {"account": "person", "person.mail": "email"}}
    found = upgrade(engine, after, **options)
    assert verbs(found) == ["rename_table", "rename_column"]
    downgrade(engine, found, before_rename())


def test_a_rename_without_a_hint_is_a_drop_and_an_addition_with_the_line_ready(
    db: Database,
) -> None:
    engine = db.engine()
    two_tables(Column("mail", String(50))).create_all(engine)
    found = diff(engine, two_tables(Column("email", String(50)), Column("age", Integer)))
    assert verbs(found) == ["add_column", "add_column", "drop_column"]
    (hint,) = found.hints
    assert hint.rename.describe() == "rename column account.mail to email"
    assert hint.drop in found.operations
    assert hint.add in found.operations


# -- filters and hooks ------------------------------------------------------------------------


def test_include_name_keeps_things_from_being_looked_at(db: Database) -> None:
    engine = db.engine()
    two_tables(Column("a", Integer), sa.Index("ix_old", "a")).create_all(engine)
    after = two_tables(Column("b", Integer))
    after.remove(after.tables["other"])
    ignored = {"other", "a", "ix_old", "b"}
    found = diff(engine, after, include_name=lambda name, kind, parents: name not in ignored)
    assert not found, str(found)


def test_include_name_is_asked_with_the_kind_and_the_parents(db: Database) -> None:
    engine = db.engine()
    two_tables(Column("a", Integer), sa.Index("ix_a", "a")).create_all(engine)
    asked = []
    diff(
        engine,
        two_tables(),
        include_name=lambda name, kind, parents: asked.append((name, kind, dict(parents))) or True,
    )
    assert ("account", "table", {"schema_name": None}) in asked
    index = next(parents for name, kind, parents in asked if kind == "index")
    assert index["table_name"] == "account"


def test_include_object_is_given_both_sides(db: Database) -> None:
    engine = db.engine()
    two_tables(Column("a", Integer), Column("c", Integer)).create_all(engine)
    asked = {}

    def include(item: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
        asked[kind, name] = (item, reflected, compare_to)
        return name not in ("a", "b")

    found = diff(
        engine, two_tables(Column("b", Integer), Column("c", String(5))), include_object=include
    )
    assert verbs(found) == ["alter_column"]
    assert isinstance(asked["column", "c"][2].type, Integer)
    assert asked["column", "a"][1] is True
    assert asked["table", "account"][2] is not None


def test_compare_type_can_be_switched_off_or_decided(db: Database) -> None:
    engine = db.engine()
    two_tables(Column("a", String(5), nullable=False)).create_all(engine)
    after = two_tables(Column("a", String(9), nullable=True))
    assert diff(engine, after, compare_type=False).operations[0].type_ is None  # type: ignore[attr-defined]  # an AlterColumn
    asked: list[ColumnComparison] = []
    decided = diff(engine, after, compare_type=lambda c: asked.append(c) or False)
    assert decided.operations[0].type_ is None  # type: ignore[attr-defined]  # an AlterColumn
    assert {c.column_name for c in asked} >= {"id", "a"}
    assert diff(engine, after, compare_type=lambda c: None).operations[0].type_.length == 9  # type: ignore[attr-defined]  # an AlterColumn


def test_compare_server_default_can_be_switched_off_or_decided(db: Database) -> None:
    engine = db.engine()
    two_tables(Column("a", String(5), server_default="x")).create_all(engine)
    after = two_tables(Column("a", String(5), server_default="y"))
    assert verbs(diff(engine, after)) == ["alter_column"]
    assert not diff(engine, after, compare_server_default=False)
    assert not diff(engine, after, compare_server_default=lambda c: False)
    same = two_tables(Column("a", String(5), server_default="x"))
    forced = diff(engine, same, compare_server_default=lambda c: c.column_name == "a" or None)
    assert verbs(forced) == ["alter_column"]


def test_a_rewriter_changes_drops_and_adds_operations(db: Database) -> None:
    engine = db.engine()

    def rewrite(op: ops.Operation) -> Any:
        if isinstance(op, ops.CreateTable) and op.table_name == "other":
            return None
        return [op, ops.CreateTableComment("account", "new")]

    found = diff(engine, two_tables(), rewrite=rewrite)
    assert verbs(found) == ["create_table", "create_table_comment"]


def test_a_third_partys_comparator_is_asked_after_ours(db: Database) -> None:
    def triggers(context: Context) -> list[ops.Operation]:
        return [ops.ExecuteSQL(f"-- {len(context.created)} tables")]

    found = diff(db.engine(), two_tables(), comparators=(triggers,))
    assert verbs(found) == ["create_table", "create_table", "execute"]


def test_several_metadatas_are_one(db: Database) -> None:
    engine = db.engine()
    one, two = two_tables(), MetaData()
    Table("third", two, Column("id", Integer, primary_key=True))
    one.create_all(engine)
    assert verbs(diff(engine, [one, two])) == ["create_table"]
    two.create_all(engine)
    assert not diff(engine, [one, two])


def test_a_default_that_is_only_known_to_exist_is_not_compared(db: Database) -> None:
    engine = db.engine()
    two_tables(Column("a", String(5), server_default="x")).create_all(engine)
    assert not diff(engine, two_tables(Column("a", String(5), server_default=sa.FetchedValue())))


# -- order ------------------------------------------------------------------------------------


def circle(*, alter: bool = False) -> MetaData:
    metadata = MetaData()
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        Table(
            name,
            metadata,
            Column("id", Integer, primary_key=True),
            Column(
                "o",
                sa.ForeignKey(f"{other}.id", name=f"fk_{name}", use_alter=alter and name == "c"),
            ),
            Column("self", sa.ForeignKey(f"{name}.id")),
        )
    return metadata


@pytest.mark.parametrize("alter", [False, True])
def test_circles_of_foreign_keys_come_and_go(db: Database, alter: bool) -> None:
    engine = db.engine()
    metadata = circle(alter=alter)
    Table("anchor", metadata, Column("id", Integer, primary_key=True))
    only = MetaData()
    Table("anchor", only, Column("id", Integer, primary_key=True))
    only.create_all(engine)
    found = upgrade(engine, metadata)
    assert diff(engine, only).operations
    gone = upgrade(engine, only)
    assert verbs(gone).count("drop_table") == 3
    downgrade(engine, gone, metadata)
    run(engine, diff(engine, only).operations)
    downgrade(engine, upgrade(engine, metadata), only)
    assert verbs(found).count("create_table") == 3


def chain(length: int) -> MetaData:
    metadata = MetaData()
    for number in range(length):
        items = [Column("up", sa.ForeignKey(f"t{number + 1}.id"))] if number + 1 < length else []
        Table(f"t{number}", metadata, Column("id", Integer, primary_key=True), *items)
    return metadata


def test_told_dependencies_decide_where_foreign_keys_do_not(db: Database) -> None:
    """`Table.add_is_dependent_on()`, for what only the application knows."""
    metadata = two_tables()
    metadata.tables["account"].add_is_dependent_on(metadata.tables["other"])
    engine = db.engine()
    made = [op.full_name for op in diff(engine, metadata).operations]  # type: ignore[attr-defined]  # CreateTables
    assert made == ["other", "account"]
    metadata.tables["other"].add_is_dependent_on(metadata.tables["account"])
    assert len(diff(engine, metadata).operations) == 2, "a circle of them has no end"


def test_tables_are_dropped_in_reverse_order_of_dependency_every_time(db: Database) -> None:
    engine = db.engine()
    metadata = chain(6)
    anchor = chain(1)
    metadata.create_all(engine)
    anchor.tables["t0"].name = "t0"
    keep = MetaData()
    Table("t5", keep, Column("id", Integer, primary_key=True))
    first = upgrade(engine, keep)
    dropped = [op.table_name for op in first.operations if isinstance(op, ops.DropTable)]
    assert dropped == ["t0", "t1", "t2", "t3", "t4"]
    made = diff(engine, metadata)
    assert [op.table_name for op in made.operations] == ["t4", "t3", "t2", "t1", "t0"]  # type: ignore[attr-defined]  # they are CreateTable


# -- the shadow -------------------------------------------------------------------------------


def odd() -> MetaData:
    metadata = MetaData()
    Table(
        "odd",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer, server_default=sa.text("(1 + 1)")),
        Column("g", Integer, sa.Computed("a * 2 + 1", persisted=True)),
        sa.CheckConstraint("a in (1,2,3) or a is null", name="ck_odd"),
    )
    return metadata


@pytest.mark.only_on("postgresql", "mariadb")
def test_without_a_shadow_what_is_open_is_told_and_left(db: Database) -> None:
    engine = db.engine()
    odd().create_all(engine)
    found = diff(engine, odd(), shadow=False)
    assert found.operations == ()
    assert any("shadow=False" in u.reason for u in found.uncompared)


@pytest.mark.only_on("postgresql")
def test_on_a_read_only_connection_what_is_open_is_told(db: Database) -> None:
    odd().create_all(db.engine())
    engine = db.engine(connect_args={"options": "-c default_transaction_read_only=on"})
    found = diff(engine, odd())
    assert found.operations == ()
    assert any("read-only" in u.reason for u in found.uncompared)


@pytest.fixture
def role(postgresql: Database) -> Iterator[str]:
    """An account without any right but to read and to make temporary tables."""
    name = f"r{postgresql.url.database}"
    with postgresql.engine(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
    yield name
    with postgresql.engine(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {name} CASCADE")
        connection.exec_driver_sql(f"DROP ROLE {name}")


def odd_with_an_enum() -> MetaData:
    metadata = odd()
    enum = Column("e", sa.Enum("a", "b", name="kind"), server_default="a")
    metadata.tables["odd"].append_column(enum)
    return metadata


def test_an_account_without_rights_asks_in_its_temporary_schema(
    postgresql: Database, role: str
) -> None:
    odd_with_an_enum().create_all(postgresql.engine())
    engine = sa.create_engine(postgresql.url.set(username=role))
    try:
        same = diff(engine, odd_with_an_enum())
        assert str(same) == "no difference"
        changed = odd_with_an_enum()
        changed.tables["odd"].c.a.server_default = sa.DefaultClause(sa.text("(2 + 2)"))
        assert verbs(diff(engine, changed)) == ["alter_column"]
    finally:
        engine.dispose()


def test_an_account_without_any_right_is_told_what_was_not_compared(
    postgresql: Database, role: str
) -> None:
    odd().create_all(postgresql.engine())
    with postgresql.engine().begin() as connection:
        connection.exec_driver_sql(
            f"REVOKE TEMPORARY ON DATABASE {postgresql.url.database} FROM PUBLIC"
        )
    engine = sa.create_engine(postgresql.url.set(username=role))
    try:
        found = diff(engine, odd())
        assert found.operations == ()
        assert any("permission denied" in u.reason for u in found.uncompared)
    finally:
        engine.dispose()


def test_an_account_that_may_make_no_database_is_told_what_was_not_compared(
    mariadb: Database,
) -> None:
    odd().create_all(mariadb.engine())
    name = f"u{mariadb.url.database}"[:30]
    with mariadb.engine().begin() as connection:
        connection.exec_driver_sql(f"CREATE USER {name}@'%%' IDENTIFIED BY 'x'")
        connection.exec_driver_sql(f"GRANT ALL ON {mariadb.url.database}.* TO {name}@'%%'")
    engine = sa.create_engine(mariadb.url.set(username=name, password="x"))
    try:
        found = diff(engine, odd())
        assert found.operations == ()
        assert any("denied" in u.reason for u in found.uncompared)
    finally:
        engine.dispose()
        with mariadb.engine().begin() as connection:
            connection.exec_driver_sql(f"DROP USER {name}@'%%'")


@pytest.mark.only_on("postgresql")
def test_the_shadow_works_in_autocommit_and_in_the_callers_transaction(db: Database) -> None:
    engine = db.engine()
    odd().create_all(engine)
    assert not diff(engine.execution_options(isolation_level="AUTOCOMMIT"), odd()).uncompared


def snapshot(db: Database) -> list[Any]:
    """All that a shadow could leave behind."""
    with db.engine().connect() as connection:
        if db.name == "postgresql":
            queries = [
                "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_temp%%' ORDER BY 1",
                "SELECT relname FROM pg_class ORDER BY 1",
                "SELECT typname FROM pg_type ORDER BY 1",
                "SELECT conname FROM pg_constraint ORDER BY 1",
            ]
        else:
            queries = [
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
            ]
        return [connection.exec_driver_sql(query).fetchall() for query in queries]


def left_by_the_dead(db: Database) -> list[str]:
    """Scratch databases whose connection is gone; other tests' living ones do not count."""
    with db.engine().connect() as connection:
        if db.name == "postgresql":
            return []  # its shadow is a part of the database, which the snapshot shows
        find = "SHOW DATABASES LIKE 'embedmig\\_shadow%%'"
        names = connection.exec_driver_sql(find).scalars().all()
        living = "SELECT id FROM information_schema.processlist"
        alive = {str(id) for id in connection.exec_driver_sql(living).scalars()}
    return [name for name in names if name.rsplit("_", 3)[1] not in alive]


@pytest.mark.only_on("postgresql", "mariadb")
def test_the_shadow_leaves_nothing_behind_and_locks_no_table(db: Database) -> None:
    """The table is locked by somebody else meanwhile, and the whole database is compared."""
    engine = db.engine()
    odd().create_all(engine)
    before = snapshot(db)
    with engine.connect() as other:
        if db.name == "postgresql":
            other.exec_driver_sql("LOCK TABLE odd IN ACCESS SHARE MODE")
        else:
            other.exec_driver_sql("SELECT * FROM odd")
        changed = odd()
        changed.tables["odd"].c.a.server_default = sa.DefaultClause(sa.text("(2 + 2)"))
        assert verbs(diff(engine, changed)) == ["alter_column"]
        assert not diff(engine, odd())
    assert snapshot(db) == before
    engine.dispose()
    assert left_by_the_dead(db) == []


@pytest.mark.only_on("postgresql")
def test_the_number_of_queries_does_not_grow_with_tables_or_schemas(db: Database) -> None:
    engine = db.engine()
    counts = []
    for number in (1, 30):
        metadata = MetaData()
        with engine.begin() as connection:
            for schema in range(number):
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS s{schema}")
        for table in range(number):
            for schema in (None, f"s{table}"):
                Table(f"t{table}", metadata, Column("id", Integer, primary_key=True), schema=schema)
        metadata.create_all(engine)
        queries: list[str] = []
        with engine.connect() as connection:
            sa.event.listen(
                connection, "before_cursor_execute", lambda *a, q=queries: q.append(a[2])
            )
            from embedmig.autogen.compare import diff as compare

            options = CompareOptions()
            dialect = dialect_for(connection.dialect)
            assert not compare(connection, metadata, dialect=dialect, options=options)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


# -- against the replayed history -------------------------------------------------------------


def test_tables_of_a_replayed_history_are_compared_without_a_database(db: Database) -> None:
    dialect = dialect_for(db.engine().dialect)
    options = CompareOptions()
    before, after = before_rename(), before_rename()
    assert not diff_tables(before.tables.values(), after, dialect=dialect, options=options)
    Table("new", after, Column("id", Integer, primary_key=True))
    after.tables["account"].c.mail.nullable = True
    found = diff_tables(before.tables.values(), after, dialect=dialect, options=options)
    assert verbs(found) == ["create_table", "alter_column"]


def test_what_is_unnamed_in_the_history_is_dropped_by_its_columns(db: Database) -> None:
    dialect = dialect_for(db.engine().dialect)
    before = two_tables(Column("a", Integer), sa.CheckConstraint("a > 1"))
    Table("gone", before, Column("a", Integer), sa.UniqueConstraint("a"))
    found = diff_tables(
        before.tables.values(),
        two_tables(Column("a", Integer)),
        dialect=dialect,
        options=CompareOptions(),
    )
    assert "embedmig_unnamed" not in repr(found)
    dropped = next(op for op in found.operations if isinstance(op, ops.DropTable))
    assert dropped.original is not None
    names = [item.name for item in dropped.original.to_table().constraints]
    assert [name for name in names if name] == []


def test_a_full_schema_is_no_difference_for_the_database_either(db: Database) -> None:
    created(db.engine(), odd())
