"""What autogenerate compares, and how: the options of `Migrator(compare=…)`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

#: (name, kind, parent names) → whether to look at it; Alembic's `include_name`.
IncludeName = Callable[[str | None, str, Mapping[str, str | None]], bool]
#: (object, name, kind, reflected, compare_to) → whether to compare it; Alembic's `include_object`.
IncludeObject = Callable[[Any, str | None, str, bool, Any], bool]
#: (comparison) → True: different, False: the same, None: decide as usual.
CompareColumn = Callable[["ColumnComparison"], bool | None]


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """What a `compare_type` or `compare_server_default` function is asked about.

    `existing` and `wanted` are Columns with their types and server defaults: the database's and
    the metadata's. `existing_text` and `wanted_text` are what the database prints for the facet.
    """

    schema: str | None
    table_name: str
    column_name: str
    existing: Any
    wanted: Any
    existing_text: str | None
    wanted_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """How the metadata is compared with the database.

    Everything that can be compared is compared, unless an option here says otherwise.
    """

    include_name: IncludeName | None = None
    """Called with (name, kind, parents) before anything is reflected. `kind` is "schema", "table",
    "column", "index", "unique_constraint", "foreign_key_constraint", "check_constraint",
    "exclude_constraint", "enum" or "sequence"; `parents` has "schema_name" and "table_name".
    False: it is not looked at, whichever side has it."""
    include_object: IncludeObject | None = None
    """Called with (object, name, kind, reflected, compare_to) for each that has passed
    `include_name`; the objects are SQLAlchemy's. False leaves it out."""
    include_schemas: bool | Collection[str] = False
    """Besides the default schema and those that the metadata names: True for every schema of the
    database, or the names of those to look at."""
    compare_type: bool | CompareColumn = True
    """False ignores types; a function decides, or returns None to leave it to the usual way."""
    compare_server_default: bool | CompareColumn = True
    """The same for server defaults, identities and generated columns."""
    renames: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Old name to new: `{"account": "user", "user.mail": "email", "mood.sad": "unhappy"}` for a
    table, a column and an enum's value; a schema goes in front."""
    drop_unmanaged: bool = False
    """Whether tables that no revision ever made may be dropped, not only listed."""
    shadow: bool = True
    """Whether the database may be asked, in a shadow that leaves nothing behind, how it would
    print the metadata's expressions. Without it they are listed as uncompared."""
    rewrite: Callable[[Any], Any] | None = None
    """Called with each operation: returns it, another, several, or None to leave it out."""
    comparators: tuple[Callable[[Any], Iterable[Any]], ...] = ()
    """More comparators, called after ours with the same argument; they yield operations."""
    render_item: Callable[[str, Any, Any], str | Literal[False]] | None = None
    """Called with (kind, object, context) before an item is written as source; False: as usual."""
    renderers: Mapping[type, Callable[[Any, Any], str]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """For operations of your own: class to (operation, context) → source."""

    def wants(
        self, name: str | None, kind: str, *, schema: str | None = None, table: str | None = None
    ) -> bool:
        """What `include_name` says; yes without one."""
        if self.include_name is None:
            return True
        parents: dict[str, str | None] = {"schema_name": schema}
        if table is not None:
            parents["table_name"] = table
            parents["schema_qualified_table_name"] = f"{schema}.{table}" if schema else table
        return bool(self.include_name(name, kind, parents))
