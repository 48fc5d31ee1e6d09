"""What the façade asks of autogenerate: an application's metadata, history and options together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

import sqlalchemy as sa

from ..errors import ConfigurationError, NeedsDatabase
from ..ops.facade import Operations
from ..options import CompareOptions
from ..replay import replay
from ..sinks import ReplaySink
from . import authoring
from .compare import diff, diff_tables
from .diff import Diff, Uncompared

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

    from ..catalog import Catalog
    from ..dialects.base import Dialect
    from ..history import Tables
    from ..registry import Registry
    from ..revision import Names


class Where(TypedDict, total=False):
    """Where a new revision goes."""

    revision_id: str | None
    down_revision: Names
    splice: bool
    branch_labels: Names
    depends_on: Names
    transactional: bool


@dataclass(frozen=True, kw_only=True)
class Author:
    """Compares the metadata, and writes revisions."""

    registry: Registry
    metadata: MetaData | Sequence[MetaData] | None
    dialect: Dialect
    options: CompareOptions
    naming_convention: Mapping[str, Any] | None
    own_tables: Tables

    def renaming(self, renames: Mapping[str, str]) -> Author:
        """The same, with more renames."""
        if not renames:
            return self
        return replace(
            self, options=replace(self.options, renames={**self.options.renames, **renames})
        )

    # -- comparing -----------------------------------------------------------------------------

    def diff(self, connection: Connection) -> Diff:
        """What differs between the database and the metadata."""
        schema = self.own_tables.schema
        made = self._made()
        return diff(
            connection,
            self._compared_metadata(),
            dialect=self.dialect,
            options=self.options,
            own_tables=[
                (schema, self.own_tables.version_name),
                (schema, self.own_tables.history_name),
            ],
            managed=_managed(made, connection.dialect.default_schema_name),
            schemas={schema for schema, _ in made.table_keys()},
        )

    def diff_migrations(self) -> Diff:
        """What differs between what the revisions make of an empty database and the metadata."""
        catalog = self.dialect.ddl.new_catalog(naming_convention=self.naming_convention)
        unseen = [
            Uncompared("revision", revision.id, reason)
            for revision in self.registry.graph
            for reason in self._replay(revision.upgrade_function, catalog)
        ]
        found = diff_tables(
            catalog.tables(),
            self._compared_metadata(),
            dialect=self.dialect,
            options=self.options,
            enums=catalog.enums(),
            sequences=[
                sa.Sequence(each.sequence_name, schema=each.schema, **each.options)
                for each in catalog.sequences()
            ],
            schemas=catalog.schemas(),
        )
        return replace(found, uncompared=(*found.uncompared, *unseen))

    def _replay(self, function: Callable[..., Any] | None, catalog: Catalog) -> Sequence[str]:
        """Let the catalog watch a revision; what it could not see of it."""
        seen = len(catalog.raw_sql_seen)
        unseen = []
        try:
            if function is not None:
                function(Operations(ReplaySink(self.dialect, catalog)))
        except NeedsDatabase as error:
            unseen.append(f"it asks the database ({error.what}), so the rest of it was not seen")
        raw = catalog.raw_sql_seen[seen:]
        return [*unseen, *(f"what “{each}” changes is not known" for each in raw)]

    def _made(self) -> Catalog:
        """What the revisions make, replayed."""
        graph = self.registry.graph
        return replay(graph, graph.heads, self.dialect, naming_convention=self.naming_convention)

    def _compared_metadata(self) -> MetaData | Sequence[MetaData]:
        if self.metadata is None:
            raise ConfigurationError(
                "there is no metadata to compare; pass it: Migrator(engine, metadata)"
            )
        return self.metadata

    # -- writing -------------------------------------------------------------------------------

    def autogenerate(self, found: Diff, message: str | None, **where: Any) -> str:
        """The source of a revision that makes the difference; "" where there is none."""
        return authoring.from_diff(
            self.registry,
            found,
            message,
            dialect=self.dialect,
            options=self.options,
            naming_convention=self.naming_convention,
            **where,
        )

    def new_revision(self, message: str | None, **where: Any) -> str:
        """The source of an empty revision."""
        return authoring.new_revision(self.registry, message, **where)

    def merge(self, revisions: Names, message: str | None, **where: Any) -> str:
        """The source of a revision that joins several."""
        return authoring.merge(self.registry, revisions, message, **where)

    def squash(self, range: str, message: str | None, *, revision_id: str | None) -> str:
        """The source of a revision that replaces several."""
        return authoring.squash(
            self.registry,
            range,
            message,
            dialect=self.dialect,
            revision_id=revision_id,
            options=self.options,
            naming_convention=self.naming_convention,
        )


def _managed(made: Catalog, default_schema: str | None) -> Callable[[str | None, str], bool]:
    """Whether a revision ever made a table, or a sequence."""

    def is_managed(schema: str | None, name: str) -> bool:
        default = schema in (None, default_schema)
        places = (None, default_schema) if default else (schema,)
        return made.sequence(name, schema) is not None or any(
            made.has_table(name, place) for place in places
        )

    return is_managed
