"""Every directive has run on SQLite and PostgreSQL, and reflection shows what the catalog foresaw.

The foreseen tables are created anew in a second database, and the two are reflected alike.
(For MySQL and MariaDB: `test_operations_mysql_family.py`, by the server's own text.)
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa

from embedmig.catalog import Catalog
from embedmig.errors import EmbedmigError
from tests.conftest import Servers
from tests.databases import SqliteFiles, fresh
from tests.dialects.directives import DIRECTIVES, start
from tests.rendering import run

pytestmark = pytest.mark.slow

#: What a database cannot do, and says so before anything is changed.
REFUSED = {
    "sqlite": {
        "create_exclude_constraint",
        "create_schema",
        "create_sequence",
        "create_sequence.if_not_exists",
        "create_table.schema",
    },
    "postgresql": {
        "add_column.computed",  # VIRTUAL came with PostgreSQL 18
        "alter_column.to_computed",
        "alter_column.to_enum",  # the type exists: its values are added by add_enum_value
    },
}
#: What reflection cannot compare in this way.
NOT_COMPARED = {
    "sqlite": set(),
    "postgresql": {
        "rename_table",  # the key and the sequence keep the names made for the old table
        "create_exclude_constraint",  # create_all does not know it
        "create_index.concurrently",  # its own tests look at what it leaves when it fails
    },
}
#: What SQLAlchemy 2.0 cannot say of a table.
NEW_OPTIONS = pytest.mark.needs_sqlalchemy("2.1", "`postgresql_with` of a table came with it")
NEWER = {"create_table.options": NEW_OPTIONS, "alter_table_options": NEW_OPTIONS}
PAIRS = [
    pytest.param(kind, name, id=f"{kind}-{name}", marks=[NEWER[name]] if name in NEWER else [])
    for kind in REFUSED
    for name in DIRECTIVES
    if name not in NOT_COMPARED[kind]
]


class Pair:
    """Two databases of one kind: one is migrated, in the other the foreseen tables are created."""

    def __init__(self, kind: str, servers: Servers, files: Any) -> None:
        self.kind = kind
        self._stack = ExitStack()
        source = SqliteFiles(files) if kind == "sqlite" else servers.get(kind)
        self.migrated, self.recreated = (
            self._stack.enter_context(fresh(kind, source)).engine() for _ in range(2)
        )

    def empty(self) -> None:
        for engine in (self.migrated, self.recreated):
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                if self.kind == "postgresql":
                    connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                    connection.exec_driver_sql('DROP SCHEMA IF EXISTS "em Shop", em_shop')
                else:
                    for name in sa.inspect(connection).get_table_names():
                        connection.exec_driver_sql(f'DROP TABLE "{name}"')

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(scope="module")
def pairs(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Pair]]:
    made: dict[str, Pair] = {}
    yield made
    for pair in made.values():
        pair.close()


@pytest.fixture
def pair(
    request: pytest.FixtureRequest,
    kind: str,
    servers: Servers,
    pairs: dict[str, Pair],
    tmp_path_factory: pytest.TempPathFactory,
) -> Pair:
    if kind not in pairs:
        pairs[kind] = Pair(kind, servers, tmp_path_factory.mktemp("directives"))
    pairs[kind].empty()
    return pairs[kind]


def pictured(engine: sa.Engine) -> dict[str, Any]:
    """Everything that reflection tells of every table, in an order of its own."""
    inspector = sa.inspect(engine)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # expressions in SQLite's indexes
        found = {name: _table(inspector, name) for name in inspector.get_table_names()}
    enums = getattr(inspector, "get_enums", list)()
    return {**found, "enums": [(e["name"], e["labels"]) for e in enums]}


def _table(inspector: Any, name: str) -> dict[str, Any]:
    lists = ["get_foreign_keys", "get_unique_constraints", "get_check_constraints", "get_indexes"]
    table: dict[str, Any] = {
        what: sorted(map(_plain, getattr(inspector, what)(name)), key=str) for what in lists
    }
    table["columns"] = [_plain(column) for column in inspector.get_columns(name)]
    table["key"] = _plain(inspector.get_pk_constraint(name))
    if inspector.dialect.supports_comments:
        table["comment"] = inspector.get_table_comment(name)["text"]
    else:
        _ask_the_pragmas(inspector, name, table)
    return table


def _ask_the_pragmas(inspector: Any, name: str, table: dict[str, Any]) -> None:
    """SQLAlchemy reflects only part of what stands at a column: no UNIQUE, no ON DELETE."""
    with inspector.engine.connect() as connection:
        keys = connection.exec_driver_sql(f'PRAGMA foreign_key_list("{name}")').all()
        table["get_foreign_keys"] = sorted(str(tuple(key[1:])) for key in keys)
        indexes = connection.exec_driver_sql(f'PRAGMA index_list("{name}")').all()
        table["get_unique_constraints"] = sorted(
            [row[2] for row in connection.exec_driver_sql(f'PRAGMA index_info("{index[1]}")')]
            for index in indexes
            if index[3] == "u"
        )


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {key: _text(value) for key, value in sorted(item.items()) if value not in (None, [])}


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _text(inner) for key, inner in value.items()}
    if isinstance(value, sa.sql.ClauseElement):
        return str(value)
    return value if isinstance(value, list | str | bool) else repr(value)


def recreate(engine: sa.Engine, catalog: Catalog) -> sa.Engine:
    """The catalog's tables, made by plain CREATE TABLE."""
    metadata = sa.MetaData()
    for table in catalog.tables():
        table.to_metadata(metadata)
    metadata.create_all(engine)
    return engine


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_a_directive_leaves_the_table_that_the_catalog_foresees(pair: Pair, name: str) -> None:
    if name in REFUSED[pair.kind]:
        foreseen = run(pair.migrated, start)
        with pytest.raises(EmbedmigError):
            run(pair.migrated, DIRECTIVES[name])
    else:
        foreseen = run(pair.migrated, start, DIRECTIVES[name])
    assert pictured(pair.migrated) == pictured(recreate(pair.recreated, foreseen))
