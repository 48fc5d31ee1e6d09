"""The replayed catalog is what the database has: over random histories, on every database.

Both are looked at through the database's eyes: what the history made is reflected, then everything
is dropped and made again from the catalog's tables, and reflected once more.
"""

from __future__ import annotations

import re
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import strategies as st

from embedmig import ops
from embedmig.catalog import Catalog, LiveCatalog
from embedmig.dialects import dialect_for
from tests.databases import Database
from tests.histories import History
from tests.support import apply

#: Shrinking takes minutes where every step is a real ALTER TABLE; the histories are short anyway.
NO_SHRINKING = (hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate)


def snapshot(connection: sa.Connection) -> dict[str, Any]:
    """Everything that reflection sees, in a form that can be compared."""
    inspector = sa.inspect(connection)
    tables = {name: _table(inspector, connection, name) for name in inspector.get_table_names()}
    enums: Any = getattr(inspector, "get_enums", list)()
    return {"": {"columns": enums}, **tables}


def _table(inspector: Any, connection: sa.Connection, name: str) -> dict[str, Any]:
    comments = connection.dialect.supports_comments
    return {
        "columns": [_column(c, connection.dialect) for c in inspector.get_columns(name)],
        "primary": _without_empty(inspector.get_pk_constraint(name)),
        "unique": _sorted(inspector.get_unique_constraints(name)),
        "foreign": _sorted(inspector.get_foreign_keys(name)),
        "checks": sorted((str(c["name"]), _bare(c["sqltext"]))
                         for c in inspector.get_check_constraints(name)),
        "indexes": _sorted(inspector.get_indexes(name)),
        "comment": inspector.get_table_comment(name)["text"] if comments else None,
    }  # fmt: skip


def _column(column: Any, dialect: sa.engine.Dialect) -> dict[str, Any]:
    default = column.get("default")
    if default and "nextval" in default:
        default = "serial"  # the sequence keeps the table's first name
    elif default:
        default = re.sub(r"::[a-z ]+|'", "", default)  # '5'::bigint, or 5 after a change of type
    return {
        **{key: value for key, value in column.items() if key not in ("type", "default")},
        "type": column["type"].compile(dialect=dialect),
        "default": default,
    }


def _without_empty(found: Any) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value}


def _sorted(found: list[Any]) -> list[Any]:
    return sorted(map(_without_empty, found), key=str)


def _bare(text: str) -> str:
    return re.sub(r"[\s\"`()]", "", text)


def _drop_all(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)


def _created_from(connection: sa.Connection, catalog: Catalog) -> dict[str, Any]:
    creates = [ops.CreateTable.from_table(table) for table in catalog.tables()]
    apply(connection, *_referents_first(creates))
    return snapshot(connection)


def _referents_first(creates: list[ops.CreateTable]) -> list[ops.CreateTable]:
    """The tables in an order in which each finds what it refers to (a self-reference is fine)."""
    placed: dict[str, ops.CreateTable] = {}
    while len(placed) < len(creates):
        for create in creates:
            targets = {
                element.column.table.name
                for key in create.to_table().foreign_key_constraints
                for element in key.elements
            }
            if targets <= {*placed, create.table_name}:
                placed.setdefault(create.table_name, create)
    return list(placed.values())


@pytest.mark.slow
@hypothesis.given(data=st.data())
@hypothesis.settings(max_examples=8, phases=NO_SHRINKING)
def test_the_replayed_catalog_is_what_the_database_has(
    db: Database, engine: sa.Engine, data: st.DataObject
) -> None:
    with engine.connect() as connection:
        _drop_all(connection)
        ddl = dialect_for(connection.dialect).ddl
        replayed = Catalog(default_names=ddl.default_constraint_name)
        live = LiveCatalog(connection)
        for operation in History(data.draw, db.name, replayed).run(12):
            hypothesis.note(f"{operation.describe()}  {operation!r}")
            apply(connection, operation, catalog=live)
        real = snapshot(connection)
        _drop_all(connection)
        assert _created_from(connection, replayed) == real
        connection.rollback()


@pytest.mark.slow
@hypothesis.given(data=st.data())
@hypothesis.settings(max_examples=5, phases=NO_SHRINKING)
def test_the_live_catalog_follows_what_it_has_read(
    db: Database, engine: sa.Engine, data: st.DataObject
) -> None:
    """It reads a table once, and is right about it ever after."""
    with engine.connect() as connection:
        _drop_all(connection)
        ddl = dialect_for(connection.dialect).ddl
        replayed = Catalog(default_names=ddl.default_constraint_name)
        live = LiveCatalog(connection, default_names=ddl.default_constraint_name)
        for operation in History(data.draw, db.name, replayed).run(6):
            hypothesis.note(repr(operation))
            apply(connection, operation, catalog=live)
            for table in sa.inspect(connection).get_table_names():
                live.table(table)
        real = snapshot(connection)
        names = [name for name in real if name]
        followed = {name: live.table(name) for name in names}
        _drop_all(connection)
        creates = [ops.CreateTable.from_table(table) for table in followed.values()]
        apply(connection, *_referents_first(creates))
        assert snapshot(connection) == real
        connection.rollback()


@pytest.mark.slow
@hypothesis.given(data=st.data())
@hypothesis.settings(max_examples=5, phases=NO_SHRINKING)
def test_every_completed_operation_can_be_taken_back(
    db: Database, engine: sa.Engine, data: st.DataObject
) -> None:
    """A history, and then its reverse, leaves the database as it was."""
    with engine.connect() as connection:
        _drop_all(connection)
        ddl = dialect_for(connection.dialect).ddl
        replayed = Catalog(default_names=ddl.default_constraint_name)
        live = LiveCatalog(connection)
        history = History(data.draw, db.name, replayed)
        for operation in history.run(6):
            apply(connection, operation, catalog=live)
        before = snapshot(connection)
        done = []
        for operation in history.run(6):
            hypothesis.note(repr(operation))
            done.append(live.complete(operation))
            apply(connection, operation, catalog=live)
        for operation in reversed(done):
            apply(connection, operation.reverse(), catalog=live)
        assert _unordered(snapshot(connection)) == _unordered(before)
        connection.rollback()


def _unordered(found: dict[str, Any]) -> dict[str, Any]:
    """A column that was dropped and added again stands last."""
    for table in found.values():
        table["columns"] = sorted(table["columns"], key=lambda column: str(column["name"]))
    return found
