"""Every directive as a small piece of a migration, with the schema it starts from.

`DIRECTIVES` is what the golden texts, and the runs on real databases, loop over: name → function.
A name is the verb, with a word for the variant behind a dot.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.sql import column, func, table, text

from embedmig.ops.facade import Operations

Directive = Callable[[Operations], None]
DIRECTIVES: dict[str, Directive] = {}


def directive(name: str) -> Callable[[Directive], Directive]:
    def register(function: Directive) -> Directive:
        assert name not in DIRECTIVES, name
        DIRECTIVES[name] = function
        return function

    return register


def start(op: Operations) -> None:
    """The tables that stand there before a directive is tried."""
    op.create_table(
        "team",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False, comment="what it's called"),
        sa.Column("email", sa.String(100)),
        sa.Column("score", sa.Numeric(8, 2), server_default="0", nullable=False),
        sa.Column("seen", sa.DateTime, server_default=func.current_timestamp()),
        sa.Column("team_id", sa.Integer),
        sa.Column("Order", sa.Integer),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_account_team"),
        sa.UniqueConstraint("email", name="uq_account_email"),
        sa.CheckConstraint("score >= 0", name="ck_account_score"),
        sa.Index("ix_account_name", "name"),
        comment="who may enter",
    )
    op.create_table(
        "diary",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("mood", mood(), server_default="ok", nullable=False),
        sa.Column("page", sa.Integer),
    )
    op.create_table("bare", sa.Column("a", sa.Integer, nullable=False), sa.Column("b", sa.Integer))


def mood(*values: str) -> sa.Enum:
    return sa.Enum(*(values or ("sad", "ok")), name="mood", create_constraint=True, length=20)


class Colour(enum.Enum):
    red = 1
    green = 2


# ---------------------------------------------------------------------------------- tables


@directive("create_table")
def _(op: Operations) -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("code", sa.String(20), unique=True),
        sa.Column("label", sa.String(20), index=True, comment="shown to people"),
        sa.Column(
            "team_id", sa.Integer, sa.ForeignKey("team.id", name="fk_item_team", ondelete="CASCADE")
        ),
        comment="things 100%",
    )


@directive("create_table.if_not_exists")
def _(op: Operations) -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("label", sa.String(20), index=True),
        if_not_exists=True,
    )


@directive("create_table.if_not_exists_already_there")
def _(op: Operations) -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("label", sa.String(20)),
        if_not_exists=True,
    )


@directive("create_table.generated")
def _(op: Operations) -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, sa.Identity(start=10), primary_key=True),
        sa.Column("net", sa.Integer, nullable=False),
        sa.Column("gross", sa.Integer, sa.Computed("net + 1", persisted=True)),
    )


@directive("create_table.checks")
def _(op: Operations) -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0", name="ck_item_a")),
        sa.Column("b", sa.Integer, sa.CheckConstraint("b > 0")),
        sa.Column("on_sale", sa.Boolean(create_constraint=True, name="ck_item_on_sale")),
    )


@directive("create_table.enum")
def _(op: Operations) -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("colour", sa.Enum(Colour, name="colour", create_constraint=True)),
        sa.Column("mood", mood()),
    )


@directive("create_table.schema")
def _(op: Operations) -> None:
    op.create_schema("em Shop")
    op.create_table(
        "Order",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("Select", sa.String(20), comment="it's quoted"),
        sa.Index("ix Order", "Select"),
        schema="em Shop",
        comment="orders",
    )
    op.drop_table("Order", schema="em Shop")
    op.drop_schema("em Shop")


@directive("create_table.options")
def _(op: Operations) -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        mysql_engine="InnoDB",
        mariadb_engine="InnoDB",
        mysql_charset="latin1",
        mariadb_charset="latin1",
        postgresql_with={"fillfactor": 70},
        sqlite_with_rowid=False,
        oracle_compress=True,
    )


@directive("drop_table")
def _(op: Operations) -> None:
    op.drop_table("account")


@directive("drop_table.if_exists")
def _(op: Operations) -> None:
    op.drop_table("account", if_exists=True)
    op.drop_table("nowhere", if_exists=True)


@directive("drop_table.enum")
def _(op: Operations) -> None:
    op.drop_table("diary")


@directive("rename_table")
def _(op: Operations) -> None:
    op.rename_table("account", "user account")


@directive("create_table_comment")
def _(op: Operations) -> None:
    op.create_table_comment("team", "it's a \\ 100% :team")
    op.create_table_comment("account", "another one")


@directive("drop_table_comment")
def _(op: Operations) -> None:
    op.drop_table_comment("account")


@directive("alter_table_options")
def _(op: Operations) -> None:
    op.alter_table_options(
        "bare",
        mysql_charset="latin1",
        mariadb_charset="latin1",
        postgresql_with={"fillfactor": 70},
    )


@directive("batch_alter_table")
def _(op: Operations) -> None:
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("nick", sa.String(20)))
        batch.alter_column("email", nullable=False)
        batch.alter_column("name", type_=sa.String(80))
        batch.drop_column("seen")
        batch.rename_column("Order", "rank")
        batch.create_index("ix_account_nick", ["nick"])
        batch.create_check_constraint("ck_account_team", "team_id > 0")


@directive("batch_alter_table.one_column_twice")
def _(op: Operations) -> None:
    with op.batch_alter_table("account") as batch:
        batch.alter_column("email", nullable=False)
        batch.alter_column("email", type_=sa.String(200))
        batch.rename_column("email", "mail")
        batch.alter_column("mail", comment="where to write to")


@directive("batch_alter_table.replace_constraint")
def _(op: Operations) -> None:
    with op.batch_alter_table("account") as batch:
        batch.drop_constraint("ck_account_score", "check")
        batch.create_check_constraint("ck_account_score", "score > 1")
        batch.drop_constraint("fk_account_team", "foreignkey")
        batch.create_foreign_key(
            "fk_account_team", "team", ["team_id"], ["id"], ondelete="SET NULL"
        )


# --------------------------------------------------------------------------------- columns


@directive("add_column")
def _(op: Operations) -> None:
    op.add_column("account", sa.Column("nick", sa.String(20)))
    op.add_column("account", sa.Column("age", sa.Integer, nullable=False, server_default="7"))


@directive("add_column.if_not_exists")
def _(op: Operations) -> None:
    op.add_column("account", sa.Column("nick", sa.String(20)), if_not_exists=True)
    op.add_column("account", sa.Column("name", sa.String(20)), if_not_exists=True)


@directive("add_column.foreign_key")
def _(op: Operations) -> None:
    op.add_column(
        "account",
        sa.Column("owner_id", sa.Integer, sa.ForeignKey("team.id", name="fk_account_owner")),
    )


@directive("add_column.inline_references")
def _(op: Operations) -> None:
    op.add_column(
        "account",
        sa.Column(
            "owner_id", sa.Integer, sa.ForeignKey("team.id", name="fk_owner", ondelete="CASCADE")
        ),
        inline_references=True,
    )


@directive("add_column.inline_primary_key")
def _(op: Operations) -> None:
    op.add_column("bare", sa.Column("id", sa.Integer, primary_key=True), inline_primary_key=True)


@directive("add_column.check")
def _(op: Operations) -> None:
    op.add_column(
        "account",
        sa.Column("age", sa.Integer, sa.CheckConstraint("age > 0", name="ck_account_age")),
    )
    op.add_column("account", sa.Column("size", sa.Integer, sa.CheckConstraint("size > 0")))


@directive("add_column.unique_and_index")
def _(op: Operations) -> None:
    op.add_column("account", sa.Column("nick", sa.String(20), unique=True))
    op.add_column("account", sa.Column("city", sa.String(20), index=True))


@directive("add_column.comment")
def _(op: Operations) -> None:
    op.add_column("account", sa.Column("nick", sa.String(20), comment="it's 100% short"))


@directive("add_column.computed")
def _(op: Operations) -> None:
    op.add_column(
        "account", sa.Column("twice", sa.Numeric(9, 2), sa.Computed("score * 2", persisted=False))
    )


@directive("add_column.identity")
def _(op: Operations) -> None:
    op.add_column("bare", sa.Column("n", sa.Integer, sa.Identity(always=True, start=5)))


@directive("add_column.enum")
def _(op: Operations) -> None:
    op.add_column("account", sa.Column("mood", mood()))
    op.add_column("account", sa.Column("colour", sa.Enum(Colour, name="colour")))


@directive("add_column.boolean")
def _(op: Operations) -> None:
    op.add_column(
        "account", sa.Column("active", sa.Boolean(create_constraint=True, name="ck_active"))
    )


@directive("add_column.expression_default")
def _(op: Operations) -> None:
    op.add_column("account", sa.Column("size", sa.Integer, server_default=text("1 + 2")))


@directive("add_column.quoted")
def _(op: Operations) -> None:
    op.create_table("My Table", sa.Column("a", sa.Integer))
    op.add_column("My Table", sa.Column("Group", sa.Integer, comment="quoted"))


@directive("drop_column")
def _(op: Operations) -> None:
    op.drop_column("account", "seen")


@directive("drop_column.if_exists")
def _(op: Operations) -> None:
    op.drop_column("account", "seen", if_exists=True)
    op.drop_column("account", "nothing", if_exists=True)


@directive("drop_column.with_default_and_check")
def _(op: Operations) -> None:
    op.drop_constraint("ck_account_score", "account", "check")
    op.drop_column("account", "score", mssql_drop_default=True, mssql_drop_check=True)


@directive("drop_column.with_foreign_key")
def _(op: Operations) -> None:
    op.drop_constraint("fk_account_team", "account", "foreignkey")
    op.drop_column("account", "team_id", mssql_drop_foreign_key=True)


@directive("alter_column.not_null")
def _(op: Operations) -> None:
    op.alter_column("account", "email", nullable=False)


@directive("alter_column.null")
def _(op: Operations) -> None:
    op.alter_column("account", "name", nullable=True)


@directive("alter_column.type")
def _(op: Operations) -> None:
    op.alter_column("account", "name", type_=sa.String(80))


@directive("alter_column.type_with_default")
def _(op: Operations) -> None:
    op.alter_column("account", "score", type_=sa.Numeric(12, 4))


@directive("alter_column.type_using")
def _(op: Operations) -> None:
    op.alter_column(
        "account", "email", type_=sa.String(60), postgresql_using="substr(email, 1, 60)"
    )


@directive("alter_column.set_default")
def _(op: Operations) -> None:
    op.alter_column("account", "email", server_default="a@b")
    op.alter_column("account", "score", server_default=text("1"))


@directive("alter_column.expression_default")
def _(op: Operations) -> None:
    op.alter_column("account", "Order", server_default=text("(1 + 2)"))


@directive("alter_column.drop_default")
def _(op: Operations) -> None:
    op.alter_column("account", "score", server_default=None)


@directive("alter_column.comment")
def _(op: Operations) -> None:
    op.alter_column("account", "email", comment="it's where we write to")
    op.alter_column("account", "name", comment="changed")


@directive("alter_column.drop_comment")
def _(op: Operations) -> None:
    op.alter_column("account", "name", comment=None)


@directive("alter_column.rename")
def _(op: Operations) -> None:
    op.alter_column("account", "name", new_column_name="full name")


@directive("alter_column.everything")
def _(op: Operations) -> None:
    op.alter_column(
        "account",
        "email",
        new_column_name="mail",
        type_=sa.String(200),
        nullable=False,
        server_default="nobody",
        comment="all at once",
    )


@directive("alter_column.add_identity")
def _(op: Operations) -> None:
    op.alter_column("diary", "id", server_default=sa.Identity(start=3))


@directive("alter_column.to_enum")
def _(op: Operations) -> None:
    op.alter_column("diary", "mood", type_=mood("sad", "ok", "glad"))


@directive("alter_column.from_enum")
def _(op: Operations) -> None:
    op.alter_column("diary", "mood", type_=sa.String(30))


@directive("alter_column.to_computed")
def _(op: Operations) -> None:
    op.alter_column("bare", "b", server_default=sa.Computed("a + 1"))


@directive("rename_column")
def _(op: Operations) -> None:
    op.rename_column("account", "name", "called")
    op.rename_column("account", "called", "Order by")


# ----------------------------------------------------------------------------- constraints


@directive("create_primary_key")
def _(op: Operations) -> None:
    op.create_primary_key("pk_bare", "bare", ["a"])


@directive("create_unique_constraint")
def _(op: Operations) -> None:
    op.create_unique_constraint("uq_bare", "bare", ["a", "b"])


@directive("create_foreign_key")
def _(op: Operations) -> None:
    op.create_foreign_key("fk_bare_team", "bare", "team", ["b"], ["id"], ondelete="CASCADE")


@directive("create_foreign_key.deferrable")
def _(op: Operations) -> None:
    op.create_foreign_key(
        "fk_bare_team", "bare", "team", ["b"], ["id"], deferrable=True, initially="DEFERRED"
    )


@directive("create_check_constraint")
def _(op: Operations) -> None:
    op.create_check_constraint("ck_bare", "bare", column("a") > 5)
    op.create_check_constraint("ck_bare_text", "bare", "b <> 10")


@directive("create_exclude_constraint")
def _(op: Operations) -> None:
    op.create_exclude_constraint("ex_bare", "bare", (column("a"), "="), using="btree")


@directive("drop_constraint.primary")
def _(op: Operations) -> None:
    op.create_primary_key("pk_bare", "bare", ["a"])
    op.drop_constraint("pk_bare", "bare", "primary")


@directive("drop_constraint.unique")
def _(op: Operations) -> None:
    op.drop_constraint("uq_account_email", "account", "unique")


@directive("drop_constraint.foreign_key")
def _(op: Operations) -> None:
    op.drop_constraint("fk_account_team", "account", "foreignkey")


@directive("drop_constraint.check")
def _(op: Operations) -> None:
    op.drop_constraint("ck_account_score", "account", "check")


@directive("drop_constraint.kind_unknown")
def _(op: Operations) -> None:
    op.drop_constraint("fk_account_team", "account")
    op.drop_constraint("uq_account_email", "account")
    op.drop_constraint("ck_account_score", "account")


@directive("drop_constraint.by_columns")
def _(op: Operations) -> None:
    op.drop_constraint(None, "account", "foreignkey", columns=["team_id"])
    op.drop_constraint(None, "account", "unique", columns=["email"])


@directive("drop_constraint.if_exists")
def _(op: Operations) -> None:
    op.drop_constraint("uq_account_email", "account", "unique", if_exists=True)
    op.drop_constraint("uq_nothing", "account", "unique", if_exists=True)
    op.drop_constraint("fk_nothing", "account", "foreignkey", if_exists=True)
    op.drop_constraint("ck_nothing", "account", "check", if_exists=True)


@directive("rename_constraint.unique")
def _(op: Operations) -> None:
    op.rename_constraint("account", "uq_account_email", "uq_mail")


@directive("rename_constraint.foreign_key")
def _(op: Operations) -> None:
    op.rename_constraint("account", "fk_account_team", "fk_team")


@directive("rename_constraint.check")
def _(op: Operations) -> None:
    op.rename_constraint("account", "ck_account_score", "ck_score")


# --------------------------------------------------------------------------------- indexes


@directive("create_index")
def _(op: Operations) -> None:
    op.create_index("ix_account_seen", "account", ["seen", "Order"])
    op.create_index("ix_account_team", "account", ["team_id", "name"], unique=True)


@directive("create_index.if_not_exists")
def _(op: Operations) -> None:
    op.create_index("ix_account_name", "account", ["name"], if_not_exists=True)
    op.create_index("ix_account_seen", "account", ["seen"], if_not_exists=True)


@directive("create_index.expression")
def _(op: Operations) -> None:
    op.create_index("ix_account_lower", "account", [text("lower(name)")])


@directive("create_index.options")
def _(op: Operations) -> None:
    op.create_index(
        "ix_account_part",
        "account",
        ["name"],
        postgresql_where=text("score > 5"),
        postgresql_include=["email"],
        sqlite_where=text("score > 5"),
        mysql_length=10,
        mariadb_length=10,
        mssql_include=["email"],
        mssql_where=text("score > 5"),
        oracle_bitmap=True,
    )


@directive("create_index.concurrently")
def _(op: Operations) -> None:
    op.create_index("ix_account_seen", "account", ["seen"], postgresql_concurrently=True)


@directive("drop_index")
def _(op: Operations) -> None:
    op.drop_index("ix_account_name", "account")


@directive("drop_index.without_table")
def _(op: Operations) -> None:
    op.drop_index("ix_account_name")


@directive("drop_index.if_exists")
def _(op: Operations) -> None:
    op.drop_index("ix_account_name", "account", if_exists=True)
    op.drop_index("ix_nothing", "account", if_exists=True)


@directive("rename_index")
def _(op: Operations) -> None:
    op.rename_index("ix_account_name", "ix_called", table_name="account")


# ------------------------------------------------------------- schemas, sequences and enums


@directive("create_schema")
def _(op: Operations) -> None:
    op.create_schema("em_shop")
    op.create_schema("em_shop", if_not_exists=True)
    op.drop_schema("em_shop", if_exists=True)
    op.drop_schema("em_shop", if_exists=True)


@directive("create_sequence")
def _(op: Operations) -> None:
    op.create_sequence("invoice", start=1000, increment=5)
    op.alter_sequence("invoice", increment=10)
    op.drop_sequence("invoice")


@directive("create_sequence.if_not_exists")
def _(op: Operations) -> None:
    op.create_sequence("invoice", if_not_exists=True)
    op.drop_sequence("invoice", if_exists=True)


@directive("add_enum_value")
def _(op: Operations) -> None:
    op.add_enum_value("mood", "glad")


@directive("add_enum_value.before")
def _(op: Operations) -> None:
    op.add_enum_value("mood", "angry", before="sad")
    op.add_enum_value("mood", "tired", after="sad")


@directive("rename_enum_value")
def _(op: Operations) -> None:
    op.rename_enum_value("mood", "sad", "blue")


@directive("drop_enum_value")
def _(op: Operations) -> None:
    op.drop_enum_value("mood", "sad")


@directive("drop_enum_value.replacement")
def _(op: Operations) -> None:
    op.drop_enum_value("mood", "sad", replacement="ok")


@directive("create_enum")
def _(op: Operations) -> None:
    op.create_enum("size", ["s", "m", "l"])
    op.add_column("account", sa.Column("size", sa.Enum("s", "m", "l", name="size")))
    op.drop_column("account", "size")
    op.drop_enum("size", if_exists=True)


# ------------------------------------------------------------------------------------ data


@directive("execute")
def _(op: Operations) -> None:
    op.execute("UPDATE account SET name = 'a\\:b' WHERE name LIKE '100%'")
    account = table("account", column("name", sa.String), column("score", sa.Numeric))
    op.execute(account.update().values(name="it's").where(account.c.score > Decimal("1.5")))


@directive("bulk_insert")
def _(op: Operations) -> None:
    stuff = op.create_table(
        "stuff",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50)),
        sa.Column("day", sa.Date),
        sa.Column("price", sa.Numeric(8, 2)),
        sa.Column("done", sa.Boolean),
    )
    op.bulk_insert(
        stuff,
        [
            {
                "id": 1,
                "name": "it's a \\ 100% :x",
                "day": dt.date(2026, 1, 31),
                "price": Decimal("9.50"),
                "done": True,
            },
            {"id": 2, "name": None, "day": None, "price": None, "done": False},
        ],
    )
