"""The layers hold, a database's name stays under `dialects/`, and every verb is spelled."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.architecture import Source, database_names, foreign_private_names

_SPEC = importlib.util.find_spec("embedmig")
assert _SPEC is not None
assert _SPEC.submodule_search_locations is not None
SOURCE: Final = Source(Path(_SPEC.submodule_search_locations[0]))

# The pure core, stdlib and errors only; each knows those before it.
PURE: Final = ("revision", "replacement", "graph", "targets", "plan", "drawing")
# Lower layers first; a module imports from layers below its own only. A new top-level module
# is placed here.
LAYERS: Final = (
    {"errors", "_sa", "results", "events", "options"},
    {"settings", "waiting"},
    {"readiness"},
    *({name} for name in PURE),
    {"ops"},
    {"catalog", "registry"},
    {"dialects"},
    {"sinks", "history"},
    {"replay", "recovery", "redaction", "strangers"},
    {"journal", "job", "account", "ending", "installing"},
    {"observed"},
    {"runner", "script", "autogen"},
    {"migrator"},
    {"aio"},
    {""},
)
# Not even downwards: what is done knows nothing of when.
STRANGERS: Final = {("ops", name) for name in PURE}
HEIGHT: Final = {unit: height for height, layer in enumerate(LAYERS) for unit in layer}
DEPENDENCIES: Final = {"sqlalchemy", "typing_extensions", "packaging"}


def may_import(importer: str, imported: str) -> bool:
    if (importer, imported) in STRANGERS:
        return False
    return importer == imported or HEIGHT[imported] < HEIGHT[importer]


def layer_violations(source: Source) -> list[str]:
    return [
        f"{name or 'embedmig'} imports {target or 'embedmig'}"
        for name, module in source.modules.items()
        for target in sorted(source.inner_imports(module))
        if not may_import(module.unit, target.partition(".")[0])
    ]


def test_every_top_level_module_has_a_layer() -> None:
    units = {module.unit for module in SOURCE.modules.values()}
    assert units <= HEIGHT.keys(), "place it in LAYERS"


def test_imports_point_down_only() -> None:
    assert layer_violations(SOURCE) == []


def test_no_import_cycles_at_run_time() -> None:
    assert SOURCE.cycle() == []


def test_graph_and_plan_import_the_standard_library_and_errors_only() -> None:
    for name in PURE:
        module = SOURCE.modules[name]
        assert SOURCE.inner_imports(module) <= {"errors", *PURE}
        roots = {target.partition(".")[0] for target in SOURCE.outer_imports(module)}
        assert roots <= sys.stdlib_module_names


def test_only_the_declared_dependencies_are_imported() -> None:
    for module in SOURCE.modules.values():
        roots = {target.partition(".")[0] for target in SOURCE.outer_imports(module)}
        assert roots - sys.stdlib_module_names <= DEPENDENCIES, module.name


def test_comparators_do_not_import_one_another() -> None:
    inside = "autogen.comparators."
    for name, module in SOURCE.modules.items():
        if name.startswith(inside):
            siblings = {t for t in SOURCE.inner_imports(module) if t.startswith(inside)}
            assert siblings == set(), name


def test_a_database_is_named_under_dialects_only() -> None:
    elsewhere = [m for m in SOURCE.modules.values() if m.unit != "dialects"]
    assert [line for module in elsewhere for line in database_names(module)] == []


def test_underscore_names_of_others_are_touched_in_one_module_only() -> None:
    others = [module for name, module in SOURCE.modules.items() if name != "_sa"]
    own = SOURCE.own_private_names
    assert [line for module in others for line in foreign_private_names(module, own)] == []


def test_importing_the_package_loads_neither_autogen_nor_a_database() -> None:
    code = "import sys, embedmig; print(*sorted(sys.modules), sep='\\n')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert "embedmig" in loaded
    heavy = ("embedmig.autogen", "embedmig.aio", "sqlalchemy.ext.asyncio", "sqlalchemy.orm")
    assert [name for name in loaded if name.startswith(heavy)] == []
    assert [name for name in loaded if name.startswith("sqlalchemy.dialects.")] == []
    databases = {f"embedmig.dialects.{m}" for m in database_modules()}
    assert databases.isdisjoint(loaded)


def test_a_boot_with_nothing_pending_loads_neither_a_runner_nor_operations(tmp_path: Path) -> None:
    boot = (
        "import sys, sqlalchemy as sa, embedmig\n"
        "registry = embedmig.Registry()\n"
        "registry.revision('a', down_revision=None)(lambda op: None)\n"
        f"engine = sa.create_engine({f'sqlite:///{tmp_path}/a.db'!r})\n"
        "print(bool(embedmig.Migrator(engine, None, registry).upgrade()), *sorted(sys.modules))"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", boot], capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    did, *loaded = first.stdout.split()
    assert did == "True"
    assert "embedmig.runner" in loaded
    did, *loaded = second.stdout.split()
    assert did == "False"
    heavy = ("embedmig.ops", "embedmig.catalog", "embedmig.runner", "embedmig.plan", "embedmig.job")
    assert [name for name in loaded if name.startswith(heavy)] == []
    sqlite = [name for name in loaded if name.startswith("embedmig.dialects.sqlite")]
    assert sqlite == ["embedmig.dialects.sqlite", "embedmig.dialects.sqlite.session"]


def database_modules() -> list[str]:
    names = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")
    return [name for name in SOURCE.modules if name.removeprefix("dialects.").startswith(names)]


# ---------------------------------------------------------------------- verbs are total


def operations() -> list[type[Any]]:
    """Every concrete operation: each class of `ops` below `Operation` that names its verb."""
    from embedmig import ops
    from embedmig.ops.base import Operation

    modules = pkgutil.walk_packages(ops.__path__, "embedmig.ops.")
    found = {
        value
        for info in modules
        for value in vars(importlib.import_module(info.name)).values()
        if isinstance(value, type) and issubclass(value, Operation)
    }
    concrete = (value for value in found if isinstance(value.__dict__.get("verb"), str))
    return sorted(concrete, key=lambda operation: operation.verb)


def ddl_class() -> type[Any]:
    ddl: type[Any] = importlib.import_module("embedmig.dialects.ddl").DDL
    return ddl


def facade_class() -> type[Any]:
    facade: type[Any] = importlib.import_module("embedmig").Operations
    return facade


def test_there_are_operations_and_their_verbs_are_unique() -> None:
    verbs = [operation.verb for operation in operations()]
    assert len(verbs) >= 10
    assert len(verbs) == len(set(verbs))


def test_every_operation_is_inert_data() -> None:
    for operation in operations():
        assert dataclasses.is_dataclass(operation), operation
        assert operation.__dataclass_params__.frozen, operation


def test_every_verb_is_spelled_by_the_ddl_class() -> None:
    missing = [op.verb for op in operations() if not callable(getattr(ddl_class(), op.verb, None))]
    assert missing == []


def test_every_verb_is_a_method_of_the_facade() -> None:
    missing = [
        op.verb for op in operations() if not callable(getattr(facade_class(), op.verb, None))
    ]
    assert missing == []


def test_every_verb_has_a_public_docstring_on_the_facade() -> None:
    bare = [
        op.verb for op in operations() if not inspect.getdoc(getattr(facade_class(), op.verb, None))
    ]
    assert bare == []


# ------------------------------------------------------------- the rules catch what they should


@pytest.fixture
def tree(tmp_path: Path) -> Any:
    """Write a small package that breaks a rule, and read it."""

    def write(**files: str) -> Source:
        for name, text in files.items():
            path = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Source(tmp_path)

    return write


def test_an_upward_import_is_seen_under_type_checking_and_inside_functions(tree: Any) -> None:
    source = tree(
        graph="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .runner import Runner",
        runner="def f():\n    from embedmig import migrator",
        migrator="",
        ops__columns="from ..graph import Revision",
    )
    assert layer_violations(source) == [
        "graph imports runner",
        "ops.columns imports graph",
        "runner imports migrator",
    ]


def test_a_cycle_is_seen_inside_functions_too(tree: Any) -> None:
    source = tree(graph="from . import plan", plan="def f():\n    from .graph import X")
    assert set(source.cycle()) == {"graph", "plan"}


def test_two_parts_of_one_unit_may_name_each_other_for_typing(tree: Any) -> None:
    typing_only = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import plan"
    assert tree(graph=typing_only, plan="from .graph import X").cycle() == []


@pytest.mark.parametrize(
    "code",
    [
        "if dialect.name == 'sqlite': pass",
        "URL = 'postgresql+psycopg://'",
        "from sqlalchemy.dialects import mysql",
        "import sqlalchemy.dialects.oracle",
        "is_mariadb = True",
        "x = {'mssql': 1}",
        "def sqlite(): ...",
        "f(dialect.is_mariadb)",
    ],
)
def test_a_database_name_in_code_is_seen(tree: Any, code: str) -> None:
    assert database_names(tree(runner=code).modules["runner"]) != []


@pytest.mark.parametrize(
    "code",
    [
        "def f(postgresql_using: str): 'mysql works too'",
        "f(mysql_engine='InnoDB', sqlite_strict=True)",
        "raise ValueError('SQLite cannot do this, PostgreSQL can')",
        "options['postgresql_concurrently']",
    ],
)
def test_prose_and_dialect_keywords_may_name_a_database(tree: Any, code: str) -> None:
    assert database_names(tree(ops=code).modules["ops"]) == []


@pytest.mark.parametrize(
    "code",
    [
        "column._copy()",
        "from sqlalchemy.sql.base import _NoneName",
        "import sqlalchemy.sql._typing",
        "getattr(table, '_columns')",
    ],
)
def test_a_foreign_underscore_name_is_seen(tree: Any, code: str) -> None:
    source = tree(catalog=code)
    assert foreign_private_names(source.modules["catalog"], source.own_private_names) != []


def test_our_own_underscore_names_are_ours(tree: Any) -> None:
    source = tree(catalog="class C:\n    def _f(self): self._g = self._f\nrow._mapping")
    assert foreign_private_names(source.modules["catalog"], source.own_private_names) == []
