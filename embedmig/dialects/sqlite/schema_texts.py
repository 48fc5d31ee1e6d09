"""The texts that SQLite keeps of its objects, and which of them belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .table_text import FOREIGN_KEY, UnreadableTable, parse
from .tokens import (
    QUOTED,
    STRING,
    WORD,
    Token,
    fold,
    identifier,
    quote,
    same_name,
    significant,
    unquote,
)

TABLE = "table"
INDEX = "index"
VIEW = "view"
TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class SchemaText:
    """One row of `sqlite_schema`, and where it is kept."""

    type: str
    name: str
    table: str
    sql: str
    #: Triggers of the connection's own temp schema fire on tables of other schemas.
    is_temporary: bool = False
    #: The columns of a virtual table, whose text does not tell them.
    columns: tuple[str, ...] = ()

    @property
    def is_virtual(self) -> bool:
        """Whether the object is a virtual table: SQLite cannot alter one, and nor do we."""
        words = significant(self.sql)[:2]
        return self.type == TABLE and words[-1].keyword == "VIRTUAL"

    def words(self) -> set[str]:
        """Every name the text may speak of."""
        names = (t for t in significant(self.sql) if t.kind in (WORD, QUOTED, STRING))
        return {fold(unquote(token.text)) for token in names}


Texts = tuple[SchemaText, ...]


def read_texts(rows: Iterable[Sequence[str | None]]) -> Iterator[SchemaText]:
    """Rows of `sqlite_schema` as texts, without what SQLite makes and keeps for itself."""
    for type_, name, table, sql in rows:
        if type_ and name and table and sql and not fold(name).startswith("sqlite_"):
            yield SchemaText(type_, name, table, sql)


def find_table(texts: Iterable[SchemaText], name: str) -> SchemaText | None:
    """The table of that name."""
    return next((t for t in texts if t.type == TABLE and same_name(t.name, name)), None)


def of_table(texts: Iterable[SchemaText], name: str, type_: str) -> list[SchemaText]:
    """The indexes or triggers of a table, in the order they were made."""
    return [t for t in texts if t.type == type_ and same_name(t.table, name)]


def replaced(texts: Sequence[SchemaText], old: SchemaText, sql: str) -> Texts:
    """The same texts with another one in the place of *old*."""
    return tuple(replace(t, sql=sql) if t is old else t for t in texts)


def without(texts: Iterable[SchemaText], dropped: SchemaText) -> Texts:
    """The same texts without one of them."""
    return tuple(t for t in texts if t is not dropped)


def fold_names(texts: Iterable[SchemaText]) -> set[str]:
    """Every name that is taken, as SQLite compares names."""
    return {fold(text.name) for text in texts}


def children(texts: Iterable[SchemaText], name: str) -> list[SchemaText]:
    """The tables whose foreign keys refer to *name*, itself included where it refers to itself."""
    wanted = fold(name)
    return [
        text
        for text in texts
        if text.type == TABLE and _may_refer_to(text, wanted) and _refers_to(text, name)
    ]


def _may_refer_to(text: SchemaText, folded_name: str) -> bool:
    """A cheap look, before the text is taken apart."""
    sql = fold(text.sql)
    is_plain = not set(folded_name) & set("\"'`[]")  # others may stand escaped in the text
    return "references" in sql and (not is_plain or folded_name in sql)


def _refers_to(text: SchemaText, name: str) -> bool:
    try:
        clauses = parse(text.sql).clauses
    except UnreadableTable:
        return False
    return any(
        clause.referent is not None and same_name(clause.referent, name)
        for clause in clauses
        if clause.kind == FOREIGN_KEY
    )


def related(texts: Sequence[SchemaText], name: str) -> Texts:
    """What a change of the table can concern: what it is made of, and what speaks of it.

    Views and triggers that mention it, views on those views, and every table they mention
    beside it, so that the whole can be loaded into a database of its own.
    """
    speaking = _speaking_of(texts, name)
    holders = {fold(t.name): t for t in texts if t.type in (TABLE, VIEW)}
    found = {fold(name), *(fold(child.name) for child in children(texts, name))}
    found |= {fold(parent) for parent in _referents(holders.get(fold(name)))}
    pending = [text.words() for text in speaking]
    while pending:
        new = (pending.pop() & holders.keys()) - found
        found |= new
        pending += [holders[word].words() for word in new if holders[word].type == VIEW]
    chosen = {id(text) for text in speaking}
    return tuple(t for t in texts if id(t) in chosen or _belongs(t, found))


def _belongs(text: SchemaText, names: set[str]) -> bool:
    """Whether the text is one of these tables and views, or an index of one."""
    if text.type == TRIGGER:
        return False
    return fold(text.table if text.type == INDEX else text.name) in names


def _speaking_of(texts: Sequence[SchemaText], name: str) -> list[SchemaText]:
    """The views and triggers that mention the table, or a view that does."""
    waiting = [(t, t.words()) for t in texts if t.type in (VIEW, TRIGGER)]
    reached, speaking = {fold(name)}, list[SchemaText]()
    while found := [t for t, words in waiting if words & reached]:
        speaking += found
        reached = {fold(t.name) for t in found if t.type == VIEW}
        known = {id(t) for t in speaking}
        waiting = [(t, words) for t, words in waiting if id(t) not in known]
    return speaking


def _referents(table: SchemaText | None) -> list[str]:
    if table is None or table.is_virtual:
        return []
    return [c.referent for c in parse(table.sql).clauses if c.referent is not None]


def qualified(text: SchemaText, schema: str | None) -> str:
    """The statement that makes the object in *schema*; SQLite stores it as the text was."""
    where = "temp" if text.is_temporary else schema
    if where is None:
        return text.sql
    name = _name_token(significant(text.sql))
    return f"{text.sql[: name.start]}{quote(where)}.{text.sql[name.start :]}"


def renamed(text: SchemaText, name: str) -> SchemaText:
    """The same index, trigger or view under another name."""
    token = _name_token(significant(text.sql))
    sql = text.sql[: token.start] + identifier(name) + text.sql[token.end :]
    return replace(text, name=name, sql=sql)


def _name_token(tokens: list[Token]) -> Token:
    """The name in `CREATE [UNIQUE] INDEX [IF NOT EXISTS] [schema.]name`, or as for other types."""
    at = 1 + next(
        i for i, t in enumerate(tokens) if t.keyword in ("TABLE", "INDEX", "VIEW", "TRIGGER")
    )
    if [t.keyword for t in tokens[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        at += 3
    return tokens[at + 2] if tokens[at + 1].text == "." else tokens[at]
