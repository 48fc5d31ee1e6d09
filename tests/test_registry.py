"""The registry: decorated functions, modules imported once, and errors that name places."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig import Migrator, Operations, Registry, Revision
from embedmig.errors import (
    ConfigurationError,
    DuplicateBranchLabel,
    DuplicateRevision,
    HistoryError,
    InvalidRevisionId,
    MissingParent,
    RevisionCycle,
)
from embedmig.registry import registry_in, registry_of

FILE = Path(__file__).name


def nothing(op: Operations) -> None:
    """Say nothing twice.

    The rest of the docstring is not the message.
    """


# -- the decorator ---------------------------------------------------------------------------


def test_the_decorated_name_is_a_revision() -> None:
    registry = Registry()

    @registry.revision("a1", down_revision=None, branch_labels="main", app_requires=">=2")
    def first(op: Operations) -> None: ...

    assert isinstance(first, Revision)
    assert (first.id, first.down_revisions, first.branch_labels) == ("a1", (), ("main",))
    assert first.app_requires == ">=2"
    assert registry.graph["a1"] is first


def test_the_way_back_is_registered_and_stays_a_function() -> None:
    registry = Registry()
    first = registry.revision("a1", down_revision=None)(nothing)

    @first.downgrade
    def back(op: Operations) -> None: ...

    assert first.downgrade_function is back
    assert callable(back)
    with pytest.raises(HistoryError, match="two ways back") as caught:
        first.downgrade(nothing)
    assert str(caught.value).count(FILE) == 3, "the revision and both functions, with their file"


def test_the_message_is_the_first_line_of_the_docstring() -> None:
    registry = Registry()
    assert registry.revision("a1", down_revision=None)(nothing).message == "Say nothing twice"
    told = registry.revision("b1", down_revision="a1", message="told")(nothing)
    assert told.message == "told"


def test_a_function_may_make_several_revisions() -> None:
    """A factory is an ordinary way to write similar revisions."""
    registry = Registry()
    for number in range(3):
        parent = f"r{number - 1}" if number else None
        registry.revision(f"r{number}", down_revision=parent)(nothing)
    assert registry.graph.real_heads == ("r2",)


def test_what_is_registered_later_is_part_of_the_history() -> None:
    registry = Registry()
    registry.revision("a1", down_revision=None)(nothing)
    assert registry.graph.real_heads == ("a1",)
    registry.revision("b1", down_revision="a1")(nothing)
    assert registry.graph.real_heads == ("b1",)
    assert registry.graph is registry.graph, "and built once"


# -- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["", "a b", "a@b", "a:b", "a+1", "a-1", "head", "x" * 256, 7])
def test_a_bad_id_is_refused_where_it_is_written(id: Any) -> None:
    with pytest.raises(InvalidRevisionId, match=f"{FILE}:.*nothing"):
        Registry().revision(id, down_revision=None)(nothing)


def other(op: Operations) -> None: ...


def places(error: HistoryError) -> int:
    """How many functions the message names with file and line."""
    return str(error).count(f"{FILE}:")


def test_two_functions_with_one_id() -> None:
    registry = Registry()
    registry.revision("a1", down_revision=None)(nothing)
    registry.revision("a1", down_revision=None)(other)
    with pytest.raises(DuplicateRevision, match=r"nothing.*other") as caught:
        _ = registry.graph
    assert places(caught.value) == 2


def test_two_branches_with_one_label() -> None:
    registry = Registry()
    registry.revision("a1", down_revision=None, branch_labels="x")(nothing)
    registry.revision("b1", down_revision=None, branch_labels="x")(other)
    with pytest.raises(DuplicateBranchLabel) as caught:
        _ = registry.graph
    assert places(caught.value) == 2


@pytest.mark.parametrize("link", ["down_revision", "depends_on"])
def test_a_parent_that_is_not_there(link: str) -> None:
    registry = Registry()
    links: dict[str, Any] = {"down_revision": None, link: "gone"}
    registry.revision("a1", **links)(nothing)
    with pytest.raises(MissingParent, match="'gone'") as caught:
        _ = registry.graph
    assert places(caught.value) == 1
    assert caught.value.kind == link


def test_a_circle() -> None:
    registry = Registry()
    registry.revision("a1", down_revision="b1")(nothing)
    registry.revision("b1", down_revision="a1")(other)
    with pytest.raises(RevisionCycle) as caught:
        _ = registry.graph
    assert places(caught.value) == 2
    assert set(caught.value.cycle) == {"a1", "b1"}


def test_a_broken_history_is_told_by_whatever_asks_first() -> None:
    """Before any connection is opened: this engine could not open one."""
    registry = Registry()
    registry.revision("a1", down_revision="gone")(nothing)
    engine = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nowhere")
    migrator = Migrator(engine, None, registry)
    for ask in (migrator.upgrade, migrator.status, migrator.heads, migrator.verify):
        with pytest.raises(MissingParent):
            ask()


# -- binding ---------------------------------------------------------------------------------


def test_a_registry_is_found_by_its_metadata() -> None:
    metadata, second = sa.MetaData(), sa.MetaData()
    registry = Registry(metadata=[metadata, second])
    assert registry_of(metadata) is registry
    assert registry_of([sa.MetaData(), second]) is registry
    assert registry_of(None) is None
    assert Migrator(sa.create_engine("sqlite://"), metadata).registry is registry


def test_one_metadata_has_one_registry() -> None:
    metadata = sa.MetaData()
    Registry(metadata=metadata)
    with pytest.raises(ConfigurationError, match="bound to the registry"):
        Registry("other.package", metadata=metadata)


def test_a_package_that_is_imported_anew_binds_anew() -> None:
    """Reloading a module makes another registry of the same package."""
    metadata = sa.MetaData()
    Registry("app.migrations", metadata=metadata)
    again = Registry("app.migrations", metadata=metadata)
    assert registry_of(metadata) is again


def test_without_a_registry_the_error_says_what_to_write() -> None:
    migrator = Migrator(sa.create_engine("sqlite://"), sa.MetaData())
    with pytest.raises(ConfigurationError, match=r"Registry\(__name__, metadata="):
        migrator.heads()


# -- packages --------------------------------------------------------------------------------

INIT = """\
from embedmig import Registry
registry = Registry(__name__)
"""
MODULE = """\
from {package} import registry
import builtins
builtins.embedmig_imports.append(__name__)

