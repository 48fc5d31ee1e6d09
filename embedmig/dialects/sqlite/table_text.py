"""A stored `CREATE TABLE` text as a structure that points into the text.

`parse` reads what https://www.sqlite.org/lang_createtable.html allows and what SQLite's grammar
allows beyond it: constraints without commas between them, a constraint name with no constraint, a
`DEFERRABLE` that stands alone. Nothing is normalised: every part knows where it begins and ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .tokens import QUOTED, STRING, WORD, Token, fold, same_name, significant, unquote

PRIMARY_KEY = "primary key"
UNIQUE = "unique"
CHECK = "check"
FOREIGN_KEY = "foreign key"
NOT_NULL = "not null"
NULL = "null"
DEFAULT = "default"
COLLATE = "collate"
GENERATED = "generated"
DEFERRABLE = "deferrable"
NAME_ONLY = "name"

#: Words that end a column's type, since SQLite takes none of them for a name without quotes.
_CLAUSE_STARTS = frozenset(
    [
        "CONSTRAINT",
        "DEFAULT",
        "NULL",
        "NOT",
        "PRIMARY",
        "UNIQUE",
        "CHECK",
        "REFERENCES",
        "COLLATE",
        "AS",
        "DEFERRABLE",
    ]
)
_TABLE_CLAUSE_STARTS = frozenset(["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"])


class UnreadableTable(ValueError):
    """A text that is no `CREATE TABLE` with a list of columns."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One constraint, or one of the other clauses that follow a column's type."""

    kind: str
    start: int
    end: int
    name: str | None = None
    #: The columns it constrains; a column's own clause constrains that column.
    columns: tuple[str, ...] = ()
    #: The expression of a CHECK, a DEFAULT or a generated column, without its outer parentheses.
    body: str = ""
    #: What a foreign key refers to.
    referent: str | None = None
    referent_columns: tuple[str, ...] = ()
    #: Words of meaning beside the kind: AUTOINCREMENT, STORED, DESC.
    words: frozenset[str] = frozenset()

    def mentions(self, column: str) -> bool:
        """Whether the clause constrains *column* or names it in its expression."""
        if any(same_name(column, mine) for mine in self.columns):
            return True
        return mentions_name(self.body, column)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its declared type and its clauses."""

    name: str
    start: int
    end: int
    name_end: int
    type_start: int
    type_end: int
    type: str
    clauses: tuple[Clause, ...] = ()

    def of(self, kind: str) -> list[Clause]:
        """The column's clauses of one kind, in their order."""
        return [clause for clause in self.clauses if clause.kind == kind]

    @property
    def nullable(self) -> bool:
        """Whether no NOT NULL stands on the column."""
        return not self.of(NOT_NULL)

    @property
    def default(self) -> str | None:
        """The default's expression as written; the last one counts."""
        defaults = self.of(DEFAULT)
        return defaults[-1].body if defaults else None

    @property
    def is_generated(self) -> bool:
        """Whether the column is computed, stored or virtual."""
        return bool(self.of(GENERATED))


@dataclass(frozen=True, slots=True)
class TableText:
    """A `CREATE TABLE` statement, taken apart."""

    sql: str
    name: str
    name_start: int
    name_end: int
    body_start: int
    body_end: int
    columns: tuple[Column, ...]
    constraints: tuple[Clause, ...] = ()
    options: frozenset[str] = field(default_factory=frozenset)

    def column(self, name: str) -> Column | None:
        """The column of that name, as SQLite compares names."""
        return next((c for c in self.columns if same_name(c.name, name)), None)

    @property
    def items(self) -> list[Column | Clause]:
        """What stands between the commas, in the order of the text."""
        return [*self.columns, *self.constraints]

    @property
    def clauses(self) -> list[Clause]:
        """Every clause of every column, then the table's own."""
        return [clause for column in self.columns for clause in column.clauses] + [
            *self.constraints
        ]

    @property
    def has_rowid(self) -> bool:
        """Whether rows are kept by rowid: not in a WITHOUT ROWID table."""
        return "WITHOUT ROWID" not in self.options

    @property
    def is_strict(self) -> bool:
        """Whether SQLite enforces the declared types."""
        return "STRICT" in self.options

    @property
    def has_autoincrement(self) -> bool:
        """Whether the rowid never repeats (`sqlite_sequence` counts it)."""
        return any("AUTOINCREMENT" in clause.words for clause in self.clauses)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The primary key's columns; none if there is no key."""
        key = next((c for c in self.clauses if c.kind == PRIMARY_KEY), None)
        return key.columns if key else ()

    @property
    def rowid_alias(self) -> str | None:
        """The INTEGER PRIMARY KEY column, which is the rowid under another name."""
        key = next((c for c in self.clauses if c.kind == PRIMARY_KEY), None)
        if key is None or len(key.columns) != 1 or not self.has_rowid:
            return None
        column = self.column(key.columns[0])
        if column is None or fold(column.type) != "integer":
            return None
        descending = "DESC" in key.words and key not in self.constraints
        return None if descending else column.name


