"""How a database's schema is compared: read it, describe the metadata, and ask a shadow.

This is what any database gets through SQLAlchemy's inspector; a database's own module reads its
catalog directly and has a shadow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import _sa
from .describe import Describer, Description, bare
from .snapshot import (
    CheckState,
    ColumnState,
    ForeignKeyState,
    IndexState,
    Key,
    KeyState,
    SchemaState,
    TableState,
    options_of,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine


@dataclass(frozen=True)
class Scope:
    """What is to be read: schemas (None is the default one), and which of their tables."""

    default_schema: str | None
    schemas: tuple[str | None, ...]
    wants_table: Callable[[Key], bool]

    def key(self, schema: str | None, name: str) -> Key:
        """The key of what the metadata calls so."""
        return (None if schema == self.default_schema else schema), name

    def real(self, schema: str | None) -> str | None:
        """The schema's own name."""
        return self.default_schema if schema is None else schema


@dataclass
class Shadowed:
    """What the shadow told: the tables as the database would keep them, and what it refused."""

    tables: dict[Key, TableState] = field(default_factory=dict)
    refused: dict[Key, str] = field(default_factory=dict)


class NoShadow(Exception):
    """No shadow can be had here; the message says why."""


class Comparison:
    """Reading and describing on a database that embedmig knows only through SQLAlchemy."""

    describer_class: type[Describer] = Describer
    #: Whether enums are types of their own, whether sequences and schemas can be made.
    has_enums = False
    has_sequences = False
    has_schemas = False
    #: Whether a foreign key must point to a table that exists already.
    foreign_keys_need_referents = True
    #: Whether a table option counts only where the metadata gives it: the rest is the server's.
    compares_given_options_only = False
    #: Options that CREATE TABLE takes and ALTER TABLE does not.
    fixed_options: tuple[str, ...] = ()
    #: Whether a foreign key holds on to its columns' types and to the key that it points to.
    foreign_keys_hold = True
    #: Whether a foreign key needs an index on its own columns.
    foreign_keys_need_indexes = False
    #: Whether a generated column holds on to the types of the columns it is made from.
    generated_columns_hold = False
    #: Whether a primary key and its columns must change in one statement.
    changes_keys_at_once = False

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.describer = self.describer_class(dialect)

    # -- reading -----------------------------------------------------------------------------

    def default_schema(self, connection: Connection) -> str | None:
        """The schema that a table without one lives in."""
        return connection.dialect.default_schema_name

    def schema_names(self, connection: Connection) -> list[str]:
        """Every schema that is not the database's own."""
        return list(sa.inspect(connection).get_schema_names())

    def read(self, connection: Connection, scope: Scope) -> SchemaState:
        """What the database holds within the scope."""
        return read_by_inspector(connection, scope, self.describer)

    def renames(self, kind: str) -> bool:
        """Whether "index" or another kind of constraint can get another name where it stands."""
        return False

    def alters_generation(self, current: ColumnState, wanted: ColumnState) -> bool:
        """Whether a column's expression can be changed, given or taken away where it stands."""
        return False

    def accept(self, current: TableState, described: Description) -> None:
        """Let the current picture be as the metadata asks, where what it has is as good."""

    def reconcile(self, current: TableState, described: Description) -> None:
        """Take out of the current picture what this database adds by itself; nothing as a rule."""

    # -- back to SQLAlchemy ------------------------------------------------------------------

    def own_type(self, column: ColumnState, reflected: TypeEngine[Any]) -> TypeEngine[Any]:
        """SQLAlchemy's type of a column; its reflection may know less than the picture."""
        return reflected

    def types(
        self, connection: Connection, scope: Scope, keys: Iterable[Key]
    ) -> dict[tuple[Key, str], TypeEngine[Any]]:
        """SQLAlchemy's types for the columns of these tables."""
        inspector = sa.inspect(connection)
        by_schema: dict[str | None, list[str]] = {}
        for schema, name in keys:
            by_schema.setdefault(schema, []).append(name)
        return {
            ((schema, place[1]), column["name"]): column["type"]
            for schema, names in by_schema.items()
            for place, columns in inspector.get_multi_columns(
                schema=scope.real(schema), filter_names=names
            ).items()
            for column in columns
        }

    def enums(self, metadata: sa.MetaData) -> list[Any]:
        """The metadata's enums that are types of their own here."""
        return []

    def sequences(self, metadata: sa.MetaData) -> list[sa.Sequence]:
        """The sequences that this database needs for the metadata."""
        if not self.has_sequences:
            return []
        optional = self.dialect.sequences_optional
        return [s for s in _sa.sequences_of(metadata) if not (s.optional and optional)]

    def sequence_options(self, sequence: sa.Sequence) -> dict[str, Any]:
        """A sequence's options as the catalog shows them."""
        return {}

    def usual_sequence(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """What an option that is not given is, for a sequence with these options."""
        start = 1 if options.get("increment", 1) > 0 else -1
        return {"start": start, "increment": 1, "cache": 1, "cycle": False}

    def exclusion(self, state: CheckState) -> sa.Constraint | None:
        """The constraint of a picture that only one database has."""
        return None

    # -- the shadow --------------------------------------------------------------------------

    def shadow(
        self,
        connection: Connection,
        described: Sequence[Description],
        scope: Scope,
        metadata: Sequence[sa.MetaData],
    ) -> Shadowed:
        """The described tables as this database would keep them; raises NoShadow."""
        raise NoShadow("embedmig has no shadow for this database")


def shadow_copy(described: Description) -> sa.Table:
    """The table without its foreign keys, and with a name for what has none."""
    convention = described.table.metadata.naming_convention
    copy = _sa.copy_table(described.table, naming_convention=convention)
    is_numbered = _sa.autoincrement_column(copy) is not None
    for constraint in list(copy.foreign_key_constraints):
        detach(copy, constraint)
    if not is_numbered:  # a foreign key may have kept SQLAlchemy from it
        for column in copy.primary_key:
            column.autoincrement = False
    return copy


def detach(table: sa.Table, constraint: sa.ForeignKeyConstraint) -> None:
    """Take a foreign key off a table that is ours."""
    table.constraints.discard(constraint)
    for element in constraint.elements:
        table.foreign_keys.discard(element)
        element.parent.foreign_keys.discard(element)


def name_everything(copy: sa.Table, described: Description, describer: Describer) -> None:
    """Give what is unnamed in the copy the names that the description has for it.

    Not by its options: SQLAlchemy 2.0 does not copy all of them.
    """
    pictures: dict[Any, list[str]] = {}
    for kind, picture, name in described.unnamed:
        pictures.setdefault((kind, picture._replace(options=())), []).append(name)
    for constraint in list(describer.constraints_of(copy)):
        read = describer.constraint(constraint, "", lambda schema, name: (schema, name))
        if read is not None and describer.name_of(constraint) is None:
            names = pictures.get((read[0], read[1]._replace(name=None, options=())))
            if names:
                constraint.name = names.pop(0)


# -- by the inspector ---------------------------------------------------------------------------


def read_by_inspector(connection: Connection, scope: Scope, describer: Describer) -> SchemaState:
    """The scope's tables through SQLAlchemy's bulk reflection."""
    inspector = sa.inspect(connection)
    state = SchemaState(schemas=frozenset(inspector.get_schema_names()))
    for schema in scope.schemas:
        names = [n for n in inspector.get_table_names(schema) if scope.wants_table((schema, n))]
        if names:
            _read_schema(state, inspector, schema, names, describer)
    return state


def _read_schema(
    state: SchemaState,
    inspector: sa.Inspector,
    schema: str | None,
    names: list[str],
    describer: Describer,
) -> None:
    asked: dict[str, Any] = {"schema": schema, "filter_names": names}
    columns = inspector.get_multi_columns(**asked)
    facts: dict[str, dict[Any, Any]] = {
        "primary_key": inspector.get_multi_pk_constraint(**asked),
        "unique": inspector.get_multi_unique_constraints(**asked),
        "foreign": inspector.get_multi_foreign_keys(**asked),
        "indexes": inspector.get_multi_indexes(**asked),
        "checks": _ask(inspector.get_multi_check_constraints, asked),
        "comments": _ask(inspector.get_multi_table_comment, asked),
    }
    for place in columns:
        key = (schema, place[1])
        of = {kind: found.get(place) for kind, found in facts.items()}
        state.tables[key] = _table(key, columns[place], of, describer)


def _ask(method: Callable[..., Any], asked: dict[str, Any]) -> dict[Any, Any]:
    try:
        return dict(method(**asked))
    except NotImplementedError:
        return {}


def _table(key: Key, columns: list[Any], of: dict[str, Any], describer: Describer) -> TableState:
    table = TableState(key, {c["name"]: _column(c, describer) for c in columns})
    primary = of["primary_key"] or {}
    if primary.get("constrained_columns"):
        table.primary_key = KeyState(primary.get("name"), tuple(primary["constrained_columns"]))
    mirrored = {u["name"] for u in of["unique"] or () if u.get("duplicates_index")}
    table.uniques = tuple(
        KeyState(u["name"], tuple(u["column_names"]))
        for u in of["unique"] or ()
        if u["name"] not in mirrored
    )
    table.foreign_keys = tuple(_foreign_key(f, describer) for f in of["foreign"] or ())
    table.checks = tuple(CheckState(c["name"], bare(c["sqltext"])) for c in of["checks"] or ())
    table.indexes = tuple(
        _index(i) for i in of["indexes"] or () if not i.get("duplicates_constraint")
    )
    table.comment = (
        ((of["comments"] or {}).get("text") or None) if describer.compares_comments else None
    )
    return table


def _column(column: Any, describer: Describer) -> ColumnState:
    computed = column.get("computed")
    type_, collation = describer.type_of(sa.Column(column["name"], column["type"]))
    default = column.get("default")
    return ColumnState(
        column["name"],
        type_,
        bool(column["nullable"]),
        None if computed or column.get("identity") else default,
        bare(computed["sqltext"]) if computed else None,
        computed.get("persisted") if computed else None,
        collation=collation,
        comment=(column.get("comment") or None) if describer.compares_comments else None,
    )


def _foreign_key(key: Any, describer: Describer) -> ForeignKeyState:
    options = key.get("options") or {}
    return ForeignKeyState(
        key["name"],
        tuple(key["constrained_columns"]),
        (key["referred_schema"], key["referred_table"]),
        tuple(key["referred_columns"]),
        describer.action(options.get("onupdate")),
        describer.action(options.get("ondelete")),
        bool(options.get("deferrable")),
        "DEFERRED" if (options.get("initially") or "").upper() == "DEFERRED" else None,
    )


def _index(index: Any) -> IndexState:
    elements = index.get("expressions") or index["column_names"]
    return IndexState(index["name"], tuple(elements), bool(index["unique"]), options_of({}))