@registry.revision({id!r}, down_revision={parent!r})
def upgrade(op):
    op.execute("SELECT 1")
"""


@pytest.fixture
def imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The modules that ran, in order."""
    import builtins

    seen: list[str] = []
    monkeypatch.setattr(builtins, "embedmig_imports", seen, raising=False)
    before = set(sys.modules)
    yield seen
    for name in set(sys.modules) - before:
        if name.split(".")[0].startswith("app_of_tests"):
            del sys.modules[name]


def write_package(where: Path, name: str, modules: dict[str, tuple[str, str | None]]) -> None:
    """A package of migrations; a module's name may have dots."""
    package = where / name
    package.mkdir()
    (package / "__init__.py").write_text(INIT)
    for module, (id, parent) in modules.items():
        path = package.joinpath(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent != package:
            (path.parent / "__init__.py").touch()
        path.write_text(MODULE.format(package=name, id=id, parent=parent))


def test_every_module_of_a_package_is_imported_once_and_only_when_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: list[str]
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    name = "app_of_tests_once"
    links: dict[str, tuple[str, str | None]] = {
        "m1": ("a1", None),
        "m2": ("b1", "a1"),
        "sub.m3": ("c1", "b1"),
    }
    write_package(tmp_path, name, links)
    (tmp_path / name / "__main__.py").write_text("raise SystemExit('must not be imported')")

    registry = registry_in(name)
    assert imports == []
    assert registry.graph.real_heads == ("c1",)
    assert [r.id for r in Migrator(sa.create_engine("sqlite://"), None, name).history()] == [
        "a1",
        "b1",
        "c1",
    ]
    assert imports == [f"{name}.m1", f"{name}.m2", f"{name}.sub.m3"]


@pytest.mark.parametrize("collects", [True, False])
def test_a_history_loads_uncollected_and_leaves_the_collector_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: list[str], *, collects: bool
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    name = f"app_of_tests_gc_{collects}".lower()
    write_package(tmp_path, name, {"m1": ("a1", None), "m2": ("b1", "a1")})
    (tmp_path / name / "m0.py").write_text(
        "import builtins, gc\nbuiltins.embedmig_imports.append(gc.isenabled())\n"
    )
    (tmp_path / name / "m3.py").write_text("raise LookupError")

    before = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        with pytest.raises(LookupError):
            registry_in(name).load()
        assert gc.isenabled() is collects
    finally:
        (gc.enable if before else gc.disable)()
    assert imports == [False, f"{name}.m1", f"{name}.m2"]


def test_threads_that_ask_at_once_get_one_whole_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: list[str]
) -> None:
    """Nobody sees half of it, and no module runs twice; its import is slow here."""
    monkeypatch.syspath_prepend(tmp_path)
    name = "app_of_tests_threads"
    links = {f"m{n}": (f"r{n}", f"r{n - 1}" if n else None) for n in range(20)}
    write_package(tmp_path, name, links)
    (tmp_path / name / "m5.py").write_text(
        "import time\ntime.sleep(0.2)\n" + (tmp_path / name / "m5.py").read_text()
    )
    registry = registry_in(name)
    start, heads, errors = threading.Barrier(8), [], []

    def ask() -> None:
        start.wait()
        try:
            heads.append(registry.graph.real_heads)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert heads == [("r19",)] * 8
    assert len(imports) == 20