def parse(sql: str) -> TableText:
    """Take a `CREATE TABLE` text apart; raises UnreadableTable for anything else."""
    return _Parser(sql).table()


def mentions_name(expression: str, name: str) -> bool:
    """Whether *expression* may speak of a column called *name*. A function's name is not one."""
    tokens = significant(expression)
    for place, token in enumerate(tokens):
        following = tokens[place + 1 : place + 2]
        called = token.kind == WORD and bool(following) and following[0].text == "("
        if token.kind in (WORD, QUOTED) and not called and same_name(unquote(token.text), name):
            return True
    return False


class _Parser:
    """A reader that moves over the significant tokens; every method consumes what it returns."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = significant(sql)
        self.at = 0

    # -- moving ------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else Token("end", "", len(self.sql))

    def take(self) -> Token:
        token = self.peek()
        if token.kind == "end":
            raise UnreadableTable(f"the text ends too early: {self.sql!r}")
        self.at += 1
        return token

    def accept(self, *keywords: str) -> bool:
        """Consume the keywords if they come next, all of them or none."""
        if all(self.peek(i).keyword == word for i, word in enumerate(keywords)):
            self.at += len(keywords)
            return True
        return False

    def expect(self, text: str) -> Token:
        token = self.take()
        if token.text.upper() != text:
            raise UnreadableTable(f"expected {text} before {self.sql[token.start :]!r}")
        return token

    def name(self) -> Token:
        token = self.take()
        if not token.is_name:
            raise UnreadableTable(f"expected a name before {self.sql[token.start :]!r}")
        return token

    @property
    def last_end(self) -> int:
        return self.tokens[self.at - 1].end if self.at else 0

    def parenthesised(self) -> tuple[int, int]:
        """Consume `( … )`, nested as it may be; the offsets between the outer parentheses."""
        start = self.expect("(").end
        depth = 1
        while depth:
            token = self.take()
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        return start, token.start

    # -- the statement -----------------------------------------------------------------------

    def table(self) -> TableText:
        self.expect("CREATE")
        self.accept("TEMP") or self.accept("TEMPORARY")
        self.expect("TABLE")
        self.accept("IF", "NOT", "EXISTS")
        name = self.name()
        if self.peek().text == ".":
            self.take()
            name = self.name()
        body_start = self.expect("(").end
        columns = tuple(self.columns())
        constraints = tuple(self.constraints())
        body_end = self.expect(")").start
        return TableText(
            self.sql, unquote(name.text), name.start, name.end, body_start, body_end,
            columns, constraints, frozenset(self.options()),
        )  # fmt: skip

    def columns(self) -> Iterator[Column]:
        while self.peek().keyword not in _TABLE_CLAUSE_STARTS:
            yield self.column()
            if self.peek().text != ",":
                return
            self.take()

    def constraints(self) -> Iterator[Clause]:
        while self.peek().keyword in _TABLE_CLAUSE_STARTS:
            yield self.table_clause()
            if self.peek().text == ",":
                self.take()

    def options(self) -> Iterator[str]:
        while self.peek().kind == WORD:
            if self.accept("WITHOUT"):
                yield "WITHOUT " + self.take().keyword
            else:
                yield self.take().keyword
            if self.peek().text == ",":
                self.take()

    # -- columns -----------------------------------------------------------------------------

    def column(self) -> Column:
        name = self.name()
        type_start = self.peek().start
        type_end = self.type_end(name.end)
        has_type = type_end > name.end
        clauses = tuple(self.column_clauses(unquote(name.text)))
        return Column(
            unquote(name.text), name.start, self.last_end, name.end,
            type_start if has_type else name.end, type_end,
            self.sql[type_start:type_end] if has_type else "", clauses,
        )  # fmt: skip

    def type_end(self, end: int) -> int:
        while self.peek().is_name and not self.at_column_clause():
            end = self.take().end
        if end == self.last_end and self.peek().text == "(" and self.tokens[self.at - 1].is_name:
            self.parenthesised()
            end = self.last_end
        return end

    def at_column_clause(self) -> bool:
        word = self.peek().keyword
        return word in _CLAUSE_STARTS or (word == "GENERATED" and self.peek(1).keyword == "ALWAYS")

    def column_clauses(self, column: str) -> Iterator[Clause]:
        while self.at_column_clause():
            start = self.peek().start
            name = self.clause_name()
            if self.at_column_clause() and self.peek().keyword != "CONSTRAINT":
                yield self.column_clause(start, name, column)
            else:
                yield Clause(NAME_ONLY, start, self.last_end, name, (column,))

    def clause_name(self) -> str | None:
        return unquote(self.name().text) if self.accept("CONSTRAINT") else None

    def column_clause(self, start: int, name: str | None, column: str) -> Clause:
        kind, body, words = NULL, "", frozenset[str]()
        referent: str | None = None
        referent_columns: tuple[str, ...] = ()
        if self.accept("NOT", "NULL"):
            kind, words = NOT_NULL, self.conflict()
        elif self.deferrable():
            kind = DEFERRABLE
        elif self.accept("NULL"):
            words = self.conflict()
        elif self.accept("PRIMARY", "KEY"):
            kind, words = PRIMARY_KEY, self.key_words()
        elif self.accept("UNIQUE"):
            kind, words = UNIQUE, self.conflict()
        elif self.accept("CHECK"):
            kind, body = CHECK, self.expression()
        elif self.accept("DEFAULT"):
            kind, body = DEFAULT, self.default()
        elif self.accept("COLLATE"):
            kind, body = COLLATE, self.name().text
        elif self.accept("REFERENCES"):
            kind = FOREIGN_KEY
            referent, referent_columns = self.reference()
        else:
            kind, body, words = self.generated()
        return Clause(
            kind, start, self.last_end, name, (column,), body, referent, referent_columns, words
        )

    def conflict(self) -> frozenset[str]:
        if self.accept("ON", "CONFLICT"):
            return frozenset([f"ON CONFLICT {self.take().keyword}"])
        return frozenset()

    def key_words(self) -> frozenset[str]:
        words = {word for word in ("ASC", "DESC") if self.accept(word)}
        words |= self.conflict()
        return frozenset(words | {w for w in ("AUTOINCREMENT",) if self.accept(w)})

    def expression(self) -> str:
        start, end = self.parenthesised()
        return self.sql[start:end]

    def default(self) -> str:
        start = self.peek().start
        if self.peek().text == "(":
            self.parenthesised()
        else:
            if self.peek().text in ("+", "-"):
                self.take()
            self.take()
        return self.sql[start : self.last_end]

    def generated(self) -> tuple[str, str, frozenset[str]]:
        self.accept("GENERATED", "ALWAYS")
        self.expect("AS")
        body = self.expression()
        words = frozenset(word for word in ("STORED", "VIRTUAL") if self.accept(word))
        return GENERATED, body, words

    def reference(self) -> tuple[str, tuple[str, ...]]:
        referent = unquote(self.name().text)
        columns = self.name_list() if self.peek().text == "(" else ()
        while self.peek().keyword in ("ON", "MATCH"):
            if self.accept("MATCH"):
                self.name()
                continue
            self.at += 2  # ON DELETE, ON UPDATE
            self.accept("SET") or self.accept("NO")
            self.take()  # CASCADE, RESTRICT; (SET) NULL, (SET) DEFAULT; (NO) ACTION
        self.deferrable()
        return referent, columns

    def deferrable(self) -> bool:
        if not (self.accept("DEFERRABLE") or self.accept("NOT", "DEFERRABLE")):
            return False
        if self.accept("INITIALLY"):
            self.take()
        return True

    # -- table constraints -------------------------------------------------------------------

    def table_clause(self) -> Clause:
        start = self.peek().start
        name = self.clause_name()
        if self.accept("PRIMARY", "KEY"):
            columns, words = self.indexed_columns()
            words |= self.conflict()
            return Clause(PRIMARY_KEY, start, self.last_end, name, columns, words=words)
        if self.accept("UNIQUE"):
            columns, words = self.indexed_columns()
            words |= self.conflict()
            return Clause(UNIQUE, start, self.last_end, name, columns, words=words)
        if self.accept("CHECK"):
            body = self.expression()
            words = self.conflict()
            return Clause(CHECK, start, self.last_end, name, body=body, words=words)
        if self.accept("FOREIGN", "KEY"):
            columns = self.name_list()
            self.expect("REFERENCES")
            referent, remote = self.reference()
            return Clause(FOREIGN_KEY, start, self.last_end, name, columns, "", referent, remote)
        return Clause(NAME_ONLY, start, self.last_end, name)

    def name_list(self) -> tuple[str, ...]:
        return self.indexed_columns()[0]

    def indexed_columns(self) -> tuple[tuple[str, ...], frozenset[str]]:
        start, end = self.parenthesised()
        inner = significant(self.sql[start:end])
        return tuple(_leading_names(inner)), frozenset(
            token.keyword for token in inner if token.keyword in ("AUTOINCREMENT", "DESC")
        )


def _leading_names(tokens: list[Token]) -> Iterator[str]:
    """The first token after each comma of a flat list."""
    depth, leading = 0, True
    for token in tokens:
        if leading and token.kind in (WORD, QUOTED, STRING):
            yield unquote(token.text)
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        leading = token.text == "," and depth == 0
