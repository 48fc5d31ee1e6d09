"""The registry: where an application's decorated functions become a history."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .errors import ConfigurationError, HistoryError
from .graph import Revision, RevisionGraph

if TYPE_CHECKING:
    from sqlalchemy import MetaData

_INFO_KEY = "embedmig_registry"


class Registry:
    """The revisions of one application.

    `package` is the dotted name of the package whose modules hold the functions, usually
    `__name__` in that package's `__init__`. Its modules are imported once, when the history is
    first needed: from a directory, a wheel, a zip file or a frozen application alike. Without a
    package, whatever has been decorated by then is the history.

    `metadata` (one MetaData or several) binds the registry, so that `Migrator(engine, metadata)`
    finds it. Raises ConfigurationError where that metadata is bound to another registry.
    """

    def __init__(
        self,
        package: str | None = None,
        *,
        metadata: MetaData | Iterable[MetaData] | None = None,
    ) -> None:
        self.package = package
        self.metadata = metadata
        self._revisions: list[Revision] = []
        self._graph: RevisionGraph | None = None
        self._counted = -1
        self._loaded = package is None
        self._loading = threading.RLock()
        for each in _several(metadata):
            self._bind(each)

    def _bind(self, metadata: MetaData) -> None:
        bound = metadata.info.setdefault(_INFO_KEY, self)
        if bound is not self and (self.package is None or bound.package != self.package):
            raise ConfigurationError(
                f"this MetaData is bound to the registry of {bound.package!r} already; pass the "
                f"registry of {self.package!r} to Migrator(engine, metadata, registry) instead"
            )
        metadata.info[_INFO_KEY] = self

    def revision(
        self,
        id: str,
        *,
        down_revision: str | tuple[str, ...] | None,
        depends_on: str | Iterable[str] = (),
        branch_labels: str | Iterable[str] = (),
        message: str | None = None,
        transactional: bool = True,
        replaces: str | Iterable[str] = (),
        app_requires: str | None = None,
        offline_sql: str | Callable[..., str] | None = None,
        ddl_lock_timeout: float | None = None,
    ) -> Callable[[Callable[..., Any]], Revision]:
        """Make the decorated function a revision; the name becomes the Revision.

        `down_revision` is the parent: None for a base, an id, or a tuple of ids for a merge.
        `transactional=False` runs it outside a transaction, operation by operation. `message`
        defaults to the first line of the function's docstring. `app_requires` is a version
        specifier such as ">=2.4" that tells older code whether it may still run. `offline_sql` is
        what render_sql writes instead of running the function. `ddl_lock_timeout` is in seconds,
        and float("inf") waits for ever.

        Raises InvalidRevisionId and HistoryError for what can be seen at once; what takes the whole
        history to see is raised when it is loaded.
        """

        if app_requires is not None:
            _check_specifier(id, app_requires)
        if ddl_lock_timeout is not None:
            _check_seconds(id, ddl_lock_timeout)

        def register(function: Callable[..., Any]) -> Revision:
            revision = Revision(
                id,
                down_revision,
                depends_on=depends_on,
                branch_labels=branch_labels,
                message=message or _first_line(function),
                transactional=transactional,
                replaces=replaces,
                upgrade_function=function,
                app_requires=app_requires,
                offline_sql=offline_sql,
                ddl_lock_timeout=ddl_lock_timeout,
            )
            # No lock: a module may register while another thread waits for that module's import.
            self._revisions.append(revision)
            return revision

        return register

    @property
    def graph(self) -> RevisionGraph:
        """The history; loads the package first. Raises HistoryError where it is not valid."""
        if self._graph is None or self._counted != len(self._revisions):
            with self._loading:
                self.load()
                revisions = tuple(self._revisions)
                self._graph, self._counted = RevisionGraph(revisions), len(revisions)
        return self._graph

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """Everything that has been registered, replaced revisions too; loads the package first."""
        self.load()
        return tuple(self._revisions)

    def load(self) -> None:
        """Import every module of the package; nothing happens when that was done before."""
        if self._loaded:
            return
        with self._loading:
            if not self._loaded and self.package is not None:
                _import_modules(importlib.import_module(self.package))
                self._loaded = True

    def __repr__(self) -> str:
        return f"Registry({self.package!r})"


def registry_of(metadata: MetaData | Iterable[MetaData] | None) -> Registry | None:
    """The registry that is bound to this metadata, if any."""
    for each in _several(metadata):
        found: Registry | None = each.info.get(_INFO_KEY)
        if found is not None:
            return found
    return None


def registry_in(package: str) -> Registry:
    """The registry that a package made; raises ConfigurationError unless it is exactly one."""
    module = importlib.import_module(package)
    found = {id(value): value for value in vars(module).values() if isinstance(value, Registry)}
    if len(found) != 1:
        raise ConfigurationError(
            f"{package!r} defines {len(found) or 'no'} registries; "
            "write `registry = Registry(__name__)` there, or pass the registry itself"
        )
    return next(iter(found.values()))


def _import_modules(package: ModuleType) -> None:
    with _uncollected():
        for name in _module_names(package):
            importlib.import_module(name)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which would go over the whole application again and again:

    what a history loads is there to stay.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _module_names(package: ModuleType) -> Iterator[str]:
    """Every module below the package, in the order of their names."""
    path = getattr(package, "__path__", None)
    if path is None:
        return
    for found in sorted(pkgutil.iter_modules(path, package.__name__ + "."), key=lambda m: m.name):
        if found.name.rpartition(".")[2] == "__main__":
            continue
        yield found.name
        if found.ispkg:
            yield from _module_names(importlib.import_module(found.name))


def _check_specifier(id: str, specifier: str) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(specifier)
    except InvalidSpecifier as error:
        raise HistoryError(
            f"revision {id!r}: app_requires={specifier!r} is no version specifier; write one such "
            'as ">=2.4"'
        ) from error


def _check_seconds(id: str, seconds: float) -> None:
    if not isinstance(seconds, int | float) or not seconds >= 0:
        raise HistoryError(
            f"revision {id!r}: ddl_lock_timeout is a number of seconds, not {seconds!r}"
        )


def _several(metadata: MetaData | Iterable[MetaData] | None) -> tuple[MetaData, ...]:
    if metadata is None:
        return ()
    from sqlalchemy import MetaData

    return (metadata,) if isinstance(metadata, MetaData) else tuple(metadata)


def _first_line(function: Callable[..., Any]) -> str | None:
    lines = (function.__doc__ or "").strip().splitlines()
    return lines[0].rstrip(".") if lines else None
