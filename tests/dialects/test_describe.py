"""Parentheses and lists, whatever stands in their strings."""

from __future__ import annotations

import pytest

from embedmig.dialects.describe import bare, closing, split_list


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("((a > 1))", "a > 1"),
        ("(a) + (b)", "(a) + (b)"),
        ("(a = ')')", "a = ')'"),
        ("(a = '(')", "a = '('"),
        ('("(" > 1)', '"(" > 1'),
        ("f(x)", "f(x)"),
        ("(unclosed", "(unclosed"),
        ("", ""),
    ],
)
def test_only_parentheses_around_everything_are_taken_off(text: str, inside: str) -> None:
    assert bare(text) == inside


def test_the_closing_parenthesis_is_found_beyond_strings() -> None:
    assert closing("(a, ')''(', (b))c", 0) == 15
    assert closing("(a", 0) == -1


def test_a_list_is_split_at_its_own_commas() -> None:
    assert split_list("a, f(b, c), 'd,e', g[1,2]") == ["a", "f(b, c)", "'d,e'", "g[1,2]"]
    assert split_list("") == []
