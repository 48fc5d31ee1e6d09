"""Edits of a stored `CREATE TABLE` text: text in, text out, everything else byte-equal.

An edit changes the clause it is asked to change and the comma or blank beside it, nothing more:
comments, quotes, line breaks and the order of things stay as the author left them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .table_text import (
    CHECK,
    COLLATE,
    DEFAULT,
    DEFERRABLE,
    FOREIGN_KEY,
    GENERATED,
    NOT_NULL,
    NULL,
    PRIMARY_KEY,
    Clause,
    Column,
    TableText,
    parse,
)
from .tokens import (
    COMMENT,
    SPACE,
    WORD,
    Token,
    fold,
    identifier,
    same_name,
    significant,
    tokenize,
    unquote,
)


class NoSuchPart(LookupError):
    """The text has no column or clause like the one that was asked for."""


# -- the table -------------------------------------------------------------------------------


def rename_table(sql: str, name: str) -> str:
    """Give the table another name; what refers to the old one inside the text stays."""
    table = parse(sql)
    return sql[: table.name_start] + identifier(name) + sql[table.name_end :]


def set_options(sql: str, *, strict: bool | None = None, rowid: bool | None = None) -> str:
    """Switch STRICT and WITHOUT ROWID; None leaves the option as it is."""
    table = parse(sql)
    wanted = {
        "WITHOUT ROWID": not (table.has_rowid if rowid is None else rowid),
        "STRICT": table.is_strict if strict is None else strict,
    }
    options = {name for name, on in wanted.items() if on}
    if options == table.options:
        return sql
    closing = table.body_end + 1
    rest = [t for t in tokenize(sql[closing:]) if t.kind == COMMENT]
    tail = "".join(f" {t.text}" + ("\n" if t.text.startswith("--") else "") for t in rest)
    return sql[:closing] + tail + (" " + ", ".join(o for o in wanted if o in options)).rstrip()


def set_autoincrement(sql: str, *, on: bool) -> str:
    """Add or remove AUTOINCREMENT; it needs a primary key of one INTEGER column."""
    table = parse(sql)
    if table.has_autoincrement == on:
        return sql
    key = next((c for c in table.clauses if c.kind == PRIMARY_KEY), None)
    if key is None or len(key.columns) != 1:
        raise NoSuchPart(f"table {table.name!r} has no primary key of one column to count up")
    if not on:
        word = next(
            t for t in significant(sql[key.start : key.end]) if t.keyword == "AUTOINCREMENT"
        )
        return _cut(sql, key.start + word.start, key.start + word.end)
    if key not in table.constraints:
        return sql[: key.end] + " AUTOINCREMENT" + sql[key.end :]
    closing = next(t for t in significant(sql[key.start : key.end]) if t.text == ")")
    place = key.start + closing.start
    return sql[:place] + " AUTOINCREMENT" + sql[place:]


# -- columns ---------------------------------------------------------------------------------


def add_column(
    sql: str, definition: str, *, before: str | None = None, after: str | None = None
) -> str:
    """Add a column: behind the last one, or at the side of another."""
    table = parse(sql)
    if before is not None:
        place = _column(table, before).start
        return sql[:place] + definition + ", " + sql[place:]
    beside = _column(table, after) if after is not None else table.columns[-1]
    return _insert_behind(table, beside, definition)


def drop_column(sql: str, name: str, speaking: Sequence[Clause]) -> str:
    """Drop a column with its own clauses, and these others, that speak of it."""
    table = parse(sql)
    if len(table.columns) == 1:
        raise NoSuchPart(f"{name!r} is the only column of {table.name!r}, and a table needs one")
    for clause in reversed(speaking):
        sql = drop_clause(sql, clause)
    table = parse(sql)
    return _remove_item(table, _column(table, name))


def speaking_of(table: TableText, name: str) -> list[int]:
    """Which of the table's clauses go with the column: its keys, and every CHECK that names it.

    A place in `TableText.clauses` each; what stands on the column itself is none of them.
    """
    own = _column(table, name).clauses
    return [
        place
        for place, clause in enumerate(table.clauses)
        if clause not in own
        and (clause in table.constraints or clause.kind == CHECK)
        and clause.mentions(name)
    ]


def set_type(sql: str, name: str, type_: str) -> str:
    """Give a column another declared type."""
    column = _column(parse(sql), name)
    if not column.type:
        return sql[: column.name_end] + " " + type_ + sql[column.name_end :]
    return sql[: column.type_start] + type_ + sql[column.type_end :]


def set_not_null(sql: str, name: str) -> str:
    """Add NOT NULL to a column; nothing where it stands already."""
    column = _column(parse(sql), name)
    if not column.nullable:
        return sql
    for clause in column.of(NULL):
        return sql[: clause.end - 4] + "NOT NULL" + sql[clause.end :]
    return sql[: column.type_end] + " NOT NULL" + sql[column.type_end :]


def drop_not_null(sql: str, name: str) -> str:
    """Remove NOT NULL from a column, with its name and conflict clause, where there is one."""
    while clauses := _column(parse(sql), name).of(NOT_NULL):
        sql = drop_clause(sql, clauses[-1])
    return sql


def set_default(sql: str, name: str, default: str | None) -> str:
    """Give a column another default, an SQL expression as it stands in a text; None removes it."""
    while len(clauses := _column(parse(sql), name).of(DEFAULT)) > (default is not None):
        sql = drop_clause(sql, clauses[0])
    if default is None:
        return sql
    if clauses:
        place = clauses[0].end - len(clauses[0].body)
        return sql[:place] + default + sql[clauses[0].end :]
    column = _column(parse(sql), name)
    return sql[: column.type_end] + " DEFAULT " + default + sql[column.type_end :]


def set_generated(sql: str, name: str, clause: str | None) -> str:
    """Give a column another GENERATED clause, as it stands in a text; None makes it plain."""
    while clauses := _column(parse(sql), name).of(GENERATED):
        sql = drop_clause(sql, clauses[0])
    if clause is None:
        return sql
    column = _column(parse(sql), name)
    return sql[: column.type_end] + " " + clause + sql[column.type_end :]


def set_collation(sql: str, name: str, collation: str | None) -> str:
    """Give a column another collation, as it stands in a text; None removes it."""
    while clauses := _column(parse(sql), name).of(COLLATE):
        sql = drop_clause(sql, clauses[0])
    if collation is None:
        return sql
    column = _column(parse(sql), name)
    return sql[: column.type_end] + " COLLATE " + collation + sql[column.type_end :]


def reorder_columns(sql: str, names: Sequence[str]) -> str:
    """Put the columns into the order of *names*; what stands between them stays in its place."""
    table = parse(sql)
    pieces, at = [], 0
    for slot, name in zip(table.columns, names, strict=True):
        moved = _column(table, name)
        pieces += [sql[at : slot.start], sql[moved.start : moved.end]]
        at = slot.end
    return "".join([*pieces, sql[at:]])


# -- constraints -----------------------------------------------------------------------------


def add_constraint(sql: str, definition: str) -> str:
    """Add a table constraint behind everything else in the table's list."""
    table = parse(sql)
    return _insert_behind(table, table.items[-1], definition)


