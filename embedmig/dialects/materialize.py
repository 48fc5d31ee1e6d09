"""A picture as a SQLAlchemy Table: what a dropped table or column is remembered by."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import _sa
from .describe import UNKNOWN, is_unnamed
from .snapshot import (
    UNLOGGED,
    CheckState,
    ColumnState,
    ForeignKeyState,
    IndexState,
    Key,
    KeyState,
    TableState,
)

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

_COLON = re.compile(r"(?<![:\\\w]):(?=\w)")
_PLAIN = re.compile(r"\w+")


def sql_text(text: str) -> sa.TextClause:
    """The text as an expression; a colon in it is no bind parameter."""
    return sa.text(_COLON.sub(r"\\:", text))


def default_of(column: ColumnState, other: ColumnState | None = None) -> Any:
    """What `server_default=` takes, or None.

    Beside an `other` identity, the bounds that only the other has are given back explicitly.
    """
    if column.generated is not None:
        return sa.Computed(sql_text(column.generated), persisted=column.persisted)
    if column.identity is not None:
        given = dict(column.identity)
        beside = dict(other.identity) if other is not None and other.identity is not None else {}
        lost = {f"no{k}": True for k in ("minvalue", "maxvalue") if k in beside and k not in given}
        return sa.Identity(**given, **lost)
    if column.default == UNKNOWN:
        return sa.FetchedValue()
    return None if column.default is None else sql_text(column.default)


def name_of(state: KeyState | ForeignKeyState | CheckState | IndexState) -> str | None:
    """The name; None for one that only stands in for a missing one."""
    return None if is_unnamed(state.name) else state.name


class Materializer:
    """Makes Tables from pictures; `keyword` is the prefix of the database's own options."""

    def __init__(
        self,
        keyword: str,
        types: Mapping[tuple[Key, str], TypeEngine[Any]],
        exclude: Callable[[CheckState], Any],
    ) -> None:
        self.keyword = keyword
        self.types = types
        self.exclude = exclude

    def table(self, state: TableState, schema: str | None) -> sa.Table:
        """The Table; `schema` is how its schema is written."""
        columns = {**state.columns, **state.unseen}.values()
        items: list[Any] = [self.column(state.key, column) for column in columns]
        if state.primary_key is not None:
            items.append(self.primary_key(state.primary_key))
        items += map(self.unique, state.uniques)
        items += map(self.check, state.checks)
        items += [self.foreign_key(key, schema) for key in state.foreign_keys]
        items += [x for e in state.excludes if (x := self.exclude(e)) is not None]
        options = dict(state.options)
        if state.unlogged:
            options["prefixes"] = [UNLOGGED]
        table = _sa.build_table(state.name, items, schema=schema, comment=state.comment, **options)
        for index in state.indexes:
            self.add_index(table, index)
        return table

    def column(self, key: Key, column: ColumnState) -> sa.Column[Any]:
        """One column."""
        default = default_of(column)
        extra = [default] if isinstance(default, sa.Computed | sa.Identity) else []
        return sa.Column(
            column.name,
            self.types.get((key, column.name), sa.types.NULLTYPE),
            *extra,
            server_default=None if extra else default,
            nullable=column.nullable,
            autoincrement="auto" if column.identity is not None else column.autoincrement,
            comment=column.comment,
        )

    def options(self, options: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
        """A picture's options as SQLAlchemy's keywords."""
        named: dict[str, Any] = {}
        for option, value in options:
            given = dict(value) if option == "with" else value
            if option == "where":
                given = sql_text(value)
            if isinstance(given, tuple):
                given = list(given)
            named[f"{self.keyword}_{option}"] = given
        return named

    def primary_key(self, key: KeyState) -> sa.PrimaryKeyConstraint:
        """The primary key."""
        return sa.PrimaryKeyConstraint(
            *key.columns,
            name=name_of(key),
            deferrable=key.deferrable or None,
            initially=key.initially,
            **self.options(key.options),
        )

    def unique(self, key: KeyState) -> sa.UniqueConstraint:
        """A unique constraint."""
        return sa.UniqueConstraint(
            *key.columns,
            name=name_of(key),
            deferrable=key.deferrable or None,
            initially=key.initially,
            **self.options(key.options),
        )

    def check(self, check: CheckState) -> sa.CheckConstraint:
        """A CHECK."""
        return sa.CheckConstraint(
            sql_text(check.expression), name=name_of(check), **self.options(check.options)
        )

    def foreign_key(self, key: ForeignKeyState, schema: str | None) -> sa.ForeignKeyConstraint:
        """A foreign key; its referent is a placeholder."""
        target = ".".join(filter(None, key.referent))
        return sa.ForeignKeyConstraint(
            key.columns,
            [f"{target}.{column}" for column in key.remote_columns],
            name=name_of(key),
            onupdate=key.onupdate,
            ondelete=key.ondelete,
            deferrable=key.deferrable or None,
            initially=key.initially,
            match=key.match,
            **self.options(key.options),
        )

    def add_index(self, table: sa.Table, index: IndexState) -> None:
        """An index, on the table."""
        elements = [e if e in table.c else sql_text(e) for e in index.elements]
        options = tuple((k, v) for k, v in index.options if k != "invalid")
        _sa.index_on(
            table,
            name_of(index),
            [table.c[e] if isinstance(e, str) else e for e in elements],
            unique=index.unique,
            **self.options(options),
        )
