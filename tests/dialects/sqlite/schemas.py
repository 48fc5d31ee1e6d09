"""Random tables of SQLite, made of everything `CREATE TABLE` knows, and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

#: A name as it stands in a text, and what it means.
NAMES = [
    ("a", "a"),
    ('"b c"', "b c"),
    ("[d e]", "d e"),
    ("`e``f`", "e`f"),
    ('"g""h"', 'g"h'),
    ("Größe", "Größe"),
    ('"select"', "select"),
    ("'str'", "str"),
    ("i$1", "i$1"),
    ("k", "k"),
]
TYPES = ["", "INTEGER", "INT", "TEXT", "VARCHAR(10)", "REAL", "NUMERIC( 10 , 2 )", "BLOB"]
TYPES += ["DATETIME", '"odd type"', "double precision", "CHARACTER VARYING (20)"]
STRICT_TYPES = ["INTEGER", "INT", "TEXT", "REAL", "BLOB", "ANY"]
CONFLICTS = ["", "", "", " ON CONFLICT REPLACE", " on conflict ignore", " ON CONFLICT ABORT"]
GAPS = [" ", " ", " ", "  ", "\n  ", " /* x, ) CHECK */ ", " -- it's ( a comment,\n  "]
DEFAULTS = ["5", "-5", "+ 1.5", "'x'", "'it''s )'", "NULL", "(1 + (2))", "CURRENT_TIMESTAMP"]
DEFAULTS += ["x'00'", "true", '"word"']


@dataclass
class Made:
    """A table's text, what it is made of, and the statements for what belongs to it."""

    sql: str
    table: str
    columns: list[str]
    strict: bool = False
    rowid: bool = True
    extras: list[str] = field(default_factory=list)

    def install(self, connection: Any) -> None:
        """Create everything; rejects the example where SQLite takes some of it not."""
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY, k TEXT UNIQUE)")
        try:
            for statement in [self.sql, *self.extras]:
                connection.execute(statement)
        except connection.Error:
            assume(False)


@st.composite
def tables(draw: st.DrawFn, *, with_extras: bool = True) -> Made:
    """A table with two to five columns."""
    gap = st.sampled_from(GAPS)
    pairs = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique_by=lambda p: p[1]))
    strict = draw(st.integers(0, 4)) == 0
    rowid = draw(st.integers(0, 4)) > 0
    key = draw(st.sampled_from(["column", "table", "composite", "none"] if rowid else ["table"]))
    items = []
    for place, (name, _) in enumerate(pairs):
        items.append(_column(draw, name, place, pairs, strict=strict, key=key))
    constraints = _constraints(draw, pairs, key)
    body = items[0]
    for item in items[1:]:
        body += "," + draw(gap) + item
    for constraint in constraints:
        body += draw(st.sampled_from([", ", ",\n  ", ","])) + constraint
    options = [o for o, on in (("WITHOUT ROWID", not rowid), ("STRICT", strict)) if on]
    table = draw(st.sampled_from(["t", '"my table"', "[T x]"]))
    sql = f"CREATE TABLE {table}{draw(gap)}({draw(gap)}{body}{draw(gap)})" + " " * bool(options)
    made = Made(sql + ", ".join(options), table.strip('"[]'), [n for _, n in pairs], strict, rowid)
    if with_extras:
        made.extras = _extras(draw, table, pairs)
    return made


def _named(draw: st.DrawFn, text: str, n: list[int]) -> str:
    n[0] += 1
    names = ["", "", f"CONSTRAINT c{n[0]} ", f'CONSTRAINT "odd name {n[0]}) CHECK (" ']
    return draw(st.sampled_from(names)) + text


