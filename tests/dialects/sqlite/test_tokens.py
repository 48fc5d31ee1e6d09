"""The tokens of SQLite's SQL: nothing is lost, and names mean what SQLite says they mean."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedmig.dialects.sqlite.tokens import (
    fold,
    identifier,
    literal,
    quote,
    same_name,
    significant,
    tokenize,
    unquote,
)

PIECES = ["'", '"', "`", "[", "]", "--", "/*", "*/", "\n", " ", "(", ")", "x", "é", "0x1F", "1.5e3"]
PIECES += ["''", '""', ",", "||", "->>", "CREATE", "$", "\\", "x'00'", "1_000", "?", ";"]


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_every_text_is_its_tokens(sql: str) -> None:
    """Also what is no SQL at all."""
    tokens = tokenize(sql)
    assert "".join(token.text for token in tokens) == sql
    assert [sql[token.start : token.end] for token in tokens] == [token.text for token in tokens]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_a_quoted_name_is_the_name_that_sqlite_reads(name: str) -> None:
    """Whatever it contains; and so is one that is quoted only where it must be."""
    connection = sqlite3.connect(":memory:")
    for written in (quote(name), identifier(name)):
        (found,) = [row[0] for row in connection.execute(f"SELECT 1 AS {written}").description]
        assert found == name
        (token,) = significant(written)
        assert unquote(token.text) == name
    assert connection.execute(f"SELECT {literal(name)}").fetchone() == (name,)
    connection.close()


@pytest.mark.parametrize("word", ["select", "Order", "INDEX", "abort", "always", "b c", "1a"])
def test_what_could_be_misread_is_quoted(word: str) -> None:
    """Keywords, also those that SQLite would take for a name in most places."""
    assert identifier(word) == f'"{word}"'


@pytest.mark.parametrize(
    ("sql", "texts"),
    [
        ("a -- b ' c\n d", ["a", "d"]),
        ("a /* 'x ) */ b", ["a", "b"]),
        ("'it''s)' \"q\"\"(\" [a'b] `c``d`", ["'it''s)'", '"q""("', "[a'b]", "`c``d`"]),
        ("x'00ff' X'' xyz", ["x'00ff'", "X''", "xyz"]),
        ("a->>'$.b'||c", ["a", "->>", "'$.b'", "||", "c"]),
        ("-1.5e-3+.5", ["-", "1.5e-3", "+", ".5"]),
    ],
)
def test_significant_tokens(sql: str, texts: list[str]) -> None:
    """Neither a comment nor a string hides or makes tokens."""
    assert [token.text for token in significant(sql)] == texts


def test_names_are_compared_as_sqlite_compares_them() -> None:
    """ASCII letters without case, all others with it."""
    assert same_name("Straße", "STRAßE")
    assert not same_name("Ä", "ä")
    assert fold("ÀB") == "Àb"
