"""A few hundred small migrations that Alembic's `op` and ours can both run.

Each is a function of `op`. What `existing_…` Alembic needs is given, so that both know the same.
They start from `start`, which tells our catalog of the tables; Alembic has no use for it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import func, text

Migration = Callable[[Any], None]
SCHEMAS = (None, "shop")
NAMES = ("plain", "Order by")


@dataclass(frozen=True)
class Generated:
    """One migration, with what it is about in words that intended differences can ask for."""

    name: str
    run: Migration
    words: frozenset[str]

    def about(self, *words: str) -> bool:
        return self.words.issuperset(words)


def start(op: Any) -> None:
    """The two tables in both schemas that the migrations speak of."""
    for schema in SCHEMAS:
        op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), schema=schema)
        for name in NAMES:
            _start_table(op, name, schema)


def _start_table(op: Any, name: str, schema: str | None) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.String(20), nullable=False, server_default="x", comment="old"),
        sa.Column("Select", sa.Numeric(8, 2)),
        sa.Column("parent_id", sa.Integer),
        sa.ForeignKeyConstraint(
            ["parent_id"], [f"{schema}.parent.id" if schema else "parent.id"], name="fk old"
        ),
        sa.UniqueConstraint("a", "b", name="uq_old"),
        sa.CheckConstraint("a > 0", name="ck_old"),
        sa.Index("ix_old", "b"),
        schema=schema,
        comment="old",
    )


def generate() -> list[Generated]:
    """All of them, in a fixed order; every name is unique."""
    families = (
        _add_columns,
        _alter_columns,
        _drop_columns,
        _constraints,
        _dropped_constraints,
        _indexes,
        _tables,
        _data,
    )
    made = [Generated(name, run, frozenset(name.split())) for f in families for name, run in f()]
    assert len({each.name for each in made}) == len(made)
    return made


def _label(*words: object) -> str:
    return " ".join(str(word) for word in words if word)


def _types() -> dict[str, Any]:
    return {
        "int": sa.Integer(),
        "bigint": sa.BigInteger(),
        "string": sa.String(30),
        "text": sa.Text(),
        "numeric": sa.Numeric(10, 3),
        "date": sa.Date(),
        "datetime": sa.DateTime(),
        "timezone": sa.DateTime(timezone=True),
        "float": sa.Float(),
        "binary": sa.LargeBinary(),
        "boolean": sa.Boolean(),
        "json": sa.JSON(),
        "uuid": sa.Uuid(),
        "unicode": sa.Unicode(20),
    }


def _columns() -> dict[str, Callable[[], sa.Column[Any]]]:
    """A column of every type, nullability and sort of default, and every extra singly."""
    made: dict[str, Callable[[], sa.Column[Any]]] = {}
    for kind, type_ in _types().items():
        for nullable in (True, False):
            made[_label(kind, not nullable and "not-null")] = lambda t=type_, n=nullable: sa.Column(
                "new", t, nullable=n
            )
    string = sa.String(30)
    extras: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
        "default-text": (string, (), {"server_default": "it's 100%"}),
        "default-number": (sa.Integer(), (), {"server_default": "5", "nullable": False}),
        "default-now": (sa.DateTime(), (), {"server_default": func.current_timestamp()}),
        "default-sql": (sa.Integer(), (), {"server_default": text("7")}),
        "default-true": (sa.Boolean(), (), {"server_default": sa.true(), "nullable": False}),
        "comment": (string, (), {"comment": "it's 100%"}),
        "unique": (string, (), {"unique": True}),
        "index": (string, (), {"index": True}),
        "unique-index": (string, (), {"index": True, "unique": True}),
        "foreign-key": (sa.Integer(), (sa.ForeignKey("parent.id", name="fk_new"),), {}),
        "foreign-key-cascade": (
            sa.Integer(),
            (sa.ForeignKey("parent.id", name="fk_new", ondelete="CASCADE"),),
            {},
        ),
        "check": (sa.Integer(), (sa.CheckConstraint("new > 0", name="ck_new"),), {}),
        "computed": (sa.Integer(), (sa.Computed("a + 1", persisted=True),), {}),
        "identity": (sa.Integer(), (sa.Identity(always=True, start=3),), {}),
        "boolean-check": (sa.Boolean(create_constraint=True, name="ck_bool"), (), {}),
        "enum": (sa.Enum("x", "y", name="kind"), (), {}),
        "enum-check": (
            sa.Enum("x", "y", name="kind", native_enum=False, create_constraint=True),
            (),
            {},
        ),
    }
    for name, (type_, items, options) in extras.items():
        column = sa.Column("new", type_, *items, **options)
        made[name] = column._copy
    return made


def _add_columns() -> Iterator[tuple[str, Migration]]:
    for name, column in _columns().items():
        yield f"add_column {name}", lambda op, c=column: op.add_column("plain", c())
    for kind in ("int", "comment", "default-text", "unique", "index"):
        column = _columns()[kind]
        yield (
            f"add_column {kind} schema quoted",
            lambda op, c=column: op.add_column("Order by", c(), schema="shop"),
        )
    for kind in ("int", "string not-null"):
        column = _columns()[kind]
        yield (
            f"add_column {kind} if_not_exists",
            lambda op, c=column: op.add_column("plain", c(), if_not_exists=True),
        )
    for kind in ("foreign-key", "foreign-key-cascade"):
        column = _columns()[kind]
        yield (
            f"add_column {kind} inline_references",
            lambda op, c=column: op.add_column("plain", c(), inline_references=True),
        )


_EXISTING: dict[str, dict[str, Any]] = {
    "b": {
        "existing_type": sa.String(20),
        "existing_nullable": False,
        "existing_server_default": sa.DefaultClause("x"),
        "existing_comment": "old",
    },
    "a": {
        "existing_type": sa.Integer(),
        "existing_nullable": True,
        "existing_server_default": None,
        "existing_comment": None,
    },
}


def _alter_columns() -> Iterator[tuple[str, Migration]]:
    changes: dict[str, dict[str, dict[str, Any]]] = {
        "b": {
            "type": {"type_": sa.String(50)},
            "null": {"nullable": True},
            "default": {"server_default": "it's 100%"},
            "comment": {"comment": "it's new"},
            "rename": {"new_column_name": "Where to"},
        },
        "a": {
            "type": {"type_": sa.BigInteger()},
            "not-null": {"nullable": False},
            "default": {"server_default": text("7")},
            "comment": {"comment": "new"},
            "rename": {"new_column_name": "c"},
        },
    }
    for column, facets in changes.items():
        for size in range(1, len(facets) + 1):
            for chosen in itertools.combinations(facets, size):
                given = {k: v for facet in chosen for k, v in facets[facet].items()}
                yield _alter(column, chosen, given, None)
    for chosen, given in (
        (("drop-default",), {"server_default": None}),
        (("drop-comment",), {"comment": None}),
    ):
        yield _alter("b", chosen, given, None)
        yield _alter("b", chosen, given, "shop")
    for facet in changes["b"]:
        yield _alter("b", (facet,), changes["b"][facet], "shop")
    yield (
        "alter_column add-identity",
        lambda op: op.alter_column(
            "plain", "a", server_default=sa.Identity(start=3), **_EXISTING["a"]
        ),
    )


def _alter(
    column: str, facets: tuple[str, ...], given: dict[str, Any], schema: str | None
) -> tuple[str, Migration]:
    name = _label("alter_column", column, *facets, schema and "schema")
    table = "Order by" if schema else "plain"
    return name, lambda op: op.alter_column(
        table, column, schema=schema, **given, **_EXISTING[column]
    )


def _drop_columns() -> Iterator[tuple[str, Migration]]:
    for schema, if_exists in itertools.product(SCHEMAS, (False, True)):
        yield (
            _label("drop_column", schema and "schema", if_exists and "if_exists"),
            lambda op, s=schema, e=if_exists: op.drop_column(
                "plain", "Select", schema=s, if_exists=e
            ),
        )
    yield (
        "drop_column mssql-options",
        lambda op: op.drop_column(
            "plain", "Select", mssql_drop_default=True, mssql_drop_check=True
        ),
    )


def _constraints() -> Iterator[tuple[str, Migration]]:
    for schema, table in itertools.product(SCHEMAS, NAMES):
        words = (schema and "schema", table != "plain" and "quoted")
        yield (
            _label("create_unique_constraint", *words),
            lambda op, s=schema, t=table: op.create_unique_constraint(
                "uq_new", t, ["Select", "a"], schema=s
            ),
        )
        yield (
            _label("create_check_constraint", *words),
            lambda op, s=schema, t=table: op.create_check_constraint(
                "ck new", t, "a > 5", schema=s
            ),
        )
        yield (
            _label("create_primary_key", *words),
            lambda op, s=schema, t=table: op.create_primary_key("pk_new", t, ["b"], schema=s),
        )
        yield from _foreign_keys(schema, table, words)


def _foreign_keys(
    schema: str | None, table: str, words: tuple[Any, ...]
) -> Iterator[tuple[str, Migration]]:
    options: dict[str, dict[str, Any]] = {
        "": {},
        "ondelete": {"ondelete": "CASCADE"},
        "set-null": {"ondelete": "SET NULL"},
        "deferrable": {"deferrable": True, "initially": "DEFERRED"},
    }
    for option, given in options.items():
        yield (
            _label("create_foreign_key", option, *words),
            lambda op, s=schema, t=table, g=given: op.create_foreign_key(
                "fk_new", t, "parent", ["a"], ["id"], source_schema=s, referent_schema=s, **g
            ),
        )


def _dropped_constraints() -> Iterator[tuple[str, Migration]]:
    names = {"foreignkey": "fk old", "unique": "uq_old", "check": "ck_old", "primary": "PRIMARY"}
    for (kind, name), schema, if_exists in itertools.product(names.items(), SCHEMAS, (False, True)):
        yield (
            _label("drop_constraint", kind, schema and "schema", if_exists and "if_exists"),
            lambda op, n=name, k=kind, s=schema, e=if_exists: op.drop_constraint(
                n, "plain", k, schema=s, if_exists=e
            ),
        )
    for name in ("fk old", "uq_old", "ck_old"):
        yield (
            _label("drop_constraint", "kind-unknown", name.split("_")[0].split()[0]),
            lambda op, n=name: op.drop_constraint(n, "plain"),
        )


def _indexes() -> Iterator[tuple[str, Migration]]:
    for schema, unique, exists in itertools.product(SCHEMAS, (False, True), (False, True)):
        yield (
            _label(
                "create_index", schema and "schema", unique and "unique", exists and "if_not_exists"
            ),
            lambda op, s=schema, u=unique, e=exists: op.create_index(
                "ix new", "plain", ["a", "Select"], schema=s, unique=u, if_not_exists=e or None
            ),
        )
    for schema, exists in itertools.product(SCHEMAS, (False, True)):
        yield (
            _label("drop_index", schema and "schema", exists and "if_exists"),
            lambda op, s=schema, e=exists: op.drop_index(
                "ix_old", "plain", schema=s, if_exists=e or None
            ),
        )
    options: dict[str, dict[str, Any]] = {
        "where": {"postgresql_where": text("a > 1"), "mssql_where": text("a > 1")},
        "include": {"postgresql_include": ["b"], "mssql_include": ["b"]},
        "length": {"mysql_length": {"b": 5}, "mariadb_length": {"b": 5}},
        "using": {"postgresql_using": "btree", "mysql_using": "btree", "mariadb_using": "btree"},
        "concurrently": {"postgresql_concurrently": True},
    }
    for option, given in options.items():
        yield (
            f"create_index {option}",
            lambda op, g=given: op.create_index("ix_new", "plain", ["b"], **g),
        )
    yield (
        "create_index expression",
        lambda op: op.create_index("ix_new", "plain", [text("lower(b)")]),
    )


def _tables() -> Iterator[tuple[str, Migration]]:
    for name, column in _columns().items():
        yield f"create_table {name}", lambda op, c=column: _create(op, c())
    for exists in (False, True):
        for schema in SCHEMAS:
            yield (
                _label("create_table", schema and "schema", exists and "if_not_exists"),
                lambda op, s=schema, e=exists: op.create_table(
                    "made",
                    sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("b", sa.String(20), index=True, comment="it's"),
                    schema=s,
                    if_not_exists=e or None,
                    comment="made",
                ),
            )
            yield (
                _label("drop_table", schema and "schema", exists and "if_exists"),
                lambda op, s=schema, e=exists: op.drop_table(
                    "plain", schema=s, if_exists=e or None
                ),
            )
    for schema in SCHEMAS:
        word = schema and "schema"
        yield (
            _label("rename_table", word),
            lambda op, s=schema: op.rename_table("plain", "New one", schema=s),
        )
        yield (
            _label("create_table_comment", word),
            lambda op, s=schema: op.create_table_comment(
                "plain", "it's new", existing_comment="old", schema=s
            ),
        )
        yield (
            _label("drop_table_comment", word),
            lambda op, s=schema: op.drop_table_comment("plain", existing_comment="old", schema=s),
        )


def _create(op: Any, column: sa.Column[Any]) -> None:
    op.create_table(
        "made",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("a", sa.Integer),
        column,
    )


def _data() -> Iterator[tuple[str, Migration]]:
    values = {
        "string": (sa.String(30), ["it's", "a\\b", "100%", ":bind", None, "é"]),
        "int": (sa.Integer(), [1, None, -5]),
        "numeric": (sa.Numeric(8, 2), [Decimal("1.50"), None]),
        "boolean": (sa.Boolean(), [True, False, None]),
        "date": (sa.Date(), [dt.date(2026, 1, 31), None]),
        "datetime": (sa.DateTime(), [dt.datetime(2026, 1, 31, 12, 30), None]),
    }
    for kind, (type_, given) in values.items():
        yield (
            f"bulk_insert {kind}",
            lambda op, t=type_, g=given: op.bulk_insert(
                sa.table("plain", sa.column("a", t)), [{"a": value} for value in g]
            ),
        )
    yield "execute plain", lambda op: op.execute("UPDATE plain SET a = 1 WHERE a = 2")
    yield "execute percent", lambda op: op.execute("UPDATE plain SET b = 'x' WHERE b LIKE 'a%'")
    yield (
        "execute construct",
        lambda op: op.execute(
            sa.table("plain", sa.column("b", sa.String))
            .update()
            .values(b=op.inline_literal("it's"))
        ),
    )
