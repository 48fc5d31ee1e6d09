"""A database as plain data, to be compared as a whole: tables, columns, keys, indexes, rows."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa


def picture(engine: sa.Engine, *, leave_out: Collection[str] = ()) -> dict[str, Any]:
    """Every table of the default schema, but for those left out."""
    inspector = sa.inspect(engine)
    with engine.connect() as connection, warnings.catch_warnings():
        # SQLAlchemy 2.0 says of SQLite's that it leaves them out.
        warnings.filterwarnings("ignore", ".*expression-based index", sa.exc.SAWarning)
        columns, primary = inspector.get_multi_columns(), inspector.get_multi_pk_constraint()
        keys, unique = inspector.get_multi_foreign_keys(), inspector.get_multi_unique_constraints()
        checks, indexes = inspector.get_multi_check_constraints(), inspector.get_multi_indexes()
        return {
            name: {
                "columns": [_column(c) for c in columns[schema, name]],
                "primary key": primary[schema, name]["constrained_columns"],
                "foreign keys": sorted(map(_key, keys[schema, name])),
                "unique": sorted(map(_unique, unique[schema, name])),
                "checks": sorted(str(c["sqltext"]) for c in checks[schema, name]),
                "indexes": sorted(map(_index, indexes[schema, name])),
                "rows": _rows(connection, name),
            }
            for schema, name in sorted(columns, key=lambda key: key[1])
            if name not in leave_out
        }


def _column(column: Any) -> tuple[Any, ...]:
    return (column["name"], repr(column["type"]), column["nullable"], column["default"])


def _key(key: Any) -> tuple[Any, ...]:
    return (
        str(key["name"]),
        tuple(key["constrained_columns"]),
        key["referred_table"],
        tuple(key["referred_columns"]),
        repr(sorted(key.get("options", {}).items())),
    )


def _unique(unique: Any) -> tuple[Any, ...]:
    return (str(unique["name"]), tuple(unique["column_names"]))


def _index(index: Any) -> tuple[Any, ...]:
    return (str(index["name"]), tuple(map(str, index["column_names"])), bool(index["unique"]))


def _rows(connection: sa.Connection, name: str) -> list[str]:
    table = sa.table(name)
    statement = sa.select(sa.literal_column("*")).select_from(table)
    return sorted(map(repr, connection.execute(statement)))
