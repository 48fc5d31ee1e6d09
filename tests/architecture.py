"""What the architecture tests ask about the source: its modules, imports and names, by AST.

Takes a directory, so that the rules themselves are tested on small trees that break them.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

PACKAGE: Final = "embedmig"
DATABASES: Final = ("sqlite", "postgresql", "postgres", "mysql", "mariadb", "mssql", "oracle")

# A database's name as a word in a string: the name itself, a URL scheme, a dialect path. In
# prose it is written with capitals; as a dialect's keyword (`postgresql_using`) it is no choice.
_NAMED: Final = re.compile(rf"(?<![A-Za-z_])({'|'.join(DATABASES)})(?![A-Za-z_])")
_KEYWORD: Final = re.compile(rf"({'|'.join(DATABASES)})_\w+")


@dataclass(frozen=True)
class Module:
    """One module of the package: its name, relative to the package, and its tree."""

    name: str
    is_package: bool
    tree: ast.Module

    @property
    def unit(self) -> str:
        """The layer it belongs to: its first part, `''` for the package itself."""
        return self.name.partition(".")[0]

    def at_run_time(self) -> Module:
        """The module without its blocks under `TYPE_CHECKING`."""
        running = _WithoutTypeChecking().visit(copy.deepcopy(self.tree))
        return Module(self.name, self.is_package, running)


class _WithoutTypeChecking(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse
        return self.generic_visit(node)


@dataclass(frozen=True)
class Source:
    """Every module under one directory, read as the package `embedmig`."""

    directory: Path

    @cached_property
    def modules(self) -> dict[str, Module]:
        return {module.name: module for module in self._read()}

    def _read(self) -> Iterator[Module]:
        for path in sorted(self.directory.rglob("*.py")):
            parts = path.relative_to(self.directory).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            yield Module(name, is_package, ast.parse(path.read_text(encoding="utf-8"), str(path)))

    def inner_imports(self, module: Module) -> set[str]:
        """The modules of the package it imports, anywhere in it, for typing only or not."""
        return {
            self._owner(target.removeprefix(PACKAGE).removeprefix("."))
            for target in imports(module)
            if target.partition(".")[0] == PACKAGE
        } - {module.name}

    def outer_imports(self, module: Module) -> set[str]:
        """The modules outside the package that it imports."""
        return {target for target in imports(module) if target.partition(".")[0] != PACKAGE}

    def _owner(self, target: str) -> str:
        """The module an imported name lives in: itself, or the module it is taken from."""
        while target and target not in self.modules:
            target = target.rpartition(".")[0]
        return target

    def cycle(self) -> list[str]:
        """One circle of imports that run, at once or inside a function; or nothing."""
        graph = {name: self.inner_imports(m.at_run_time()) for name, m in self.modules.items()}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]
            return circle
        return []

    @cached_property
    def own_private_names(self) -> frozenset[str]:
        """Every underscore name that the package itself defines."""
        return frozenset(
            name
            for module in self.modules.values()
            for node in ast.walk(module.tree)
            for name in _defined(node)
            if is_private(name)
        )


def imports(module: Module) -> set[str]:
    """Everything it imports, as absolute dotted names (`from a import b` is `a.b`)."""
    return {name for node in ast.walk(module.tree) for name in _imported(node, module)}


def _imported(node: ast.AST, module: Module) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, module)
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _base(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    parts = [PACKAGE, *filter(None, module.name.split("."))]
    kept = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*kept, *filter(None, [node.module])])


def database_names(module: Module) -> list[str]:
    """Where it names a database in code: `line: what`. Docstrings and parameters are prose."""
    prose = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
    return [
        f"{module.name}:{getattr(node, 'lineno', '?')}: {text}"
        for node in ast.walk(module.tree)
        if id(node) not in prose
        for text in _database_names(node)
    ]


def _database_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if _NAMED.search(node.value):
            yield repr(node.value)
    else:
        yield from (name for name in _mentioned(node) if _is_database_identifier(name))


def _is_database_identifier(name: str) -> bool:
    if _KEYWORD.fullmatch(name):
        return False
    return any(part in DATABASES for part in re.split(r"[._]", name.lower()))


def _mentioned(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            yield name
        case ast.keyword(arg=str(name)) | ast.alias(name=name):
            yield name
        case ast.ImportFrom(module=str(name)):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name


def foreign_private_names(module: Module, own: frozenset[str]) -> list[str]:
    """Underscore names it uses that the package does not define: somebody else's."""
    found = []
    for node in ast.walk(module.tree):
        for name in _used(node):
            if is_private(name) and name not in own:
                found.append(f"{module.name}:{getattr(node, 'lineno', '?')}: {name}")
    return found


def _used(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(attr=name):
            yield name
        case ast.ImportFrom() | ast.Import():
            names = [alias.name for alias in node.names]
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            yield from (part for name in names for part in name.split("."))
        case ast.Call(func=ast.Name(id="getattr" | "setattr" | "hasattr"), args=args):
            constants = [arg.value for arg in args[1:2] if isinstance(arg, ast.Constant)]
            yield from (value for value in constants if isinstance(value, str))


# Documented names that merely begin with an underscore.
_PUBLIC: Final = frozenset({"_asdict", "_fields", "_replace", "_mapping"})


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in _PUBLIC


def _defined(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Attribute(attr=name, value=ast.Name(id="self"), ctx=ast.Store()):
            yield name
        case ast.alias(name="_sa"):
            yield "_sa"