def test_a_module_that_fails_to_import_fails_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: list[str]
) -> None:
    """Its error is the application's own, and half a history never passes for a whole one."""
    monkeypatch.syspath_prepend(tmp_path)
    name = "app_of_tests_broken"
    write_package(tmp_path, name, {"m1": ("a1", None), "m2": ("b1", "a1")})
    (tmp_path / name / "m2.py").write_text("import module_that_is_not_there")
    registry = registry_in(name)
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="module_that_is_not_there"):
            _ = registry.graph


def test_one_registry_per_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "app_of_tests_none.py").write_text("")
    (tmp_path / "app_of_tests_two.py").write_text(
        "from embedmig import Registry\na = Registry()\nb = Registry()\nsame = a\n"
    )
    with pytest.raises(ConfigurationError, match="no registries"):
        registry_in("app_of_tests_none")
    with pytest.raises(ConfigurationError, match="2 registries"):
        registry_in("app_of_tests_two")
    with pytest.raises(ModuleNotFoundError):
        registry_in("app_of_tests_nowhere")


def test_registering_while_others_ask(imports: list[str]) -> None:
    """A history that grows under a reader is never torn: old or new, not something between."""
    registry = Registry()
    registry.revision("r0", down_revision=None)(nothing)
    stop, errors = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            try:
                assert len(registry.graph.real_heads) == 1
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    for number in range(1, 200):
        registry.revision(f"r{number}", down_revision=f"r{number - 1}")(nothing)
        time.sleep(0)
    stop.set()
    thread.join()
    assert errors == []
    assert registry.graph.real_heads == ("r199",)


@pytest.mark.parametrize("seconds", [-1, "3", float("nan")])
def test_a_timeout_is_a_number_of_seconds(seconds: Any) -> None:
    with pytest.raises(HistoryError, match="ddl_lock_timeout"):
        Registry().revision("a1", down_revision=None, ddl_lock_timeout=seconds)
