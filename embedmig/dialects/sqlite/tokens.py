"""The tokens of SQLite's SQL: lossless, so that `"".join(token.text)` is the text again.

The rules are those of https://www.sqlite.org/lang_expr.html and of SQLite's own tokenizer, which
is more lenient than its documentation: an unfinished comment is a comment, `[…]` and backquotes
quote names, and any character above ASCII belongs to a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SPACE = "space"
COMMENT = "comment"
WORD = "word"
QUOTED = "quoted"
STRING = "string"
NUMBER = "number"
BLOB = "blob"
PUNCTUATION = "punctuation"

_LEXER = re.compile(
    r"""
    (?P<space>[ \t\n\f\r]+)
    |(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<blob>[xX]'[^']*')
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<number>0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)
    |(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    |(?P<punctuation>->>|->|<<|>>|<=|>=|<>|!=|==|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a statement: its kind, its text and where the text begins."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset behind the token's last character."""
        return self.start + len(self.text)

    @property
    def keyword(self) -> str:
        """The token as an upper-case keyword; empty for anything that cannot be one."""
        return self.text.upper() if self.kind == WORD else ""

    @property
    def is_name(self) -> bool:
        """Whether SQLite takes the token for a name; it takes strings too."""
        return self.kind in (WORD, QUOTED, STRING)


def tokenize(sql: str) -> list[Token]:
    """Split *sql* into tokens, white space and comments included."""
    return [
        Token(match.lastgroup or PUNCTUATION, match.group(), match.start())
        for match in _LEXER.finditer(sql)
    ]


def significant(sql: str) -> list[Token]:
    """Split *sql* into the tokens that mean something: no white space, no comments."""
    return [token for token in tokenize(sql) if token.kind not in (SPACE, COMMENT)]


def unquote(name: str) -> str:
    """Return the name that the token text *name* stands for."""
    opening = name[:1]
    if opening == "[":
        return name[1:-1]
    if opening in ('"', "`", "'"):
        return name[1:-1].replace(opening * 2, opening)
    return name


def quote(name: str) -> str:
    """Return *name* as a quoted name, whatever it contains."""
    return '"' + name.replace('"', '""') + '"'


def identifier(name: str) -> str:
    """Return *name* as a name, quoted only where it must be.

    SQLite writes a renamed thing into the stored texts with quotes if the new name came with them.
    """
    return name if _PLAIN.fullmatch(name) and name.upper() not in _KEYWORDS else quote(name)


def literal(text: str) -> str:
    """Return *text* as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def same_name(one: str, other: str) -> bool:
    """Whether SQLite holds both names for the same: it folds the case of ASCII letters only."""
    return fold(one) == fold(other)


def fold(name: str) -> str:
    """Return *name* with its ASCII letters in lower case, as SQLite compares names."""
    return name.translate(_FOLD)


_PLAIN = re.compile(r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*")
#: https://www.sqlite.org/lang_keywords.html
_KEYWORDS = frozenset(
    """
    ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN
    BETWEEN BY CASCADE CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS
    CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED
    DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXISTS
    EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP GROUPS HAVING
    IF IGNORE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL
    JOIN KEY LAST LEFT LIKE LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS
    OF OFFSET ON OR ORDER OTHERS OUTER OVER PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE
    RANGE RECURSIVE REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT
    ROLLBACK ROW ROWS SAVEPOINT SELECT SET STORED STRICT TABLE TEMP TEMPORARY THEN TIES TO
    TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN
    WHERE WINDOW WITH WITHOUT
    """.split()  # noqa: SIM905  # a hundred quoted words would say no more
)
_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
