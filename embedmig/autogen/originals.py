"""What a table was, for the operations that must remember it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..dialects.materialize import Materializer
from ..dialects.snapshot import Key

if TYPE_CHECKING:
    from sqlalchemy import Table

    from ..dialects.comparison import Comparison
    from .pairing import TablePair

Fetch = Callable[[Collection[Key]], Mapping[tuple[Key, str], Any]]


def types_of(tables: Mapping[Key, Table], keys: Iterable[Key]) -> dict[tuple[Key, str], Any]:
    """The types of given tables' columns."""
    return {(key, column.name): column.type for key in keys for column in tables[key].columns}


class Originals:
    """The current tables as SQLAlchemy Tables, made when an operation has to remember one.

    `fetch` gives the types of whole tables, as the database calls them: renames that were told are
    undone for the question.
    """

    def __init__(self, comparison: Comparison, fetch: Fetch) -> None:
        self.comparison = comparison
        self.fetch = fetch
        self.tables: dict[Key, Table] = {}
        self.types: dict[tuple[Key, str], Any] = {}
        self.asked: set[Key] = set()
        self.renamed_tables: Mapping[Key, Key] = {}
        self.renamed_columns: Mapping[tuple[Key, str], str] = {}

    def __call__(self, pair: TablePair) -> Table:
        assert pair.current is not None
        if pair.key not in self.tables:
            self.ask([pair])
            keyword = self.comparison.describer.keyword
            materializer = Materializer(keyword, self.types, self.comparison.exclusion)
            self.tables[pair.key] = materializer.table(pair.current, pair.schema)
        return self.tables[pair.key]

    def ask(self, pairs: Iterable[TablePair]) -> None:
        """Learn the types of these tables, all at once."""
        new = [pair for pair in pairs if pair.current is not None and pair.key not in self.asked]
        if not new:
            return
        self.asked |= {pair.key for pair in new}
        fetched = self.fetch([self.renamed_tables.get(pair.key, pair.key) for pair in new])
        for pair in new:
            old = self.renamed_tables.get(pair.key, pair.key)
            assert pair.current is not None
            for name in (*pair.current.columns, *pair.current.unseen):
                type_ = fetched.get((old, self.renamed_columns.get((pair.key, name), name)))
                column = pair.current.columns.get(name)
                if type_ is not None and column is not None:
                    type_ = self.comparison.own_type(column, type_)
                if type_ is not None:
                    self.types[pair.key, name] = type_
