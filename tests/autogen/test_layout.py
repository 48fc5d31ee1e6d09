"""Generated source is laid out as `ruff format` lays it out, so that saving it changes nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedmig.autogen.layout import expression, statement, string

_TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs", "Cc"]))
_PLAIN = st.text("abc'\"\\ :%{}\n", max_size=70)
_NAMES = st.sampled_from(["a", "name", "server_default", "existing_server_default"])
_FUNCTIONS = st.sampled_from(["sa.String", "op.create_table", "postgresql.DOUBLE_PRECISION", "f"])


def _call(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda function, args, keywords: (
            f"{function}({', '.join([*args, *(f'{k}={v}' for k, v in keywords.items())])})"
        ),
        _FUNCTIONS,
        st.lists(inner, max_size=4),
        st.dictionaries(_NAMES, inner, max_size=3),
    )


def _brackets(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(inner, min_size=1, max_size=4)
    return st.one_of(
        items.map(lambda elements: f"[{', '.join(elements)}]"),
        items.map(lambda elements: f"({', '.join(elements)},)"),
        st.dictionaries(_PLAIN.map(repr), inner, max_size=3).map(
            lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}"
        ),
    )


def _method(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda call, links: call + "".join(f".with_variant({one}, 'b')" for one in links),
        _call(inner),
        st.lists(inner, max_size=3),
    )


_LEAVES = _PLAIN.map(repr) | st.sampled_from(["None", "True", "12", "-1", "1.5", "b'x\"'"])
EXPRESSIONS = _call(st.recursive(_LEAVES, lambda i: _brackets(i) | _method(i), max_leaves=12))


def ruff_format(source: str, tmp_path: Path) -> str:
    """What `ruff format` with its own defaults makes of the source."""
    path = tmp_path / "generated.py"
    path.write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet", str(path)]
    subprocess.run(command, check=True)
    return path.read_text(encoding="utf-8")


@settings(max_examples=40)
@given(st.lists(EXPRESSIONS, min_size=5, max_size=30))
def test_any_expression_is_laid_out_as_ruff_does(
    tmp_path_factory: pytest.TempPathFactory, sources: list[str]
) -> None:
    lines = [statement(source, indent=4) for source in sources]
    text = "def f(op):\n" + "\n".join(lines) + "\n"
    assert ruff_format(text, tmp_path_factory.mktemp("ruff")) == text


@given(EXPRESSIONS)
def test_layout_changes_no_meaning(source: str) -> None:
    assert ast.dump(ast.parse(expression(source))) == ast.dump(ast.parse(source))


@given(_TEXT | st.text())
def test_a_string_literal_evaluates_to_the_string(value: str) -> None:
    assert ast.literal_eval(string(value)) == value


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('say "x"', "'say \"x\"'"),
        ('"it\'s"', "'\"it\\'s\"'"),
        ("a\nb\\", '"a\\nb\\\\"'),
        ("Größe", '"Größe"'),
    ],
)
def test_a_string_takes_the_quotes_with_fewer_escapes(value: str, literal: str) -> None:
    assert string(value) == literal


def test_many_variants_stand_one_a_line() -> None:
    variants = ".with_variant(mysql.VARCHAR(20, collation='utf8mb4_bin'), 'mysql')"
    source = f"op.f(type_=sa.String(20){variants}.with_variant(x.CITEXT(), 'x'))"
    assert statement(source) == (
        "op.f(\n"
        "    type_=sa.String(20)\n"
        '    .with_variant(mysql.VARCHAR(20, collation="utf8mb4_bin"), "mysql")\n'
        '    .with_variant(x.CITEXT(), "x")\n'
        ")"
    )