def _column(draw: st.DrawFn, name: str, place: int, pairs: list, *, strict: bool, key: str) -> str:
    n = [place * 10]
    type_ = draw(st.sampled_from(STRICT_TYPES if strict else TYPES))
    clauses = []
    if place == 0 and key == "column":
        if draw(st.booleans()):
            type_ = "INTEGER"
            clauses.append("PRIMARY KEY" + draw(st.sampled_from(["", " AUTOINCREMENT", " ASC"])))
        else:
            clauses.append(_named(draw, "primary key" + draw(st.sampled_from(CONFLICTS)), n))
    generated = place > 0 and draw(st.integers(0, 6)) == 0
    if generated:
        how = draw(st.sampled_from(["", " STORED", " VIRTUAL"]))
        word = draw(st.sampled_from(["GENERATED ALWAYS AS", "AS"]))
        clauses.append(f"{word} (coalesce({pairs[0][0]}, 'x') || ')'){how}")
    elif draw(st.booleans()):
        clauses.append(_named(draw, "DEFAULT " + draw(st.sampled_from(DEFAULTS)), n))
    if draw(st.integers(0, 2)) == 0:
        clauses.append(_named(draw, "NOT NULL" + draw(st.sampled_from(CONFLICTS)), n))
    if draw(st.integers(0, 3)) == 0:
        clauses.append("COLLATE NOCASE")
    if draw(st.integers(0, 3)) == 0:
        check = draw(st.sampled_from([f"{name} <> 'CHECK (z)'", f"length({name}) < 100"]))
        clauses.append(_named(draw, f"CHECK ({check})", n))
    if draw(st.integers(0, 5)) == 0:
        clauses.append(_named(draw, "UNIQUE" + draw(st.sampled_from(CONFLICTS)), n))
    if not generated and draw(st.integers(0, 4)) == 0:
        action = draw(st.sampled_from(["", " ON DELETE CASCADE", " ON UPDATE SET NULL MATCH FULL"]))
        when = draw(st.sampled_from(["", " DEFERRABLE INITIALLY DEFERRED", " NOT DEFERRABLE"]))
        clauses.append(_named(draw, f"REFERENCES parent(k){action}{when}", n))
    order = draw(st.permutations(clauses))
    parts = [name, *([type_] if type_ else []), *order]
    text = parts[0]
    for part in parts[1:]:
        text += draw(st.sampled_from(GAPS)) + part
    return text


def _constraints(draw: st.DrawFn, pairs: list, key: str) -> list[str]:
    n = [100]
    found = []
    first, second = pairs[0][0], pairs[1][0]
    if key == "table":
        found.append(_named(draw, f"PRIMARY KEY ({first})", n))
    if key == "composite":
        found.append(_named(draw, f"PRIMARY KEY ({first} DESC, {second} COLLATE NOCASE)", n))
    if draw(st.booleans()):
        found.append(_named(draw, f"CHECK ({first} <> {second} OR {first} = '(')", n))
    if draw(st.booleans()):
        conflict = draw(st.sampled_from(CONFLICTS))
        found.append(_named(draw, f"UNIQUE ({second}, {first} DESC){conflict}", n))
    if draw(st.integers(0, 3)) == 0:
        found.append(_named(draw, f"FOREIGN KEY ({second}) REFERENCES parent (k) DEFERRABLE", n))
    return list(draw(st.permutations(found)))


def _extras(draw: st.DrawFn, table: str, pairs: list) -> list[str]:
    first, second = pairs[0][0], pairs[1][0]
    last = pairs[-1][0]
    pool = [
        f"CREATE INDEX ix_desc ON {table} ({first} DESC, {second} COLLATE NOCASE)",
        f"CREATE INDEX  ix_partial ON {table}({second}) WHERE {first} IS NOT NULL -- partial",
        f"CREATE INDEX ix_expr ON {table} (lower({second}) , {first})",
        f"CREATE VIEW v AS SELECT {first} AS one, {second} FROM {table}",
        "CREATE VIEW vv AS SELECT one FROM v",
        f"CREATE TRIGGER tr AFTER INSERT ON {table} WHEN new.{last} = 'never' "
        f"BEGIN DELETE FROM {table} WHERE {first} = new.{last}; END",
        f"CREATE TRIGGER tr2 AFTER DELETE ON {table} "
        f"BEGIN INSERT INTO log VALUES (old.{first}); END",
        f"CREATE TABLE child (x REFERENCES {table} ON DELETE CASCADE)",
    ]
    chosen = [s for s in pool if draw(st.booleans())]
    if any("VIEW vv" in s for s in chosen) and not any("VIEW v " in s for s in chosen):
        chosen = [s for s in chosen if "VIEW vv" not in s]
    return ["CREATE TABLE log (m)", *chosen]