def set_primary_key(sql: str, definition: str) -> str:
    """Add a primary key as a table constraint; one that was there goes."""
    while key := next((c for c in parse(sql).clauses if c.kind == PRIMARY_KEY), None):
        sql = drop_clause(sql, key)
    return add_constraint(sql, definition)


def drop_clause(sql: str, clause: Clause) -> str:
    """Remove a clause that `parse` found in this very text, of a column or of the table."""
    table = parse(sql)
    if clause in table.constraints:
        return _remove_item(table, clause)
    column = next((c for c in table.columns if clause in c.clauses), None)
    if column is None:
        raise NoSuchPart(f"no such clause in {sql!r}")
    for part in reversed([clause, *_belonging(column, clause)]):
        sql = _cut(sql, part.start, part.end)
    return sql


def _belonging(column: Column, clause: Clause) -> list[Clause]:
    """The stand-alone DEFERRABLE clauses that speak of a column's foreign key."""
    if clause.kind != FOREIGN_KEY:
        return []
    following = column.clauses[column.clauses.index(clause) + 1 :]
    kinds = [c.kind for c in following]
    end = kinds.index(FOREIGN_KEY) if FOREIGN_KEY in kinds else len(kinds)
    return [c for c in following[:end] if c.kind == DEFERRABLE]


def rename_clause(sql: str, clause: Clause, name: str) -> str:
    """Give a constraint a name, or another one."""
    if clause.name is None:
        return f"{sql[: clause.start]}CONSTRAINT {identifier(name)} {sql[clause.start :]}"
    old = significant(sql[clause.start : clause.end])[1]
    start = clause.start + old.start
    return sql[:start] + identifier(name) + sql[start + len(old.text) :]


