"""A metadata's table as a picture: what `CREATE TABLE` would make, in the database's own words.

What is written here is the cheap half of the comparison: where it equals what the database holds,
nothing differs. Where it does not, the spelling may be to blame, and the shadow decides; so a
describer may be too literal, but must never call two different things by one text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zlib import crc32

import sqlalchemy as sa

from .. import _sa
from .snapshot import (
    CheckState,
    ColumnState,
    ForeignKeyState,
    IndexState,
    Key,
    KeyState,
    TableState,
    options_of,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
#: The name of what the metadata leaves unnamed, until the database's own name is known.
UNNAMED = "embedmig_unnamed_"
#: A default that the metadata only knows to exist (`FetchedValue`).
UNKNOWN = "<unknown>"

KINDS = ("primary", "unique", "foreignkey", "check", "exclude")


@dataclass(slots=True)
class Description:
    """A table of the metadata, its picture, and the schema item behind each (kind, name)."""

    table: sa.Table
    state: TableState
    columns: dict[str, sa.Column[Any]]
    sources: dict[tuple[str, str | None], Any] = field(default_factory=dict)
    #: (kind, the picture of an unnamed constraint without its name, the name that stands in).
    unnamed: list[tuple[str, Any, str]] = field(default_factory=list)


def is_unnamed(name: str | None) -> bool:
    """Whether the name only stands in for a missing one."""
    return name is not None and name.startswith(UNNAMED)


class Describer:
    """The rules that hold everywhere; a database's module overrides what is different there."""

    keyword = "default"
    compares_comments = True
    compares_index_options: tuple[str, ...] = ()

    def __init__(self, dialect: Dialect) -> None:
        #: Spells text as the server takes it: it goes into operations, and no driver sees it.
        self.dialect = _sa.plain_dialect(dialect)
        self._spellings: dict[str, tuple[str, str | None]] = {}

    @cached_property
    def compiler(self) -> Any:
        """SQLAlchemy's compiler of DDL for this database."""
        return _sa.ddl_compiler(self.dialect)

    @cached_property
    def _type_text(self) -> Callable[..., str]:
        return self.dialect.type_compiler_instance.process

    # -- a table -----------------------------------------------------------------------------

    def describe(self, table: sa.Table, key_of: Callable[[str | None, str], Key]) -> Description:
        """The picture of one table; `key_of` folds the default schema to None."""
        columns = {column.name: column for column in table.columns}
        state = TableState(key_of(table.schema, table.name))
        described = Description(table, state, columns)
        state.columns = {name: self.column(column) for name, column in columns.items()}
        self._constraints(described, key_of)
        state.indexes = tuple(self._indexes(described))
        state.comment = (table.comment or None) if self.compares_comments else None
        state.options = self.table_options(table)
        state.unlogged = self.is_unlogged(table)
        state.needs = self.needs(table, key_of)
        self.finish(described)
        return described

    def finish(self, described: Description) -> None:
        """What a database does to the whole of a table; nothing as a rule."""

    def is_unlogged(self, table: sa.Table) -> bool:
        """Whether what is written to the table skips the database's log."""
        return False

    def needs(self, table: sa.Table, key_of: Callable[[str | None, str], Key]) -> frozenset[Key]:
        """The tables that must be there first, besides those that foreign keys point to."""
        return frozenset(key_of(each.schema, each.name) for each in _sa.told_dependencies(table))

    def table_options(self, table: sa.Table) -> dict[str, Any]:
        """The table's options that are compared, by SQLAlchemy's keyword."""
        return {}

    # -- columns -----------------------------------------------------------------------------

    def column(self, column: sa.Column[Any]) -> ColumnState:
        """The picture of one column."""
        computed = column.computed
        type_, collation = self.type_of(column)
        identity = self.identity(column) if column.identity is not None else None
        return ColumnState(
            column.name,
            type_,
            self.nullable(column),
            self.default(column, type_) if computed is None and column.identity is None else None,
            self.expression(computed.sqltext) if computed is not None else None,
            self.persisted(computed) if computed is not None else None,
            identity,
            self.autoincrement(column),
            (column.comment or None) if self.compares_comments else None,
            collation,
        )

    def type_of(self, column: sa.Column[Any]) -> tuple[str, str | None]:
        """The column's type as the database prints it, as far as can be told, and its collation."""
        written = self._type_text(column.type, type_expression=column)
        spelled = self._spellings.get(written)
        if spelled is None:
            text, _, collation = written.partition(" COLLATE ")
            spelled = self.spell_type(text), collation.strip('"`') or None
            self._spellings[written] = spelled
        return spelled

    def spell_type(self, written: str) -> str:
        """The database's spelling of a type as `CREATE TABLE` writes it."""
        return written

    def nullable(self, column: sa.Column[Any]) -> bool:
        """Whether the column will take NULL."""
        return bool(column.nullable)

    def default(self, column: sa.Column[Any], type_: str) -> str | None:
        """The server default's text."""
        if column.server_default is None:
            return None
        text = self.compiler.get_column_default_string(column)
        return UNKNOWN if text is None else self.spell_default(str(text), type_)

    def spell_default(self, written: str, type_: str) -> str | None:
        """The database's spelling of a default as `CREATE TABLE` writes it."""
        return written

    def persisted(self, computed: sa.Computed) -> bool | None:
        """Whether a generated column is stored, where the metadata leaves it open."""
        return computed.persisted

    def identity(self, column: sa.Column[Any]) -> tuple[tuple[str, Any], ...] | None:
        """The identity's options, where this database has identities."""
        return None

    def autoincrement(self, column: sa.Column[Any]) -> bool:
        """Whether the database will number the rows by this column."""
        return False

    # -- constraints -------------------------------------------------------------------------

    def _constraints(
        self, described: Description, key_of: Callable[[str | None, str], Key]
    ) -> None:
        found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        table = crc32(repr(described.state.key).encode())
        for number, item in enumerate(self.constraints_of(described.table)):
            name = self.name_of(item) or f"{UNNAMED}{table:x}_{number}"
            if (read := self.constraint(item, name, key_of)) is not None:
                kind, picture = read
                found[kind].append(picture)
                if is_unnamed(name):
                    described.unnamed.append((kind, picture._replace(name=None), name))
                described.sources[kind, name] = item
        state = described.state
        state.primary_key = found["primary"][0] if found["primary"] else None
        state.uniques, state.foreign_keys = tuple(found["unique"]), tuple(found["foreignkey"])
        state.checks, state.excludes = tuple(found["check"]), tuple(found["exclude"])

    def constraint(
        self, item: sa.Constraint, name: str, key_of: Callable[[str | None, str], Key]
    ) -> tuple[str, Any] | None:
        """A constraint's kind and picture; None for what no database has."""
        if isinstance(item, sa.PrimaryKeyConstraint):
            return "primary", self.key(item, name)
        if isinstance(item, sa.UniqueConstraint):
            return "unique", self.key(item, name)
        if isinstance(item, sa.ForeignKeyConstraint):
            return "foreignkey", self.foreign_key(item, name, key_of)
        if isinstance(item, sa.CheckConstraint):
            return "check", self.check(item, name)
        exclusion = self.exclude(item, name)
        return None if exclusion is None else ("exclude", exclusion)

    def constraints_of(self, table: sa.Table) -> Iterator[sa.Constraint]:
        """The constraints that CREATE TABLE will write, the columns' own included, in order."""
        for column in table.columns:
            yield from _sa.in_order(column.constraints)
        for item in _sa.in_order(table.constraints):
            if isinstance(item, sa.PrimaryKeyConstraint) and not len(item.columns):
                continue
            # A foreign key with use_alter is marked as not to be created once it has been created.
            if isinstance(item, sa.ForeignKeyConstraint) or _sa.should_create(item, self.compiler):
                yield item

    def name_of(self, item: Any) -> str | None:
        """The name as the database will know it: conventions applied, truncated."""
        name = item.name
        if name is None or (type(name) is str and len(name) <= self.dialect.max_identifier_length):
            return name
        return _sa.resolved_name(self.dialect, item)

    def key(self, item: Any, name: str) -> KeyState:
        """A primary key or unique constraint."""
        return KeyState(
            name,
            tuple(column.name for column in item.columns),
            bool(item.deferrable),
            self.initially(item),
            options_of(self.key_options(item)),
        )

    def own_options(self, item: Any) -> dict[str, Any]:
        """The keywords of databases that a constraint was given."""
        return dict(item.dialect_kwargs)

    def key_options(self, item: sa.Constraint) -> dict[str, Any]:
        """A key's options beyond what every database has."""
        return {}

    def initially(self, item: Any) -> str | None:
        """DEFERRED, or None for the default."""
        initially = (item.initially or "").upper()
        return initially if item.deferrable and initially == "DEFERRED" else None

    def check(self, item: sa.CheckConstraint, name: str) -> CheckState:
        """A CHECK."""
        options = options_of(self.check_options(item)) if item.dialect_kwargs else ()
        return CheckState(name, self.expression(item.sqltext), options)

    def check_options(self, item: sa.CheckConstraint) -> dict[str, Any]:
        """A CHECK's options beyond what every database has."""
        return {}

    def foreign_key(
        self, item: sa.ForeignKeyConstraint, name: str, key_of: Callable[[str | None, str], Key]
    ) -> ForeignKeyState:
        """A foreign key."""
        referents = [_sa.resolved_referent(element) for element in item.elements]
        schema, table, _ = referents[0]
        return ForeignKeyState(
            name,
            tuple(element.parent.name for element in item.elements),
            key_of(schema, table),
            tuple(column or "" for _, _, column in referents),
            self.action(item.onupdate),
            self.action(item.ondelete),
            bool(item.deferrable),
            self.initially(item),
            self.match(item.match),
            options_of(self.foreign_key_options(item)),
        )

    def foreign_key_options(self, item: sa.ForeignKeyConstraint) -> dict[str, Any]:
        """A foreign key's options beyond what every database has."""
        return {}

    def action(self, action: str | None) -> str | None:
        """ON UPDATE, ON DELETE; None for doing nothing."""
        folded = re.sub(r"\s+", " ", action or "").strip()
        upper = re.sub(r"^[^(]*", lambda found: found.group().upper(), folded)
        return None if upper in ("", "NO ACTION") else upper

    def match(self, match: str | None) -> str | None:
        """MATCH; None for SIMPLE."""
        folded = (match or "").upper()
        return None if folded in ("", "SIMPLE") else folded

    def exclude(self, item: sa.Constraint, name: str) -> CheckState | None:
        """A constraint of a kind that only one database has."""
        return None

    # -- indexes -----------------------------------------------------------------------------

    def _indexes(self, described: Description) -> Iterator[IndexState]:
        for number, index in enumerate(
            sorted(described.table.indexes, key=lambda index: index.name or "")
        ):
            name = self.name_of(index) or f"{UNNAMED}index_{number}"
            described.sources["index", name] = index
            yield self.index(index, name)

    def index(self, index: sa.Index, name: str) -> IndexState:
        """One index."""
        options = self.index_options(index) if index.dialect_kwargs else {}
        elements = tuple(self.index_element(e, index) for e in index.expressions)
        return IndexState(name, elements, bool(index.unique), options_of(options))

    def index_element(self, element: Any, index: sa.Index) -> str:
        """A column's name, or the expression's text."""
        if isinstance(element, sa.Column):
            return element.name
        return self.expression(element)

    def index_options(self, index: sa.Index) -> dict[str, Any]:
        """The options this database has, by their name without its prefix."""
        given = _sa.dialect_options(index, self.keyword)
        return {
            option: self.option_value(given[option])
            for option in self.compares_index_options
            if given.get(option) not in (None, False, (), [], {})
        }

    def option_value(self, value: Any) -> Any:
        """An option as a value that can be compared: text for expressions, tuples for lists."""
        if isinstance(value, sa.sql.expression.ClauseElement) and not isinstance(value, sa.Column):
            return self.expression(value)
        if isinstance(value, dict):
            return tuple(sorted((str(k), str(v)) for k, v in value.items()))
        if isinstance(value, Iterable) and not isinstance(value, str):
            return tuple(getattr(each, "name", each) for each in value)
        return getattr(value, "name", value)

    # -- expressions -------------------------------------------------------------------------

    def expression(self, clause: Any) -> str:
        """The text of an expression, without outer parentheses."""
        return self.spell_expression(self.text(clause))

    def text(self, clause: Any) -> str:
        """The text of an expression as DDL writes it."""
        if isinstance(clause, str):
            return clause
        compiler = self.compiler.sql_compiler
        return str(compiler.process(clause, include_table=False, literal_binds=True))

    def spell_expression(self, written: str) -> str:
        """The database's spelling of an expression."""
        return bare(written)


def bare(text: str) -> str:
    """The text without the parentheses that enclose all of it."""
    text = text.strip()
    while text.startswith("(") and closing(text, 0) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def closing(text: str, start: int) -> int:
    """The offset of the parenthesis that closes the one at `start`; -1 if none does."""
    depth, quote, i = 0, "", start
    while i < len(text):
        char = text[i]
        if quote:
            if char == quote:
                quote = ""
        elif char in "'\"`":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return i
        i += 1
    return -1


def split_list(text: str) -> list[str]:
    """The parts between the commas that stand outside parentheses and quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    rest = text[start:].strip()
    return [*parts, rest] if rest else parts
