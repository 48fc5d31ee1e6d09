"""The names of columns in the text of an expression.

No parser of any database's SQL is needed to find them: a column stands where an operand may stand,
and no other word stands there but a few that are reserved everywhere. What follows an operand
(`END`, `DESC`, the rest of a type) is never a column, whatever it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.engine.default import DefaultDialect

from .. import _sa

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_SPACE = r"\s|--[^\n]*|/\*.*?(?:\*/|\Z)"
_NAME = r'(?:[^\W\d][\w$]*|"(?:[^"]|"")*"|`(?:[^`]|``)*`)'
_LEXER = r"""
    (?P<space>{space})
    |(?P<value>[eE]'(?:[^'\\]|''|\\.)*'|{string}|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$
        |(?:\d|\.\d)[\w.]*|:\w+)
    |(?P<type>(?:\\?:\\?:|(?:as|collate)\b)\s*{name}(?:\.{name})?)
    |(?P<part>(?:extract|timestampdiff|timestampadd|dateadd|datepart|datename)\s*\(\s*\w+
        |trim\s*\(\s*(?:both|leading|trailing)\b|array(?=\s*\[))
    |(?P<word>[^\W\d][\w$]*)
    |(?P<quoted>{quoted})
    |(?P<bracketed>\[[^][,]*\])
    |(?P<other>.)
"""
#: What makes of a word in front of it a function, a table, or the type of a literal.
_NO_COLUMN = re.compile(rf"(?:{_SPACE})*[(.']", re.DOTALL)
#: What stands in front of an operand: no column is called so without quotes.
_RESERVED = frozenset(
    "and between case distinct else from in is not or then when where".split()  # noqa: SIM905
)
_VALUES = frozenset(
    "current_date current_time current_timestamp default false null true".split()  # noqa: SIM905
)
#: What stands between operands; in another place a column may be called so.
_OPERATORS = (_RESERVED - {"not"}) | frozenset(
    """
    div escape for glob ilike like match mod overlaps placing regexp rlike to xor zone
    """.split()  # noqa: SIM905  # as above: so many quoted words would say no more
)


class Words:
    """Finds and exchanges columns' names in what is written for one database."""

    def __init__(self, dialect: Dialect | None = None) -> None:
        """Without a dialect, as the standard has it."""
        self._dialect = dialect

    def mention(self, expression: str, name: str) -> bool:
        """Whether the expression speaks of a column of that name."""
        return any(_unquoted(found[0]) == name.lower() for found in self._columns(expression))

    def renamed(self, expression: str, old: str, new: str) -> str:
        """The expression with a column's name exchanged; quoted where it was, and where it must."""
        made, at = "", 0
        for found in self._columns(expression):
            if _unquoted(found[0]) == old.lower():
                name = _sa.quote(self._plain, new, always=found.lastgroup != "word")
                made, at = made + expression[at : found.start()] + name, found.end()
        return made + expression[at:]

    def _columns(self, expression: str) -> Iterator[re.Match[str]]:
        operand = True  # whether an operand may stand here
        at = 0
        while found := self._lexer.match(expression, at):
            at, kind, text = found.end(), found.lastgroup, found[0].lower()
            if kind == "bracketed" and not operand:  # it is an array's place
                at, kind, text = found.start() + 1, "other", "["
            if kind in ("value", "type", "part"):
                operand = False
            elif kind == "other" and text != ".":
                operand = text not in ")]"
            elif kind == "word" and not operand:
                operand = text in _OPERATORS
            elif kind == "word" and text in _VALUES:
                operand = False
            elif kind in ("word", "quoted", "bracketed") and operand and text not in self._reserved:
                operand = _NO_COLUMN.match(expression, at) is not None
                if not operand:
                    yield found

    @cached_property
    def _plain(self) -> Dialect:
        return _sa.plain_dialect(self._dialect or DefaultDialect())

    @cached_property
    def _has_backticks(self) -> bool:
        return _sa.quote(self._plain, "x", always=True) == "`x`"

    @cached_property
    def _reserved(self) -> frozenset[str]:
        return _RESERVED | {"binary", "interval"} if self._has_backticks else _RESERVED

    @cached_property
    def _lexer(self) -> re.Pattern[str]:
        """Where names stand in backticks, double quotes make strings."""
        inside = r"[^{0}\\]|{0}{0}|\\." if _sa.backslash_escapes(self._plain) else "[^{0}]|{0}{0}"
        string, quoted = (f"{mark}(?:{inside.format(mark)})*{mark}" for mark in "'\"")
        backticks = "`(?:[^`]|``)*`"
        if self._has_backticks:
            string, quoted = f"{string}|{quoted}", backticks
        else:
            quoted = f'"(?:[^"]|"")*"|{backticks}'
        text = _LEXER.format(space=_SPACE, name=_NAME, string=string, quoted=quoted)
        return re.compile(text, re.VERBOSE | re.DOTALL | re.IGNORECASE)


def _unquoted(token: str) -> str:
    mark = token[0]
    if mark == "[":
        return token[1:-1].lower()
    return (token[1:-1].replace(mark * 2, mark) if mark in '"`' else token).lower()
