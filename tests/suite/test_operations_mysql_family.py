"""Every directive has run on MariaDB or MySQL, and what it left is what the catalog foresaw.

The foreseen tables are created anew in a second database; then the server itself is asked to write
down both (SHOW CREATE TABLE), and the two texts must be the same.
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from embedmig.catalog import Catalog
from embedmig.errors import UnsupportedOperation
from tests.databases import Database
from tests.dialects.directives import DIRECTIVES, start
from tests.rendering import run

pytestmark = pytest.mark.slow

#: What this family cannot do, and says so.
UNSUPPORTED = {
    "alter_column.to_computed",
    "create_exclude_constraint",
    "create_foreign_key.deferrable",
}
UNSUPPORTED_ON_MARIADB = {"create_index.expression"}
UNSUPPORTED_ON_MYSQL = {"create_sequence", "create_sequence.if_not_exists"}


def shown(engine: sa.Engine) -> dict[str, list[str]]:
    """What the server says every table is: its lines, constraints in any order."""
    with engine.connect() as connection:
        return {
            name: _lines(connection.exec_driver_sql(f"SHOW CREATE TABLE `{name}`").one()[1])
            for name in sa.inspect(connection).get_table_names()
        }


def _lines(text: str) -> list[str]:
    text = re.sub(r" AUTO_INCREMENT=\d+", "", text)
    lines = [line.strip().rstrip(",") for line in text.split("\n")]
    is_column = [line.startswith("`") for line in lines]
    columns = [line for line, column in zip(lines, is_column, strict=True) if column]
    return columns + sorted(line for line in lines if line not in columns)


def recreated(database: Database, catalog: Catalog) -> sa.Engine:
    """The catalog's tables, made by plain CREATE TABLE in another database."""
    engine = database.another().engine()
    metadata = sa.MetaData()
    for table in catalog.tables():
        table.to_metadata(metadata)
    metadata.create_all(engine)
    return engine


@pytest.mark.parametrize("name", DIRECTIVES)
def test_a_directive_leaves_the_table_that_the_catalog_foresees(
    mariadb: Database, name: str
) -> None:
    """Run it, and compare the server's own text with that of the foreseen table made afresh."""
    engine = mariadb.engine()
    unsupported = UNSUPPORTED | (
        UNSUPPORTED_ON_MARIADB if is_mariadb(engine) else UNSUPPORTED_ON_MYSQL
    )
    if name in unsupported:
        before = run(engine, start)
        with pytest.raises(UnsupportedOperation):
            run(engine, DIRECTIVES[name])
        assert shown(engine) == shown(recreated(mariadb, before)), "nothing was changed"
        return
    foreseen = run(engine, start, DIRECTIVES[name])
    assert shown(engine) == shown(recreated(mariadb, foreseen))


def is_mariadb(engine: sa.Engine) -> bool:
    with engine.connect():
        return bool(engine.dialect.is_mariadb)
