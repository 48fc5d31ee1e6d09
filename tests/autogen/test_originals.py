"""The tables as the database has them, made once and only where an operation remembers one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from embedmig.autogen.originals import Originals
from embedmig.autogen.pairing import TablePair
from embedmig.dialects.snapshot import CheckState, ColumnState, Key, KeyState, TableState
from tests.autogen.contexts import dialect_of


def pair(name: str) -> TablePair:
    state = TableState(
        (None, name), {"a": ColumnState("a", "integer", nullable=False, default="1")}
    )
    state.primary_key = KeyState("pk", ("a",))
    state.checks = (CheckState("ck", "a <> 'x:y'"),)
    state.unlogged = True
    return TablePair(state.key, state, None)


class Types:
    """Answers for every column `a`, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[Key]] = []

    def __call__(self, keys: Collection[Key]) -> dict[tuple[Key, str], Any]:
        self.asked.append(list(keys))
        return {(key, "a"): sa.BigInteger() for key in keys}


def test_the_types_of_many_tables_are_asked_for_at_once_and_never_again() -> None:
    types = Types()
    originals = Originals(dialect_of("postgresql").comparison, types)
    pairs = [pair("t"), pair("u")]
    originals.ask(pairs)
    assert originals(pairs[0]) is originals(pairs[0])
    assert types.asked == [[(None, "t"), (None, "u")]]


def test_a_renamed_table_is_asked_for_under_its_old_names() -> None:
    types = Types()
    originals = Originals(dialect_of("postgresql").comparison, types)
    originals.renamed_tables = {(None, "new"): (None, "old")}
    renamed = pair("new")
    assert renamed.current is not None
    renamed.current.columns = {"b": ColumnState("b", "bigint")}
    renamed.current.primary_key = None
    originals.renamed_columns = {((None, "new"), "b"): "a"}
    assert isinstance(originals(renamed).c.b.type, sa.BigInteger)
    assert types.asked == [[(None, "old")]]


def test_the_table_has_what_the_picture_shows() -> None:
    table = Originals(dialect_of("postgresql").comparison, Types())(pair("t"))
    text = str(sa.schema.CreateTable(table).compile(dialect=dialect_of("postgresql").sa))
    assert "CREATE UNLOGGED TABLE t" in text
    assert "a BIGINT DEFAULT 1 NOT NULL" in text
    assert "CONSTRAINT pk PRIMARY KEY (a)" in text
    assert "CONSTRAINT ck CHECK (a <> 'x:y')" in text