def find_clauses(
    table: TableText,
    *,
    name: str | None = None,
    kind: str | None = None,
    columns: Iterable[str] = (),
    expression: str | None = None,
) -> list[Clause]:
    """The constraints that fit everything that is given."""
    wanted = [fold(column) for column in columns]
    found = [
        clause
        for clause in table.clauses
        if clause.kind in (PRIMARY_KEY, "unique", CHECK, FOREIGN_KEY, NOT_NULL)
        and (name is None or (clause.name is not None and same_name(clause.name, name)))
        and (kind is None or clause.kind == kind)
        and (expression is None or same_expression(clause.body, expression))
    ]
    if not wanted:
        return found
    return [c for c in found if [fold(column) for column in c.columns] == wanted]


def same_expression(one: str, other: str) -> bool:
    """Whether two expressions are the same but for spaces, comments, case and quotes of names."""
    return _canonical(one) == _canonical(other)


def _canonical(expression: str) -> list[str]:
    tokens = [_canonical_token(token) for token in significant(expression)]
    while tokens[:1] == ["("] and _closes_at_the_end(tokens):
        tokens = tokens[1:-1]
    return tokens


def _canonical_token(token: Token) -> str:
    if token.kind in (WORD, "quoted"):
        return fold(unquote(token.text))
    return token.text


def _closes_at_the_end(tokens: list[str]) -> bool:
    depth = 0
    for place, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0:
            return place == len(tokens) - 1
    return False


# -- cutting and pasting ---------------------------------------------------------------------


def _column(table: TableText, name: str) -> Column:
    column = table.column(name)
    if column is None:
        raise NoSuchPart(f"table {table.name!r} has no column {name!r}")
    return column


def _insert_behind(table: TableText, item: Column | Clause, definition: str) -> str:
    """Insert a list item behind another, on a line of its own where the others have theirs."""
    sql = table.sql
    line_start = sql.rfind("\n", 0, item.start) + 1
    indent = sql[line_start : item.start]
    own_line = line_start > table.body_start and not indent.strip()
    separator = ",\n" + indent if own_line else ", "
    return sql[: item.end] + separator + definition + sql[item.end :]


def _remove_item(table: TableText, item: Column | Clause) -> str:
    sql = table.sql
    tokens = tokenize(sql)
    following = _next_significant(tokens, item.end)
    if following.text == ",":
        return sql[: item.start] + sql[_end_of_removal(tokens, following) :]
    comma = _previous_significant(tokens, item.start)
    if following.text != ")":
        return sql[: item.start] + sql[item.end :].lstrip(" ")
    if comma.text != ",":
        return _cut(sql, item.start, item.end)
    between = sql[comma.end : item.start]
    kept = between if between.strip() else ""
    return sql[: comma.start] + kept + sql[item.end :]


def _end_of_removal(tokens: list[Token], comma: Token) -> int:
    """Behind the comma, its blank, and a comment that follows on the same line."""
    end = comma.end
    for token in tokens:
        if token.start < comma.end:
            continue
        if token.kind == SPACE:
            end = token.end
            if "\n" in token.text:
                return end
        elif token.kind == COMMENT:
            end = token.end
        else:
            return end
    return end


def _cut(sql: str, start: int, end: int) -> str:
    """Remove a piece with the blank before it; a line comment keeps its line break."""
    before = tokenize(sql[:start])
    if before and before[-1].kind == SPACE and not _ends_with_line_comment(before[:-1]):
        start = before[-1].start
    glue = " " if _is_word(sql[start - 1 : start]) and _is_word(sql[end : end + 1]) else ""
    return sql[:start] + glue + sql[end:]


def _ends_with_line_comment(tokens: list[Token]) -> bool:
    return bool(tokens) and tokens[-1].kind == COMMENT and tokens[-1].text.startswith("--")


def _is_word(character: str) -> bool:
    return character.isalnum() or character in ("_", "$") if character else False


def _next_significant(tokens: list[Token], offset: int) -> Token:
    return next(t for t in tokens if t.start >= offset and t.kind not in (SPACE, COMMENT))


def _previous_significant(tokens: list[Token], offset: int) -> Token:
    return next(t for t in reversed(tokens) if t.end <= offset and t.kind not in (SPACE, COMMENT))
