"""Fixtures for every test: a fresh database of each kind, and what a missing server means.

`db` runs a test once on each database; `@pytest.mark.only_on("postgresql")` restricts it.
`postgresql`, `mariadb` and `sqlite_db` give one of them. `engine` is `db.engine()`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from packaging.version import Version
from sqlalchemy.ext.compiler import deregister

from embedmig import _sa
from tests.databases import NAMES, Database, NoDatabase, Source, SqliteFiles, fresh, required
from tests.databases import sources as find_sources

# GeoAlchemy2 changes, for whoever imports it, how generated columns of MySQL and SQL Server are
# written, and listens to every Table. The tests that import it must not change what others see.
with contextlib.suppress(ImportError), pytest.MonkeyPatch.context() as quiet:
    quiet.setattr(sa.event, "listen", lambda *_, **__: None)
    quiet.setattr(sa.event, "listens_for", lambda *_, **__: lambda function: function)
    import geoalchemy2  # noqa: F401

    deregister(sa.Computed)

hypothesis.settings.register_profile(
    "embedmig",
    deadline=None,  # a real database's commit takes as long as it takes
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.function_scoped_fixture,
    ],
)
hypothesis.settings.register_profile(
    "ci", hypothesis.settings.get_profile("embedmig"), derandomize=True, print_blob=True
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "embedmig")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("embedmig")
    group.addoption(
        "--db",
        action="append",
        default=[],
        metavar="URL",
        help="a PostgreSQL, MariaDB or MySQL server where databases may be made; repeatable",
    )
    group.addoption(
        "--on",
        action="append",
        choices=NAMES,
        help="only the tests that need no other database than this; repeatable",
    )
    group.addoption("--long", action="store_true", help="run the tests marked `long` as well")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "db" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("only_on")
        wanted = marker.args if marker is not None else NAMES
        unknown = set(wanted) - set(NAMES)
        assert not unknown, f"only_on knows {NAMES}, not {unknown}"
        metafunc.parametrize("db", wanted, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if wanted := config.getoption("--on"):
        kept = [item for item in items if databases_of(item) <= set(wanted)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept
    for item in items:
        for marker in item.iter_markers("needs_sqlalchemy"):
            version, why = marker.args
            too_old = Version(sa.__version__) < Version(version)
            item.add_marker(pytest.mark.skipif(too_old, reason=f"SQLAlchemy {version}: {why}"))
    if not config.getoption("--long"):
        skip = pytest.mark.skip(reason="takes minutes; run with --long")
        for item in items:
            if item.get_closest_marker("long") is not None:
                item.add_marker(skip)


def databases_of(item: pytest.Item) -> set[str]:
    """The kinds of database a test needs, by its fixtures."""
    needs = set(getattr(item, "fixturenames", ())) & {"postgresql", "mariadb"}
    needs |= {name for marker in item.iter_markers("starts") for name in marker.args}
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return needs | ({parameters["db"]} if "db" in parameters else set())


class Servers:
    """The servers of this session, each looked for once, when the first test wants it."""

    def __init__(self, finders: dict[str, Callable[[], Source]], needed: frozenset[str]) -> None:
        self._finders = finders
        self._needed = needed
        self._found: dict[str, Source | NoDatabase] = {}

    def get(self, name: str) -> Source:
        if name not in self._found:
            self._found[name] = self._look(name)
        found = self._found[name]
        if isinstance(found, Source):
            return found
        if name in self._needed:
            pytest.fail(f"required, but {found}", pytrace=False)
        pytest.skip(str(found))

    def _look(self, name: str) -> Source | NoDatabase:
        try:
            return self._finders[name]()
        except NoDatabase as error:
            return error


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    urls: list[str] = pytestconfig.getoption("--db")
    return Servers(find_sources(urls, os.environ), required(os.environ))


@pytest.fixture
def db(
    request: pytest.FixtureRequest, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A fresh, empty database: the test runs once on every kind."""
    name: str = request.param
    source = (
        SqliteFiles(tmp_path_factory.mktemp("sqlite")) if name == "sqlite" else servers.get(name)
    )
    with fresh(name, source) as database:
        yield database


@pytest.fixture
def engine(db: Database) -> sa.Engine:
    """An engine with default settings on `db`."""
    return db.engine()


@pytest.fixture
def sqlite_db(tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite file."""
    with fresh("sqlite", SqliteFiles(tmp_path)) as database:
        yield database


@pytest.fixture
def postgresql(servers: Servers) -> Iterator[Database]:
    """A fresh PostgreSQL database."""
    with fresh("postgresql", servers.get("postgresql")) as database:
        yield database


@pytest.fixture
def mariadb(servers: Servers) -> Iterator[Database]:
    """A fresh MariaDB (or MySQL) database."""
    with fresh("mariadb", servers.get("mariadb")) as database:
        yield database


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The text of every message that embedmig sends by itself."""
    sent: list[str] = []

    class Cursor:
        def __init__(self, cursor: Any) -> None:
            self._cursor = cursor

        def execute(self, sql: str, *parameters: Any) -> None:
            sent.append(sql)
            self._cursor.execute(sql, *parameters)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._cursor, name)

    cursor_of = _sa._cursor
    monkeypatch.setattr(_sa, "_cursor", lambda connection: Cursor(cursor_of(connection)))
    return sent
