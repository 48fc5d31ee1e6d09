"""A whole module: imports, the decorated upgrade, and the way back written out."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ..errors import CannotRender, ConfigurationError, Irreversible
from . import layout
from .context import Context
from .layout import call
from .render import INDENT, render
from .verify import verify

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    from ..ops import Operation
    from ..options import CompareOptions
    from ..registry import Registry
    from .diff import RenameHint

_LONGEST_NAME: Final = 40
_TAKEN: Final = frozenset({"op", "sa", "Operations", "Irreversible", *dir(builtins)})


def new_revision_id() -> str:
    """A new revision id: 12 hexadecimal digits."""
    return uuid.uuid4().hex[-12:]


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """What the decorator says about a revision, and where its registry is imported from."""

    revision_id: str
    down_revision: str | tuple[str, ...] | None
    message: str | None = None
    branch_labels: Sequence[str] = ()
    depends_on: Sequence[str] = ()
    replaces: Sequence[str] = ()
    transactional: bool = True
    registry_module: str | None = None
    registry_attribute: str = "registry"


def render_module(
    *,
    revision_id: str,
    down_revision: str | tuple[str, ...] | None,
    message: str | None,
    upgrade: Sequence[Operation],
    downgrade: Sequence[Operation] | None = None,
    registry_module: str | None = None,
    registry_attribute: str = "registry",
    branch_labels: Sequence[str] = (),
    depends_on: Sequence[str] = (),
    replaces: Sequence[str] = (),
    transactional: bool = True,
    dialect: Dialect | None = None,
    options: CompareOptions | None = None,
    naming_convention: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    hints: Sequence[RenameHint] = (),
) -> str:
    """The source of a module with one revision.

    Args:
        upgrade: the operations; with none the function does nothing.
        downgrade: the way back; None derives it by reversing the operations. What cannot be
            reversed is named in a comment, and the function raises Irreversible.
        registry_module: the package that the registry is imported from; None writes the bare name.
        dialect: SQLAlchemy's dialect, for types and expressions as this database spells them.
        options: `render_item` and `renderers` are used.
        naming_convention: of the application's metadata; names that it would change are kept by
            `op.f(…)`.
        notes: sentences that stand as comments at the top of the upgrade.
        hints: renames that may be meant; each stands as a comment before its drop or addition.

    The module imports all it needs and has been run once, without a database, before it is
    returned. Raises CannotRender where no source would mean the same.
    """
    heading = Heading(
        revision_id=revision_id,
        down_revision=down_revision,
        message=message,
        branch_labels=branch_labels,
        depends_on=depends_on,
        replaces=replaces,
        transactional=transactional,
        registry_module=registry_module,
        registry_attribute=registry_attribute,
    )
    context = Context(dialect, options, naming_convention=naming_convention)
    body = [*_comments(notes), *_statements(upgrade, hints, context)]
    back = _way_back(upgrade, downgrade, context)
    source = write(heading, context, body=body, back=back)
    bare = write(replace(heading, registry_module=None), context, body=body, back=back)
    verify(bare, registry_attribute, context, upgrade=upgrade, downgrade=downgrade)
    return source


def write(
    heading: Heading, context: Context, *, body: Sequence[str], back: Sequence[str] | None = None
) -> str:
    """The module around two function bodies, which are indented already; None leaves one out."""
    context.require("from embedmig import Operations")
    name = _function_name(heading, context)
    registered = heading.registry_attribute
    parts = [
        _docstring(heading.message),
        _imports(context.imports, heading),
        _function(f"{registered}.revision({_decorated(heading, context)})", name, body),
    ]
    if back is not None:
        parts.append(_function(f"{name}.downgrade", f"undo_{name}", back))
    text = "\n\n\n".join(part for part in parts[1:] if part) + "\n"
    return f"{parts[0]}\n\n{text}" if parts[0] else text


def _function(decorator: str, name: str, body: Sequence[str]) -> str:
    """A decorated function; comments alone are no body."""
    code = any(not line.lstrip().startswith("#") for line in body)
    lines = list(body) if code else [*body, " " * INDENT + "pass"]
    decorated = layout.expression(decorator, before=1)
    return "\n".join([f"@{decorated}", f"def {name}(op: Operations) -> None:", *lines])


def _decorated(heading: Heading, context: Context) -> str:
    down = heading.down_revision
    if isinstance(down, tuple) and len(down) < 2:
        down = down[0] if down else None
    arguments = [layout.string(heading.revision_id), f"down_revision={context.literal(down)}"]
    if heading.message:
        arguments.append(f"message={layout.string(heading.message)}")
    arguments += [
        f"{name}={context.literal(found if found[1:] else found[0])}"
        for name in ("depends_on", "branch_labels", "replaces")
        if (found := tuple(getattr(heading, name)))
    ]
    if not heading.transactional:
        arguments.append("transactional=False")
    return ", ".join(arguments)


# -- bodies ----------------------------------------------------------------------------------


def _statements(
    operations: Sequence[Operation], hints: Sequence[RenameHint], context: Context
) -> Iterator[str]:
    waiting = list(hints)
    for operation in operations:
        for hint in [hint for hint in waiting if operation in (hint.drop, hint.add)]:
            waiting.remove(hint)
            yield from _hint(hint, context)
        if text := render(operation, context):
            yield text


def _hint(hint: RenameHint, context: Context) -> Iterator[str]:
    """The rename, ready to be taken; its imports stay out until it is."""
    imports = set(context.imports)
    text = render(hint.rename, context, indent=0)
    context.imports = imports
    yield from _comments(
        [f"If this is a rename, replace “{hint.drop.describe()}” and “{hint.add.describe()}” by:"]
    )
    yield from (f"{' ' * INDENT}# {line}" for line in text.splitlines())


def _way_back(
    upgrade: Sequence[Operation], downgrade: Sequence[Operation] | None, context: Context
) -> list[str] | None:
    if downgrade is not None:
        return list(_statements(downgrade, (), context))
    if not upgrade:
        return None
    written: list[str] = []
    refused: list[tuple[Operation, Irreversible | CannotRender]] = []
    for operation in reversed(upgrade):
        try:
            written.append(render(operation.reverse(), context))
        except (Irreversible, CannotRender) as error:
            refused.append((operation, error))
    return [*_refusal(refused, context), *filter(None, written)]


def _refusal(
    refused: Sequence[tuple[Operation, Irreversible | CannotRender]], context: Context
) -> Iterator[str]:
    """A raise before everything else: half a way back would be worse than none."""
    if not refused:
        return
    context.require("from embedmig.errors import Irreversible")
    yield from _comments(["No way back is known for the following; write it and drop the raise:"])
    for operation, error in refused:
        reason = f": {error.reason}" if error.reason else ""
        yield from _comments([f"- {operation.describe()}{reason}"])
    subject = refused[0][0].describe()
    yield layout.statement(f"raise {call('Irreversible', [layout.string(subject)])}", indent=INDENT)


def _comments(sentences: Iterable[str], *, indent: int = INDENT) -> Iterator[str]:
    """Sentences as comments, wrapped between words."""
    room = layout.WIDTH - indent - 2
    for sentence in sentences:
        line = ""
        for word in sentence.split():
            if line and layout.width(line) + 1 + layout.width(word) > room:
                yield f"{' ' * indent}# {line}"
                line = ""
            line = f"{line} {word}" if line else word
        if line:
            yield f"{' ' * indent}# {line}"


# -- the top ---------------------------------------------------------------------------------


def _docstring(message: str | None) -> str:
    """The message; characters that a docstring gives a meaning are replaced."""
    plain = "".join(c if c.isprintable() else " " for c in (message or "").replace('"', "'"))
    text = " ".join(plain.split()).replace("\\", "/")
    return f'"""{text}"""' if text else ""


def _imports(lines: Iterable[str], heading: Heading) -> str:
    """Import lines as isort orders them: the standard library, other packages, the application."""
    everything = set(lines)
    root = ""
    if heading.registry_module is not None:
        root = _root(heading.registry_module)
        everything.add(f"from {heading.registry_module} import {heading.registry_attribute}")
    sections: tuple[set[str], set[str], set[str]] = (set(), set(), set())
    for line in everything:
        own = _root(line.split()[1])
        sections[2 if own == root else own not in sys.stdlib_module_names].add(line)
    return "\n\n".join(_section(section) for section in sections if section)


def _root(module: str) -> str:
    return module.partition(".")[0]


def _section(lines: Iterable[str]) -> str:
    plain = sorted(line for line in lines if line.startswith("import "))
    by_module: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("from "):
            module, _, names = line.removeprefix("from ").partition(" import ")
            by_module.setdefault(module, set()).update(n.strip() for n in names.split(","))
    froms = [_from(module, sorted(by_module[module])) for module in sorted(by_module)]
    return "\n".join([*plain, *froms])


def _from(module: str, names: Sequence[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if layout.width(line) <= layout.WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _function_name(heading: Heading, context: Context) -> str:
    """The upgrade function's name, made of the message; it hides nothing that the module uses."""
    name = _snake_case(heading.message or "") or f"revision_{_snake_case(heading.revision_id)}"
    roots = {re.split(r"\W+", line)[-1] for line in context.imports}
    roots |= {_root(line.split()[1]) for line in context.imports}
    if not name.isidentifier() or keyword.iskeyword(name) or len(name) < 2:  # l, say
        name = f"revision_{name}"
    if name in roots | _TAKEN or name == heading.registry_attribute:
        name += "_"
    return name


def _snake_case(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = ""
    for word in re.findall(r"[a-z0-9]+", plain):
        longer = f"{name}_{word}" if name else word
        if name and len(longer) > _LONGEST_NAME:
            break
        name = longer[:_LONGEST_NAME]
    return name


# -- where the registry is -----------------------------------------------------------------------


def registry_home(registry: Registry) -> tuple[str | None, str]:
    """(module, attribute) to import a registry from, found by looking; (None, "registry") for one
    without a package.

    Raises ConfigurationError where no module of the application's package holds it.
    """
    package = registry.package
    if package is None or package == "__main__":
        return None, "registry"
    registry.load()
    root = package.partition(".")[0]
    for inside in (lambda n: n == package, _below(package), _below(root)):
        for name in sorted(n for n in list(sys.modules) if inside(n)):
            for attribute, value in list(vars(sys.modules[name]).items()):
                if value is registry and not attribute.startswith("_"):
                    return name, attribute
    raise ConfigurationError(
        f"no module below {root!r} holds the registry of {package!r} under a public name; "
        "write `registry = Registry(__name__)` there"
    )


def _below(package: str) -> Callable[[str], bool]:
    return lambda name: name == package or name.startswith(package + ".")
