"""New, merged and squashed revisions: their place in the history, and what they do."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from embedmig import Migrator, Registry, ops
from embedmig.autogen.authoring import (
    from_diff,
    merge,
    needs_autocommit,
    new_revision,
    squash,
)
from embedmig.autogen.diff import Diff, RenameHint, Uncompared
from embedmig.dialects import dialect_for
from embedmig.errors import (
    ConfigurationError,
    DuplicateRevision,
    HistoryError,
    InvalidRevisionId,
    MultipleHeads,
    UnknownRevision,
)
from tests.autogen.sources import execute
from tests.databases import Database

SQLITE = dialect_for(sqlite.dialect())
POSTGRESQL = dialect_for(postgresql.dialect())


def history(*links: tuple[str, Any], **labels: str) -> Registry:
    """A registry of empty revisions: (id, parents) pairs, and id=label."""
    registry = Registry()
    for id, parents in links:
        label = labels.get(id, ())
        registry.revision(id, down_revision=parents, branch_labels=label)(lambda op: None)
    return registry


def parsed(source: str, registry: Registry) -> Any:
    """The revision that the source registers."""
    known = {revision.id for revision in registry.revisions}
    execute(source, registry)
    [new] = [revision for revision in registry.revisions if revision.id not in known]
    return new


# -- an empty one ----------------------------------------------------------------------------


def test_the_first_revision_is_a_base() -> None:
    registry = Registry()
    made = parsed(new_revision(registry, "first"), registry)
    assert (made.down_revisions, made.message) == ((), "first")
    assert made.downgrade_function is None, "so that going back raises, not passes"


def test_a_revision_follows_the_head() -> None:
    registry = history(("a1", None), ("b1", "a1"))
    made = parsed(new_revision(registry, "next", revision_id="c1"), registry)
    assert (made.id, made.down_revisions) == ("c1", ("b1",))


def test_what_a_revision_may_say() -> None:
    registry = history(("aaaa1", None), ("bbbb1", "aaaa1"), ("cccc1", "aaaa1"), bbbb1="left")
    made = parsed(
        new_revision(
            registry,
            "  several\n  lines ",
            down_revision="left@head",
            branch_labels="new",
            depends_on=("left", "cccc"),
            transactional=False,
        ),
        registry,
    )
    assert made.down_revisions == ("bbbb1",)
    assert made.branch_labels == ("new",)
    assert made.depends_on == ("left", "cccc1"), "a label stays, a prefix becomes the id"
    assert made.message == "several lines"
    assert made.transactional is False


def test_a_new_base_and_a_merge_by_hand() -> None:
    registry = history(("a1", None), ("b1", "a1"), ("c1", "a1"))
    assert parsed(new_revision(registry, down_revision="base"), registry).down_revisions == ()
    made = parsed(new_revision(registry, down_revision=("b1", "c1")), registry)
    assert made.down_revisions == ("b1", "c1")


def test_two_heads_must_be_told_apart() -> None:
    registry = history(("a1", None), ("b1", "a1"), ("c1", "a1"))
    with pytest.raises(MultipleHeads, match="b1, c1"):
        new_revision(registry)


def test_a_parent_that_is_no_head_needs_splice() -> None:
    registry = history(("a1", None), ("b1", "a1"))
    with pytest.raises(ConfigurationError, match=r"a1 is not a head.*splice=True"):
        new_revision(registry, down_revision="a1")
    made = parsed(new_revision(registry, down_revision="a1", splice=True), registry)
    assert made.down_revisions == ("a1",)


def test_a_history_that_would_break_is_refused() -> None:
    registry = history(("a1", None), ("b1", "a1"), b1="left")
    with pytest.raises(DuplicateRevision, match="'a1'"):
        new_revision(registry, revision_id="a1")
    with pytest.raises(HistoryError, match="'left'"):
        new_revision(registry, branch_labels="left")
    with pytest.raises(InvalidRevisionId):
        new_revision(registry, revision_id="a@b")
    with pytest.raises(UnknownRevision):
        new_revision(registry, depends_on="nowhere")


# -- merging ---------------------------------------------------------------------------------


def test_merge_joins_all_heads() -> None:
    registry = history(("a1", None), ("b1", "a1"), ("c1", "a1"))
    made = parsed(merge(registry), registry)
    assert made.down_revisions == ("b1", "c1")
    assert made.message == "merge b1 and c1"
    assert registry.graph.heads == (made.id,)


def test_merge_needs_two() -> None:
    registry = history(("a1", None), ("b1", "a1"))
    with pytest.raises(ConfigurationError, match="two revisions or more, not b1"):
        merge(registry)
    with pytest.raises(ConfigurationError, match="not a head"):
        merge(registry, ("a1", "b1"))
    assert parsed(merge(registry, ("a1", "b1"), splice=True), registry).down_revisions == (
        "a1",
        "b1",
    )


# -- from a comparison -------------------------------------------------------------------------


def test_no_difference_is_no_source() -> None:
    assert from_diff(Registry(), Diff(), dialect=SQLITE) == ""


def test_a_difference_with_what_is_not_known_about_it() -> None:
    drop = ops.DropColumn("t", "a", original=sa.Column("a", sa.Text()))
    add = ops.AddColumn("t", sa.Column("b", sa.Text()))
    diff = Diff(
        (add, drop),
        uncompared=(Uncompared("default", "t.c", "no privilege"),),
        hints=(RenameHint(drop, add, ops.RenameColumn("t", "a", "b")),),
    )
    text = from_diff(Registry(), diff, "change", dialect=SQLITE, notes=["Raw SQL was seen."])
    for line in (
        "    # Raw SQL was seen.\n",
        "    # Not compared: default t.c: no privilege.\n",
        '    # op.rename_column("t", "a", "b")\n',
    ):
        assert line in text
    execute(text, Registry())


def test_what_refuses_a_transaction_is_registered_without_one() -> None:
    plain = ops.CreateIndex("ix", "t", ("a",))
    concurrently = ops.CreateIndex("ix", "t", ("a",), options={"postgresql_concurrently": True})
    assert needs_autocommit([plain, concurrently], POSTGRESQL)
    assert not needs_autocommit([plain], POSTGRESQL)
    registry = Registry()
    made = parsed(from_diff(registry, Diff((concurrently,)), dialect=POSTGRESQL), registry)
    assert made.transactional is False


# -- squashing -------------------------------------------------------------------------------


@pytest.fixture
def shop() -> Iterator[Registry]:
    """A history in a package of its own: tables, data, a branch, and one that needs a database."""
    package, module = types.ModuleType("shop_of_tests"), types.ModuleType("shop_of_tests.all")
    package.__path__ = []  # type: ignore[attr-defined]  # what makes it a package
    registry = Registry("shop_of_tests")
    vars(package)["registry"] = registry
    sys.modules |= {"shop_of_tests": package, "shop_of_tests.all": module}
    vars(module).update(registry=registry, sa=sa)
    exec(SHOP, vars(module))
    yield registry
    del sys.modules["shop_of_tests"], sys.modules["shop_of_tests.all"]


SHOP = '''
@registry.revision("aaaa", down_revision=None, branch_labels="main")
def first(op):
    """tables"""
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mail", sa.String(50), nullable=False),
    )
    op.bulk_insert(op.table("customer"), [{"id": 1, "mail": "a@b"}])

@registry.revision("bbbb", down_revision="aaaa")
def second(op):
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_ticket"),
    )
    op.add_column("ticket", sa.Column("state", sa.String(9), server_default="new"))
    with op.batch_alter_table("ticket") as batch:
        batch.add_column(sa.Column("hours", sa.Integer()))
        batch.create_check_constraint("ck_hours", "hours > 0")
    op.create_index("ix_state", "ticket", ["state"])

@registry.revision("cccc", down_revision="bbbb")
def third(op):
    op.create_table("scratch", sa.Column("id", sa.Integer(), primary_key=True))
    op.drop_table("scratch")
    op.add_column("customer", sa.Column("name", sa.String(50)))
    op.execute("UPDATE customer SET name = 'n' WHERE mail = 'a@b'")

@third.downgrade
def back(op):
    op.drop_column("customer", "name")

@registry.revision("dddd", down_revision="cccc")
def fourth(op):
    if op.is_offline:
        return
    table = op.table("customer")
    op.connection.execute(sa.insert(table).values(id=2, mail="live", name="x"))

@registry.revision("eeee", down_revision="dddd")
def fifth(op):
    op.alter_column("customer", "mail", new_column_name="email")

@registry.revision("ffff", down_revision="eeee")
def sixth(op):
    op.create_table("last", sa.Column("id", sa.Integer(), primary_key=True))
'''


def content(engine: sa.Engine) -> Any:
    """The tables with their columns, constraints, indexes and rows."""
    inspector = sa.inspect(engine)
    found: dict[str, Any] = {}
    for name in ("customer", "ticket", "last"):
        found[name] = [
            sorted(str({**c, "type": str(c["type"])}) for c in inspector.get_columns(name)),
            sorted(map(str, inspector.get_foreign_keys(name))),
            sorted(map(str, inspector.get_check_constraints(name))),
            sorted(str(index["name"]) for index in inspector.get_indexes(name)),
        ]
        with engine.connect() as connection:
            rows = connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()
            found[f"{name} rows"] = sorted(str(sorted(row.items())) for row in rows)
    return found


def tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names()) & {"customer", "ticket", "scratch", "last"}


@pytest.mark.parametrize("stood_at", [None, "aaaa", "cccc", "eeee", "ffff"])
def test_a_squash_leads_every_database_to_the_same_place(
    db: Database, shop: Registry, stood_at: str | None
) -> None:
    """Fresh ones, ones that stood inside the range, at its end, and after it."""
    engine, plain = db.engine(), db.another().engine()
    Migrator(plain, migrations=shop).upgrade()
    if stood_at is not None:
        Migrator(engine, migrations=shop).upgrade(stood_at)
    execute(squash(shop, "aaaa:eeee", dialect=dialect_for(engine.dialect), revision_id="squashed"))
    migrator = Migrator(engine, migrations=shop)
    migrator.upgrade()
    assert content(engine) == content(plain)
    assert migrator.current() == ("ffff",)
    assert not migrator.pending()


def test_a_squash_folds_what_it_can_and_keeps_the_rest_in_order(shop: Registry) -> None:
    text = squash(shop, "aaaa:eeee", dialect=SQLITE, revision_id="squashed")
    assert text == SQUASHED


SQUASHED = '''\
"""squash aaaa to eeee"""

import sqlalchemy as sa
from embedmig import Operations
from embedmig.errors import Irreversible

from shop_of_tests import registry
from shop_of_tests.all import fourth


@registry.revision(
    "squashed",
    down_revision=None,
    message="squash aaaa to eeee",
    branch_labels="main",
    replaces=("aaaa", "bbbb", "cccc", "dddd", "eeee"),
)
def squash_aaaa_to_eeee(op: Operations) -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mail", sa.String(50), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    # from revision aaaa (tables)
    op.bulk_insert(
        sa.table(
            "customer", sa.column("id", sa.Integer()), sa.column("mail", sa.String(50))
        ),
        [{"id": 1, "mail": "a@b"}],
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(9), server_default="new"),
        sa.Column("hours", sa.Integer()),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("hours > 0", name="ck_hours"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_ticket"),
        sa.Index("ix_state", "state"),
    )
    op.add_column("customer", sa.Column("name", sa.String(50)))
    # from revision cccc
    op.execute("UPDATE customer SET name = 'n' WHERE mail = 'a@b'")
    # revision dddd is called as it stands: it looks whether there is a database.
    # Keep its module for as long as this line.
    fourth.upgrade_function(op)
    op.alter_column(
        "customer",
        "mail",
        new_column_name="email",
        existing_type=sa.String(50),
        existing_nullable=False,
    )


@squash_aaaa_to_eeee.downgrade
def undo_squash_aaaa_to_eeee(op: Operations) -> None:
    # These have no way back:
    # - revision dddd: it looks whether there is a database
    # - revision aaaa (tables): bulk insert 1 row(s) into customer
    raise Irreversible("revision dddd")
'''


def test_a_squash_of_tables_goes_back_by_itself(db: Database, shop: Registry) -> None:
    engine = db.engine()
    execute(squash(shop, "bbbb:cccc", dialect=dialect_for(engine.dialect), revision_id="sq"))
    migrator = Migrator(engine, migrations=shop)
    migrator.upgrade("sq")
    assert tables(engine) == {"customer", "ticket"}
    migrator.downgrade("aaaa")
    assert tables(engine) == {"customer"}
    assert [c["name"] for c in sa.inspect(engine).get_columns("customer")] == ["id", "mail"]


def test_a_statement_without_text_is_called_by_reference(shop: Registry) -> None:
    module = sys.modules["shop_of_tests.all"]
    exec(
        '@registry.revision("gggg", down_revision="ffff")\n'
        "def odd(op):\n"
        '    op.bulk_insert(sa.table("last", sa.column("id")), [{"id": object()}])\n',
        vars(module),
    )
    text = squash(shop, "ffff:gggg", dialect=SQLITE)
    assert "    odd.upgrade_function(op)\n" in text
    assert "a statement has no text (there is no literal for it)" in text


def test_a_range_must_be_one(shop: Registry) -> None:
    with pytest.raises(ConfigurationError, match=r"covers 1 revision"):
        squash(shop, "aaaa:aaaa", dialect=SQLITE)
    module = sys.modules["shop_of_tests.all"]
    exec('@registry.revision("side", down_revision="bbbb")\ndef side(op): ...\n', vars(module))
    with pytest.raises(HistoryError, match="not the end"):
        squash(shop, "aaaa:cccc", dialect=SQLITE)
