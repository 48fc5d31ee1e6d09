"""One column's definition as MySQL and MariaDB write it, in parts that can be changed singly.

`MODIFY` and `CHANGE` take the whole definition: what is left out of it is gone. So the definition
the server holds (`SHOW CREATE TABLE`) is taken apart, one part is replaced, and the rest is written
back as it was: https://dev.mysql.com/doc/refman/en/alter-table.html#alter-table-redefine-column
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    r"""\s+ | (?P<token>
        /\*.*?\*/
      | (?:_?\w+)?'(?:[^'\\]|''|\\.)*'
      | `(?:[^`]|``)*` | "(?:[^"]|"")*"
      | [\w$.]+ | .
    )""",
    re.VERBOSE | re.DOTALL,
)
_CURRENT_TIMESTAMP = re.compile(
    r"^\(?(?:current_timestamp|now|localtime|localtimestamp)(?:\s*\((\d*)\))?\)?$", re.IGNORECASE
)
_LITERAL = re.compile(r"^(?:[-+]?[\d.]|(?:_?\w+)?'|\(|null$|true$|false$)", re.IGNORECASE)
_FRACTION = re.compile(r"^(?:datetime|timestamp)\b(?:\s*\((\d+)\))?", re.IGNORECASE)
_CHARACTER = re.compile(r"^(?:(?:n|national )?(?:var)?char|\w*text|enum|set)\b", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:\w*int|integer|float|double|real|bool|boolean)\b", re.IGNORECASE)

#: The words that begin another part of a definition, so that an open-ended one ends before them.
_STARTS = frozenset(
    [
        "AS",
        "AUTO_INCREMENT",
        "CHARACTER",
        "CHARSET",
        "CHECK",
        "COLLATE",
        "COLUMN_FORMAT",
        "COMMENT",
        "DEFAULT",
        "GENERATED",
        "INVISIBLE",
        "NOT",
        "NULL",
        "ON",
        "PERSISTENT",
        "REFERENCES",
        "REF_SYSTEM_ID",
        "STORAGE",
        "STORED",
        "UNIQUE",
        "VIRTUAL",
        "VISIBLE",
        "WITH",
        "WITHOUT",
    ]
)


@dataclass(frozen=True, slots=True)
class ColumnText:
    """A column's definition without its name; every part is SQL text as the server takes it."""

    type: str
    charset: str | None = None
    collate: str | None = None
    generated: str | None = None
    nullable: bool | None = None
    default: str | None = None
    on_update: str | None = None
    auto_increment: bool = False
    comment: str | None = None
    check: str | None = None
    extras: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        yield self.type
        if self.charset:
            yield f"CHARACTER SET {self.charset}"
        if self.collate:
            yield f"COLLATE {self.collate}"
        if self.generated:
            yield self.generated
        yield from self._nullability()
        if self.default is not None:
            yield f"DEFAULT {self.default}"
        if self.on_update:
            yield f"ON UPDATE {self.on_update}"
        if self.auto_increment:
            yield "AUTO_INCREMENT"
        if self.comment is not None:
            yield f"COMMENT {self.comment}"
        yield from self.extras
        if self.check:
            yield f"CHECK {self.check}"

    def _nullability(self) -> Iterator[str]:
        """NULL is written out, since a TIMESTAMP needs it; a generated column must not have it."""
        if self.nullable is False:
            yield "NOT NULL"
        elif self.nullable and not self.generated:
            yield "NULL"

    def with_type_of(self, other: ColumnText, name: str) -> ColumnText:
        """This column with the other's type; what a type brings along is kept where it still fits.

        Character set and collation stay unless the new type names its own; AUTO_INCREMENT stays on
        a number; MariaDB's `CHECK (json_valid(c))` and its collation are part of the type JSON and
        go with it: https://mariadb.com/kb/en/json-data-type/
        """
        was_json = _is_json_check(self.check, name)
        own = bool(other.charset or other.collate)
        keeps = bool(_CHARACTER.match(other.type)) and not own and not was_json
        moved = replace(
            self,
            type=other.type,
            charset=self.charset if keeps else other.charset,
            collate=self.collate if keeps else other.collate,
            auto_increment=self.auto_increment and bool(_NUMBER.match(other.type)),
            check=None if was_json else self.check,
        )
        return moved.with_fraction()

    def with_fraction(self) -> ColumnText:
        """CURRENT_TIMESTAMP as DEFAULT or ON UPDATE has the precision of the column's type."""
        fraction = _FRACTION.match(self.type)
        if fraction is None:
            return self
        return replace(
            self,
            default=_with_precision(self.default, fraction[1]),
            on_update=_with_precision(self.on_update, fraction[1]),
        )


def _with_precision(value: str | None, digits: str | None) -> str | None:
    if value is None or not _CURRENT_TIMESTAMP.match(value):
        return value
    return f"CURRENT_TIMESTAMP({digits})" if digits else "CURRENT_TIMESTAMP"


def _is_json_check(check: str | None, name: str) -> bool:
    forms = {f"(json_valid({_quoted(name, mark)}))" for mark in '`"'}
    return check is not None and check.replace(" ", "") in forms


def is_plain_default(value: str) -> bool:
    """Whether DEFAULT takes the value as it is: a literal, CURRENT_TIMESTAMP or (expression)."""
    value = value.strip()
    if _CURRENT_TIMESTAMP.match(re.split(r"\bON +UPDATE\b", value, flags=re.IGNORECASE)[0].strip()):
        return True
    return bool(_LITERAL.match(value)) and len(tokenize(value.lstrip("+-"))) == 1


