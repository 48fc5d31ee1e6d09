"""A generated module runs in an empty one, is formatted, imports what it needs, and goes back."""

from __future__ import annotations

import ast
import enum
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geoalchemy2
import pgvector.sqlalchemy
import pytest
import sqlalchemy as sa
import sqlalchemy_utils
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql, sqlite

from embedmig import Migrator, Registry, ops
from embedmig.autogen.diff import RenameHint
from embedmig.autogen.module import new_revision_id, registry_home, render_module
from embedmig.errors import CannotRender, ConfigurationError, Irreversible
from embedmig.options import CompareOptions
from tests.autogen.sources import execute, recorded
from tests.databases import Database
from tests.generated_operations import generate, start

sqlmodel = pytest.importorskip("sqlmodel")


def module(*upgrade: ops.Operation, **options: Any) -> str:
    given = {"revision_id": "9f2c41aa7b10", "down_revision": None, "message": None, **options}
    return render_module(upgrade=upgrade, **given)


def test_a_whole_module() -> None:
    text = module(
        ops.AddColumn("user", sa.Column("email", sa.String(320))),
        ops.DropColumn("user", "mail", original=sa.Column("mail", postgresql.CITEXT())),
        down_revision="3f1c8a90d2b4",
        message="add user.email",
        registry_module="myapp.migrations",
        dialect=postgresql.dialect(),
    )
    assert (
        text
        == '''\
"""add user.email"""

import sqlalchemy as sa
from embedmig import Operations
from sqlalchemy.dialects import postgresql

from myapp.migrations import registry


@registry.revision(
    "9f2c41aa7b10", down_revision="3f1c8a90d2b4", message="add user.email"
)
def add_user_email(op: Operations) -> None:
    op.add_column("user", sa.Column("email", sa.String(320)))
    op.drop_column("user", "mail")


@add_user_email.downgrade
def undo_add_user_email(op: Operations) -> None:
    op.add_column("user", sa.Column("mail", postgresql.CITEXT()))
    op.drop_column("user", "email")
'''
    )


def test_everything_the_decorator_can_say() -> None:
    text = module(
        down_revision=("a", "b"),
        depends_on=("c",),
        branch_labels=("x", "y"),
        replaces=("d",),
        transactional=False,
    )
    registry = Registry()
    made = execute(text, registry).revision_9f2c41aa7b10
    assert (made.down_revisions, made.depends_on) == (("a", "b"), ("c",))
    assert (made.branch_labels, made.replaces) == (("x", "y"), ("d",))
    assert (made.transactional, made.message) == (False, None)


# -- formatting ------------------------------------------------------------------------------


OURS = "lint.isort.known-first-party = ['myapp']"


def ruff(tmp_path: Path, *sources: str) -> str:
    """What ruff has to say: about the format, unused or missing names, and the imports' order."""
    for number, source in enumerate(sources):
        (tmp_path / f"generated_{number}.py").write_text(source, encoding="utf-8")
    checks = (
        ["format", "--isolated", "--diff", "--quiet", "."],
        ["check", "--isolated", "--select", "F,E4,E7,E9,W,I", "--quiet", "--config", OURS, "."],
    )
    return "".join(
        subprocess.run(
            [sys.executable, "-m", "ruff", *check],
            capture_output=True,
            text=True,
            cwd=tmp_path,  # elsewhere our own package would be "first party"
        ).stdout
        for check in checks
    )


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
def test_hundreds_of_operations_are_formatted_as_ruff_does(tmp_path: Path) -> None:
    def run(op: Any) -> None:
        start(op)
        for migration in generate():
            migration.run(op)

    text = module(
        *recorded(run),
        message="everything",
        registry_module="myapp.migrations",
        dialect=postgresql.dialect(),
    )
    assert ruff(tmp_path, text) == ""


@given(
    message=st.text(max_size=120)
    | st.sampled_from(['say "x"', "a\\b", '"""', "op", "sa", "class"]),
    revision_id=st.text("abc019_", min_size=1, max_size=30),
)
def test_any_message_makes_a_module_that_runs(message: str, revision_id: str) -> None:
    registry = Registry()
    text = module(
        ops.ExecuteSQL(sa.text("SELECT 1")),
        ops.DropTable("t"),
        message=message,
        revision_id=revision_id,
    )
    execute(text, registry)
    [revision] = registry.graph
    assert revision.id == revision_id
    assert (revision.message or "") == (message or "")


@settings(max_examples=10)
@given(st.lists(st.text(max_size=120), min_size=20, max_size=20))
def test_any_message_is_formatted(
    tmp_path_factory: pytest.TempPathFactory, messages: list[str]
) -> None:
    modules = [module(message=each, registry_module="myapp.migrations") for each in messages]
    assert ruff(tmp_path_factory.mktemp("ruff"), *modules) == ""


# -- it runs -----------------------------------------------------------------------------------


