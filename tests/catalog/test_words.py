"""The columns' names in an expression's text, told from everything that only looks like them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mssql, mysql, sqlite

from embedmig.catalog.words import Words
from embedmig.dialects.offline import offline_dialect
from embedmig.dialects.sqlite.table_text import parse
from embedmig.dialects.sqlite.text_edits import same_expression
from embedmig.dialects.sqlite.tokens import quote

DATABASES = {
    "sqlite": Words(sqlite.dialect()),
    "postgresql": Words(offline_dialect("postgresql")),
    "mysql": Words(mysql.dialect()),
    "mssql": Words(mssql.dialect()),
    "": Words(),
}
EVERY = " ".join(DATABASES)


def words_of(databases: str) -> list[Words]:
    return [DATABASES[name] for name in databases.split(" ")]


@pytest.mark.parametrize(
    ("databases", "name", "expression"),
    [
        (EVERY, "text", "text > 1"),
        (EVERY, "text", "t.TEXT > 1"),
        (EVERY, "text", "a = text and text <> ''"),
        (EVERY, "text", "a is null or text"),
        (EVERY, "text", "case text when 1 then 2 end"),
        (EVERY, "text", "case when a then 1 else text end"),
        (EVERY, "text", "a between text and 3"),
        (EVERY, "text", "a not like text"),
        (EVERY, "text", "f(1, text)"),
        (EVERY, "text", "cast(text as text)"),
        (EVERY, "text", "'text' -- text\n <> /* text */ text"),
        (EVERY, "end", "case when end then 1 else 0 end"),
        (EVERY, "desc", "desc desc"),
        ("sqlite postgresql mssql ", "a b", '"a b" > 1'),
        ("sqlite mssql", "a b", "[a b] > 1"),
        ("sqlite mysql", "a`b", "`a``b` > 1"),
        ("sqlite", "glob", "a glob glob"),
        ("postgresql", "n", "a[n] > 1 and b = ARRAY[1]"),
        ("postgresql", "n", "b = ARRAY[1, n]"),
        ("postgresql", "a", "(a)::text <> ''::text"),
        ("postgresql", "a", "now() AT TIME ZONE a"),
        ("postgresql", "a", "substring(b from 1 for a) is distinct from ''"),
        ("postgresql sqlite", "a", r"b like 'x' escape '\' and a <> ''"),
        ("mysql", "n", "`a` + interval n day > `b`"),
        ("mysql", "n", "binary n = 'x' and `b` div 2"),
    ],
)
def test_a_column_is_found_wherever_an_operand_may_stand(
    databases: str, name: str, expression: str
) -> None:
    assert all(words.mention(expression, name) for words in words_of(databases))


@pytest.mark.parametrize(
    ("databases", "name", "expression"),
    [
        (EVERY, "text", "a <> 'some text' -- text\n and b > 1 /* text */"),
        (EVERY, "text", "texts > 1 and a_text > 1"),
        (EVERY, "text", "cast(a as text) <> ''"),
        (EVERY, "year", "year(born) > 1900"),
        (EVERY, "year", "year /* of */ (born) > 1900"),
        (EVERY, "year", "extract(year from born) > 1900"),
        (EVERY, "date", "born > date '1900-01-01'"),
        (EVERY, "t", "t.a > 1"),
        (EVERY, "end", "case when a > 0 then 1 else 0 end = 1"),
        (EVERY, "not", "a is not null and not b"),
        (EVERY, "desc", "lower(a) desc"),
        (EVERY, "nocase", "lower(a) collate nocase desc"),
        (EVERY, "limit", "a > :limit"),
        ("sqlite", "glob", "a not glob 'x'"),
        ("postgresql", "text", "(a)::text = ANY (ARRAY['x'::text, 'y'::pg_catalog.text])"),
        ("postgresql", "text", r"a <> E'it\'s text' and a <> $$it's text$$"),
        ("postgresql", "C", "a COLLATE pg_catalog.\"C\" > 'x'"),
        ("postgresql", "time", "a::timestamp without time zone > b AT TIME ZONE 'x'"),
        ("postgresql", "city", "(address).city <> ''"),
        ("mysql", "stock", r"`a` <> 'it\'s stock' and `a` <> _utf8mb4'stock'"),
        ("mysql", "stock", '`a` <> "stock"'),
        ("mysql", "year", "timestampdiff(YEAR,`a`,`b`) > 1 and `a` + interval 1 year > `b`"),
        ("mysql", "utf8mb4", "cast(`a` as char charset utf8mb4) <> ''"),
    ],
)
def test_what_only_looks_like_a_column_is_none(databases: str, name: str, expression: str) -> None:
    assert not any(words.mention(expression, name) for words in words_of(databases))


@pytest.mark.parametrize(
    ("database", "new", "after"),
    [
        ("sqlite", "status", """status > 0 and "status" <> 'no state' and t.status is null"""),
        ("sqlite", "a b", """"a b" > 0 and "a b" <> 'no state' and t."a b" is null"""),
        ("postgresql", "Mixed", """"Mixed" > 0 and "Mixed" <> 'no state' and t."Mixed" is null"""),
        ("postgresql", "end", """"end" > 0 and "end" <> 'no state' and t."end" is null"""),
    ],
)
def test_a_new_name_is_quoted_where_the_old_one_was_and_where_it_must_be(
    database: str, new: str, after: str
) -> None:
    before = """state > 0 and "State" <> 'no state' and t.STATE is null"""
    assert DATABASES[database].renamed(before, "state", new) == after


def test_a_new_name_stands_in_the_quotes_of_its_database() -> None:
    words = DATABASES["mysql"]
    assert words.renamed("`a` > a", "a", "b c") == "`b c` > `b c`"
    assert words.renamed("`a` > a", "a", "%") == "`%` > `%`", "not doubled for a driver"


# -- SQLite knows better than any list of examples ----------------------------------------------

#: Names that are words of SQL elsewhere; the first is renamed.
NAMES = ["text", "end", "desc", "glob", "like", "year", "key", "nocase", "match", "a b", 'say "so"']


def written(name: str) -> st.SearchStrategy[str]:
    ways = [quote(name), f"[{name}]", f"`{name}`", f"t.{quote(name)}"]
    ways += [name, name.upper(), f"t.{name}"] if name.isidentifier() else []
    return st.sampled_from(ways)


LEAVES = st.one_of(
    st.sampled_from(NAMES).flatmap(written),
    st.sampled_from(NAMES).map(lambda name: "'it''s {} now'".format(name.replace("'", "''"))),
    st.sampled_from(["1", ".5", "null", "x'00'", "current_date", "/* text */ 1", "-- end\n 2"]),
)


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = [
        "+",
        "||",
        "<>",
        "and",
        "or",
        "is",
        "is not",
        "like",
        "not like",
        "glob",
        "not glob",
    ]
    return st.one_of(
        st.tuples(inner, st.sampled_from(operators), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("not {}".format),
        inner.map("{} is null".format),
        inner.map("{} collate nocase".format),
        inner.map("cast({} as text)".format),
        inner.map("cast({} as varchar(9))".format),
        st.tuples(inner, inner).map(lambda two: "like({}, {})".format(*two)),
        st.tuples(inner, inner).map(lambda two: "{} between {} and 5".format(*two)),
        st.tuples(inner, inner).map(lambda two: "{} in ({}, 'end')".format(*two)),
        st.tuples(inner, inner, inner).map(
            lambda three: "case when {} then {} else {} end".format(*three)
        ),
        st.tuples(inner, inner).map(lambda two: "case {} when {} then 1 end".format(*two)),
    )


@given(expression=st.recursive(LEAVES, larger, max_leaves=6), old=st.sampled_from(NAMES))
def test_a_rename_changes_what_sqlite_changes(expression: str, old: str) -> None:
    columns = ", ".join(map(quote, NAMES))
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"CREATE TABLE t ({columns}, CHECK ({expression}))")
        except sqlite3.OperationalError:
            hypothesis.reject()
        connection.execute(f"ALTER TABLE t RENAME COLUMN {quote(old)} TO fresh")
        ((sql,),) = connection.execute("SELECT sql FROM sqlite_master").fetchall()
    expected = parse(sql).constraints[0].body
    found = DATABASES["sqlite"].renamed(expression, old, "fresh")
    assert same_expression(found, expected), (found, expected)
    assert DATABASES["sqlite"].mention(expression, old) is (found != expression)