def split_type(text: str) -> ColumnText:
    """A type as SQLAlchemy compiles it, with CHARACTER SET and COLLATE taken off."""
    return _parse(tokenize(text))


def parse_definition(text: str) -> ColumnText:
    """A column's definition as SHOW CREATE TABLE shows it, without the name."""
    parsed = _parse(tokenize(text))
    if parsed.nullable is None and not parsed.generated:
        parsed = replace(parsed, nullable=True)
    return replace(parsed, default=None) if parsed.default == "NULL" else parsed


def definitions(show_create_table: str) -> dict[str, ColumnText]:
    """Column name → definition, from the text of SHOW CREATE TABLE."""
    found = {}
    for line in show_create_table.split("\n")[1:]:
        stripped = line.strip().removesuffix(",")
        if stripped[:1] not in ("`", '"'):
            continue
        name = tokenize(stripped)[0]
        unquoted = name[1:-1].replace(name[0] * 2, name[0])
        found[unquoted] = parse_definition(stripped[len(name) :])
    return found


def tokenize(text: str) -> list[str]:
    """Words, strings, names, comments, and whole (…) groups with their spacing kept."""
    tokens: list[str] = []
    depth, start = 0, 0
    for match in _TOKEN.finditer(text):
        token = match["token"]
        if token == "(":
            start = match.start() if depth == 0 else start
            depth += 1
        elif token == ")":
            depth -= 1
            if depth == 0:
                tokens.append(text[start : match.end()])
        elif token is not None and depth == 0:
            tokens.append(token)
    return tokens


class _Reader:
    """The tokens of one definition, read from the left."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def more(self) -> bool:
        return self.at < len(self.tokens)

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *words: str) -> bool:
        """Step over these words if they come next."""
        coming = [t.upper() for t in self.tokens[self.at : self.at + len(words)]]
        if coming != list(words):
            return False
        self.at += len(words)
        return True

    def open_ended(self, *, at_least: int = 0) -> str:
        """All tokens before the next part of the definition; a call's (…) sticks to its name."""
        start = self.at
        self.at += at_least
        while self.more() and not self._starts_a_part(self.tokens[self.at]):
            self.at += 1
        return _join(self.tokens[start : self.at])

    @staticmethod
    def _starts_a_part(token: str) -> bool:
        return token.upper() in _STARTS or token.startswith("/*")


def _join(tokens: Sequence[str]) -> str:
    text = ""
    for token in tokens:
        glued = token.startswith("(") or text[-1:] in ("-", "+", "")
        text += token if glued else f" {token}"
    return text


def _parse(tokens: Sequence[str]) -> ColumnText:
    reader = _Reader(tokens)
    type_ = reader.open_ended()
    while reader.more() and reader.tokens[reader.at].startswith("/*"):
        type_ += f" {reader.next()}"  # MariaDB's COMPRESSED belongs to the type
    parts: dict[str, object] = {"extras": ()}
    while reader.more():
        _read_part(reader, parts)
    return ColumnText(type_, **parts)  # type: ignore[arg-type]  # keys are ColumnText's fields


def _read_part(reader: _Reader, parts: dict[str, object]) -> None:
    for words, name, read in _PARTS:
        if reader.accept(*words):
            parts[name] = read(reader)
            return
    parts["extras"] = (*_extras(parts), _extra(reader))


def _extras(parts: dict[str, object]) -> tuple[str, ...]:
    extras = parts["extras"]
    assert isinstance(extras, tuple)
    return extras


def _extra(reader: _Reader) -> str:
    first = reader.next()
    return first if first.startswith("/*") else _join_words(first, reader.open_ended())


def _join_words(*words: str) -> str:
    return " ".join(word for word in words if word)


def _generated(reader: _Reader) -> str:
    expression = reader.open_ended(at_least=1)
    for word in ("VIRTUAL", "STORED", "PERSISTENT"):
        if reader.accept(word):
            return f"GENERATED ALWAYS AS {expression} {word}"
    return f"GENERATED ALWAYS AS {expression}"


#: The words that begin a part, the field it fills, and how the rest of it is read.
_PARTS = (
    (("CHARACTER", "SET"), "charset", _Reader.next),
    (("CHARSET",), "charset", _Reader.next),
    (("COLLATE",), "collate", _Reader.next),
    (("GENERATED", "ALWAYS", "AS"), "generated", _generated),
    (("AS",), "generated", _generated),
    (("NOT", "NULL"), "nullable", lambda _: False),
    (("NULL",), "nullable", lambda _: True),
    (("DEFAULT",), "default", lambda reader: reader.open_ended(at_least=1)),
    (("ON", "UPDATE"), "on_update", lambda reader: reader.open_ended(at_least=1)),
    (("AUTO_INCREMENT",), "auto_increment", lambda _: True),
    (("COMMENT",), "comment", _Reader.next),
    (("CHECK",), "check", _Reader.next),
)


def renamed_in(text: str | None, old: str, new: str) -> str | None:
    """An expression as the server prints it, with a column's name exchanged."""
    if text is None:
        return None
    exchanged = {_quoted(old, mark).lower(): _quoted(new, mark) for mark in '`"'}
    return _TOKEN.sub(lambda m: exchanged.get(m[0].lower(), m[0]), text)


def _quoted(name: str, mark: str) -> str:
    """A name in backticks, or in the double quotes of ANSI_QUOTES."""
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"