class Mood(enum.Enum):
    happy = 1
    sad = 2


class Secret(sa.types.TypeDecorator[str]):
    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, key: str) -> None:
        super().__init__(64)
        self.key = key


def third_party_table() -> sa.Table:
    return sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("auto", sqlmodel.AutoString(20)),
        sa.Column("uuid", sqlalchemy_utils.UUIDType()),
        sa.Column("choice", sqlalchemy_utils.ChoiceType([("a", "A")])),
        sa.Column("ltree", sqlalchemy_utils.LtreeType()),
        sa.Column("crypt", sqlalchemy_utils.StringEncryptedType(sa.String, "hunter2")),
        sa.Column("point", geoalchemy2.Geometry("POINT", 4326, spatial_index=False)),
        sa.Column("vector", pgvector.sqlalchemy.Vector(3)),
        sa.Column("secret", Secret("hunter2")),
        sa.Column("mood", sa.Enum(Mood)),
        sa.Column("tags", postgresql.ARRAY(postgresql.JSONB())),
        sa.Column("name", sa.String(9).with_variant(mysql.LONGTEXT(), "mysql", "mariadb")),
    )


@pytest.mark.parametrize("dialect", [postgresql, mysql, sqlite], ids=lambda m: m.dialect.name)
def test_types_of_other_packages_bring_their_imports(dialect: Any, tmp_path: Path) -> None:
    text = module(
        ops.CreateTable.from_table(third_party_table()),
        message="third party",
        registry_module="myapp.migrations",
        dialect=dialect.dialect(),
    )
    assert "hunter2" not in text
    assert "tests." not in text, "no code of the application's"
    assert ruff(tmp_path, text) == ""
    execute(text.replace("from myapp.migrations import registry\n", ""), Registry())


CONVENTION = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def rich_metadata() -> sa.MetaData:
    """What create_all makes on every database, with most of what a table can have."""
    metadata = sa.MetaData(naming_convention=CONVENTION)
    sa.Table("org", metadata, sa.Column("id", sa.Integer, primary_key=True, default=lambda: 1))
    user = sa.Table(
        "user",
        metadata,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("org_id", sa.ForeignKey("org.id", ondelete="CASCADE"), nullable=False),
        sa.Column("email", sa.String(200), nullable=False, unique=True),
        sa.Column("age", sa.Integer, server_default=sa.text("18")),
        sa.Column("quote", sa.String(50), server_default='it\'s 100% "q" :x'),
        sa.Column("at", sa.DateTime, server_default=sa.func.now(), comment="it's\nnew"),
        sa.Column("double", sa.Integer, sa.Computed("age * 2", persisted=True)),
        sa.Column("mood", sa.Enum(Mood), server_default="sad"),
        sa.Column("flag", sa.Boolean(create_constraint=True, name="flag")),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.CheckConstraint("age < 200", name="age"),
        sa.Index("ix_age", "age", "email", unique=True),
        comment="all 'users'",
    )
    sa.Index("ix_desc", user.c.age.desc())
    return metadata


def picture(engine: sa.Engine) -> dict[str, Any]:
    """Everything the inspector sees of every table of ours."""
    inspector = sa.inspect(engine)
    looks = ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "indexes")
    looks += ("check_constraints",)
    return {
        f"{name} {look}": _plain(getattr(inspector, f"get_{look}")(name))
        for name in ("org", "user")
        for look in looks
    }


def _plain(found: Any) -> Any:
    if isinstance(found, list):
        return sorted(map(_plain, found), key=str)
    return {key: str(value) for key, value in found.items()}


@pytest.mark.filterwarnings("ignore:Computed column:sqlalchemy.exc.SAWarning")
def test_a_generated_module_makes_the_database_that_create_all_makes(db: Database) -> None:
    metadata, engine = rich_metadata(), db.engine()
    upgrade = [ops.CreateTable.from_table(table) for table in metadata.sorted_tables]
    text = module(*upgrade, message="first", dialect=engine.dialect, naming_convention=CONVENTION)
    registry = Registry()
    execute(text, registry)
    migrator = Migrator(engine, metadata, registry)
    migrator.upgrade()
    wanted = db.another().engine()
    metadata.create_all(wanted)
    assert picture(engine) == picture(wanted)
    migrator.downgrade("base")
    assert not {"org", "user"} & set(sa.inspect(engine).get_table_names())


# -- notes, hints, and what cannot be undone ---------------------------------------------------


def test_a_rename_that_may_be_meant_stands_ready_beside_the_drop() -> None:
    drop = ops.DropColumn("t", "mail", original=sa.Column("mail", sa.Text()))
    add = ops.AddColumn("t", sa.Column("email", sa.Text()))
    hint = RenameHint(drop, add, ops.RenameColumn("t", "mail", "email"))
    assert module(add, drop, hints=[hint]).splitlines()[6:11] == [
        "    # If this is a rename, replace “drop column t.mail” and “add column t.email” by:",
        '    # op.rename_column("t", "mail", "email")',
        '    op.add_column("t", sa.Column("email", sa.Text()))',
        '    op.drop_column("t", "mail")',
        "",
    ]


