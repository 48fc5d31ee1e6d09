"""What a renderer is given: the database, the imports so far, and the user's hooks."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from .. import _sa
from ..errors import CannotRender
from ..options import CompareOptions
from . import layout

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

#: The convention's key for a kind of constraint, as in `MetaData(naming_convention=…)`.
_CONVENTION_KEYS: Mapping[str, Any] = {
    "pk": sa.PrimaryKeyConstraint,
    "uq": sa.UniqueConstraint,
    "fk": sa.ForeignKeyConstraint,
    "ck": sa.CheckConstraint,
    "ix": sa.Index,
}


class Context:
    """One piece of source in the making.

    A type that renders itself (`__embedmig_render__(context)`), a `render_item` hook and a renderer
    of yours are given it: they call `require("import decimal")` for every import that the text they
    return needs, and `literal(value)` for a value in it.
    """

    def __init__(
        self,
        dialect: Dialect | None = None,
        options: CompareOptions | None = None,
        *,
        naming_convention: Mapping[str, Any] | None = None,
    ) -> None:
        self.dialect = _sa.plain_dialect(dialect if dialect is not None else DefaultDialect())
        self.options = options if options is not None else CompareOptions()
        self.imports: set[str] = set()
        self.convention = naming_convention
        self._namespace: dict[str, Any] = {}
        self._executed: set[str] = set()

    # -- imports -----------------------------------------------------------------------------

    def require(self, *lines: str) -> None:
        """Import lines that the text needs: `import x.y` or `from x import y`."""
        self.imports.update(lines)

    def sa(self, name: str) -> str:
        """`sa.<name>`, with the import."""
        self.require("import sqlalchemy as sa")
        return f"sa.{name}"

    def path_of(self, thing: type) -> str | None:
        """How the module will call this class, with its import; None where it cannot import it."""
        name = thing.__name__
        if name.startswith("_") or thing.__qualname__ != name or thing.__module__ == "__main__":
            return None
        if getattr(sa, name, None) is thing:
            return self.sa(name)
        return self._path_in_package(thing, name)

    def _path_in_package(self, thing: type, name: str) -> str | None:
        parts = thing.__module__.split(".")
        own = parts[0] == "sqlalchemy"
        # SQLAlchemy's dialects keep their public names in sqlalchemy.dialects.<name>, no deeper.
        for length in range(3 if own else 1, min(len(parts), 3 if own else 99) + 1):
            package = ".".join(parts[:length])
            if getattr(importlib.import_module(package), name, None) is thing:
                if own:
                    self.require(f"from {'.'.join(parts[:2])} import {parts[2]}")
                    return f"{parts[2]}.{name}"
                self.require(f"import {package}")
                return f"{package}.{name}"
        return None

    def evaluate(self, source: str) -> Any:
        """What the text is once the module runs, to compare it with what it was made from."""
        for line in sorted(self.imports - self._executed):
            exec(line, self._namespace)  # noqa: S102 - our own import lines
            self._executed.add(line)
        return eval(source, self._namespace)  # noqa: S307 - our own text, and the user's hooks'

    @contextmanager
    def on(self, dialect: Dialect) -> Iterator[None]:
        """For a while, write for another database."""
        before, self.dialect = self.dialect, _sa.plain_dialect(dialect)
        try:
            yield
        finally:
            self.dialect = before

    # -- hooks -------------------------------------------------------------------------------

    def hook(self, kind: str, item: Any) -> str | None:
        """What the user's `render_item` makes of it; None where it leaves it to us."""
        if self.options.render_item is None:
            return None
        text: Any = self.options.render_item(kind, item, self)
        if text is None or text is False:
            return None
        if isinstance(text, str):
            return text
        raise CannotRender(item, f"render_item returned {text!r}, neither text nor False")

    # -- small things everything is made of --------------------------------------------------

    def literal(self, value: Any) -> str:
        """A Python value as source."""
        from .values import literal

        return literal(value, self)

    def name(self, name: str) -> str:
        """An identifier as source; keeps `quoted_name(…, quote=True)`."""
        quote = getattr(name, "quote", None)
        if quote is None or isinstance(name, sa.sql.elements.conv):
            return layout.string(str(name))
        return layout.call(self.sa("quoted_name"), [layout.string(str(name)), f"quote={quote}"])

    def constraint_name(self, name: Any, kind: str) -> str:
        """A constraint's or index's name; `op.f(…)` where a convention would be applied to it."""
        if name is None or not isinstance(name, str):
            return "None"
        if isinstance(name, sa.sql.elements.conv) or self._renames(kind):
            return f"op.f({layout.string(str(name))})"
        return self.name(name)

    def _renames(self, kind: str) -> bool:
        """Whether the naming convention changes names that are given."""
        convention = self.convention or {}
        template = convention.get(kind) or convention.get(_CONVENTION_KEYS.get(kind, ""))
        return isinstance(template, str) and "%(constraint_name)s" in template

    @cached_property
    def ddl_compiler(self) -> Any:
        """SQLAlchemy's DDL compiler for the database."""
        return _sa.ddl_compiler(self.dialect)
