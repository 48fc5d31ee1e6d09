"""How generated source is laid out: as ruff and black lay it out, at 88 columns, without them.

Works on Python's own syntax tree, so a hook's text is laid out as ours is. Knows what generated
source is made of (calls, literals, attribute chains); anything else stays on one line.
"""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

WIDTH: Final = 88
INDENT: Final = 4

_BRACKETS: Final[dict[type[ast.expr], tuple[str, str]]] = {
    ast.List: ("[", "]"),
    ast.Tuple: ("(", ")"),
    ast.Set: ("{", "}"),
    ast.Dict: ("{", "}"),
}
# One thing inside brackets: what stands before its value (`name=`, `*`, `key: `), and the value.
_Item = tuple[str, ast.expr]


def expression(source: str, *, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """An expression, wrapped; its first line begins `before` columns right of the indentation.

    `after` columns are kept free at the end of its last line.
    """
    tree = ast.parse(source, mode="eval").body
    return _wrapped(tree, indent, indent + before, after)


def statement(source: str, *, indent: int = 0) -> str:
    """One simple statement (a call, a raise, a decorator without its @), indented."""
    keyword, body = ("raise ", source[6:]) if source.startswith("raise ") else ("", source)
    return " " * indent + keyword + expression(body, indent=indent, before=len(keyword))


def call(function: str, arguments: Iterable[str]) -> str:
    """`function(argument, …)`, on one line."""
    return f"{function}({', '.join(arguments)})"


def string(value: str) -> str:
    """A string literal with the quotes that need fewer escapes, double ones where it is equal."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    body = repr(value + "\"'")[1:-4]  # both kinds inside: repr takes single quotes, escapes those
    body = body.replace("\\'", "'").replace(quote, "\\" + quote)
    return quote + body + quote


def width(text: str) -> int:
    """How many columns the text takes; wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


# -- on one line -----------------------------------------------------------------------------


def _flat(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return string(node.value) if isinstance(node.value, str) else _constant(node)
    if isinstance(node, ast.Call):
        return f"{_flat(node.func)}({_joined(_arguments(node))})"
    if isinstance(node, ast.Attribute):
        return f"{_flat(node.value)}.{node.attr}"
    if type(node) in _BRACKETS:
        opening, closing = _BRACKETS[type(node)]
        only = isinstance(node, ast.Tuple) and len(node.elts) == 1
        return opening + _joined(_items(node)) + ("," if only else "") + closing
    return ast.unparse(node)


def _constant(node: ast.Constant) -> str:
    if not isinstance(node.value, bytes):
        return ast.unparse(node)
    quote = "'" if node.value.count(b'"') > node.value.count(b"'") else '"'
    body = repr(node.value + b"\"'")[2:-4].replace("\\'", "'").replace(quote, "\\" + quote)
    return "b" + quote + body + quote


def _joined(items: Sequence[_Item]) -> str:
    return ", ".join(prefix + _flat(value) for prefix, value in items)


def _arguments(call: ast.Call) -> list[_Item]:
    return [_starred(arg) for arg in call.args] + [
        (f"{keyword.arg}=" if keyword.arg else "**", keyword.value) for keyword in call.keywords
    ]


def _starred(node: ast.expr) -> _Item:
    return ("*", node.value) if isinstance(node, ast.Starred) else ("", node)


def _items(node: ast.expr) -> list[_Item]:
    if isinstance(node, ast.Dict):
        return [
            (f"{_flat(key)}: " if key is not None else "**", value)
            for key, value in zip(node.keys, node.values, strict=True)
        ]
    assert isinstance(node, ast.List | ast.Tuple | ast.Set)
    return [_starred(element) for element in node.elts]


# -- on several lines ------------------------------------------------------------------------


def _wrapped(node: ast.expr, indent: int, column: int, after: int) -> str:
    flat = _flat(node)
    if column + width(flat) + after <= WIDTH:
        return flat
    if isinstance(node, ast.Call):
        links = _chain(node)
        if len(links) > 2:
            return _fluent(links, indent, column, after)
        return _wrapped_call(node, indent, column, after)
    if isinstance(node, ast.Attribute):
        return f"{_wrapped(node.value, indent, column, width(node.attr) + 1 + after)}.{node.attr}"
    if type(node) in _BRACKETS and (items := _items(node)):
        opening, closing = _BRACKETS[type(node)]
        comma = len(items) > 1 or isinstance(node, ast.Tuple)
        return opening + _one_a_line(items, indent, comma=comma) + closing
    return flat


def _wrapped_call(call: ast.Call, indent: int, column: int, after: int) -> str:
    items = _arguments(call)
    head = _wrapped(call.func, indent, column, 1 + (not items) * (1 + after))
    joined = _joined(items)
    if "\n" in head or not items:
        line = f"{head.rpartition(chr(10))[2]}({joined})"
        if not items or width(line) + after <= WIDTH:
            return f"{head}({joined})"
    inner = indent + INDENT
    if inner + width(joined) <= WIDTH:
        return f"{head}(\n{' ' * inner}{joined}\n{' ' * indent})"
    return f"{head}({_one_a_line(items, indent, comma=len(items) > 1)})"


def _one_a_line(items: Sequence[_Item], indent: int, *, comma: bool) -> str:
    inner = indent + INDENT
    lines = [
        " " * inner + prefix + _wrapped(value, inner, inner + width(prefix), comma) + "," * comma
        for prefix, value in items
    ]
    return "\n" + "\n".join(lines) + "\n" + " " * indent


def _chain(call: ast.Call) -> list[ast.Call]:
    """The calls of a.b(…).c(…).d(…), the first one first."""
    links = [call]
    while isinstance(links[0].func, ast.Attribute) and isinstance(links[0].func.value, ast.Call):
        links.insert(0, links[0].func.value)
    return links


def _fluent(links: Sequence[ast.Call], indent: int, column: int, after: int) -> str:
    """One call of the chain a line: this is done where two or more follow the first."""
    lines = [_wrapped(links[0], indent, column, 0)]
    for link in links[1:]:
        assert isinstance(link.func, ast.Attribute)
        bare = ast.Call(ast.Name(f".{link.func.attr}"), link.args, link.keywords)
        lines.append(_wrapped(bare, indent, indent, after if link is links[-1] else 0))
    return f"\n{' ' * indent}".join(lines)