def test_notes_stand_at_the_top_and_are_wrapped() -> None:
    text = module(notes=["Not compared: " + "word " * 30])
    comments = [line for line in text.splitlines() if line.startswith("    # ")]
    assert len(comments) == 3
    assert all(len(line) <= 88 for line in comments)
    assert " ".join(line.strip(" #") for line in comments).split()[2:] == ["word"] * 30
    assert text.rstrip().endswith("pass")


def test_what_has_no_way_back_is_named_and_raises_before_anything_runs() -> None:
    text = module(ops.DropTable("gone"), ops.DropColumn("t", "c"), message="drop")
    registry = Registry()
    found = execute(text, registry)
    assert "    # - drop column t.c: the column's definition is not known\n" in text
    assert "    # - drop table gone: the table's definition is not known\n" in text
    with pytest.raises(Irreversible, match=r"drop column t\.c"):
        recorded(found.undo_drop)


def test_a_given_way_back_is_written_as_it_is() -> None:
    text = module(ops.DropTable("a"), downgrade=[ops.RenameTable("b", "c")], message="move")
    found = execute(text, Registry())
    [back] = recorded(found.undo_move)
    assert isinstance(back, ops.RenameTable)


def test_a_type_without_source_makes_only_the_way_back_impossible() -> None:
    drop = ops.DropTable("t", original=ops.CreateTable("t", (sa.Column("a", sa.types.NullType()),)))
    text = module(drop)
    assert "raise Irreversible" in text
    assert "NullType" not in text.replace("sqlalchemy.sql.sqltypes.NullType", "")
    with pytest.raises(CannotRender, match="NullType"):
        module(ops.AddColumn("t", sa.Column("a", sa.types.NullType())))


# -- what a hook writes is held to the same ------------------------------------------------------


def test_a_hook_without_its_import_is_found_out() -> None:
    options = CompareOptions(
        render_item=lambda kind, item, context: "nowhere.Text()" if kind == "type" else False
    )
    with pytest.raises(CannotRender, match="nowhere"):
        module(ops.AddColumn("t", sa.Column("a", sa.Text())), options=options)


def test_a_hook_that_writes_another_column_is_found_out() -> None:
    options = CompareOptions(
        render_item=lambda kind, item, context: "sa.Integer()" if kind == "type" else False
    )
    with pytest.raises(CannotRender, match=r"TEXT.*would become.*INTEGER"):
        module(ops.AddColumn("t", sa.Column("a", sa.Text())), options=options)


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Add user.email", "add_user_email"),
        ("Größe ändern", "groe_andern"),
        ("2nd try", "revision_2nd_try"),
        ("class", "revision_class"),
        ("L", "revision_l"),
        ("print", "print_"),
        ("registry", "registry_"),
        ("sqlalchemy", "sqlalchemy_"),
        ("日本", "revision_9f2c41aa7b10"),
        (
            "one very long message that goes on and on and on",
            "one_very_long_message_that_goes_on_and",
        ),
    ],
)
def test_the_function_is_named_after_the_message(message: str, name: str) -> None:
    text = module(ops.AddColumn("t", sa.Column("a", sa.Text())), message=message)
    [upgrade, *_] = (n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef))
    assert upgrade.name == name


def test_ids_are_twelve_hexadecimal_digits_and_differ() -> None:
    ids = {new_revision_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(id) == 12 and int(id, 16) >= 0 for id in ids)


@pytest.fixture
def packages() -> Iterator[Any]:
    """Make modules that stay importable until the test ends."""
    made: list[str] = []

    def make(name: str, **contents: Any) -> types.ModuleType:
        found = types.ModuleType(name)
        found.__path__ = []
        vars(found).update(contents)
        sys.modules[name] = found
        made.append(name)
        return found

    yield make
    for name in made:
        del sys.modules[name]


def test_the_registry_is_imported_from_where_it_is(packages: Any) -> None:
    packages("shop_app")
    inside = Registry("shop_app.migrations")
    packages("shop_app.migrations", migrations_of_mine=inside)
    assert registry_home(inside) == ("shop_app.migrations", "migrations_of_mine")
    elsewhere = Registry("shop_app.migrations")
    packages("shop_app.database", it=elsewhere)
    assert registry_home(elsewhere) == ("shop_app.database", "it")
    with pytest.raises(ConfigurationError, match=r"no module below 'shop_app' holds"):
        registry_home(Registry("shop_app.migrations"))


def test_a_registry_without_a_package_is_called_by_its_bare_name() -> None:
    assert registry_home(Registry()) == (None, "registry")
    assert "import registry" not in module()
