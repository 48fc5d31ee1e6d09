"""MySQL and MariaDB: how they print types and expressions, and what they do by themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import _sa
from .comparison import (
    Comparison,
    NoShadow,
    Scope,
    Shadowed,
)
from .describe import Describer, Description
from .mysql_reader import SHADOW, Reader, sequence_options, spelled_type
from .snapshot import (
    ColumnState,
    ForeignKeyState,
    IndexState,
    KeyState,
    SchemaState,
    TableState,
    options_of,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")

_SPELLINGS = {
    "integer": "int",
    "bool": "tinyint(1)",
    "boolean": "tinyint(1)",
    "dec": "decimal",
    "numeric": "decimal",
    "decimal": "decimal(10,0)",
    "double precision": "double",
    "real": "double",
    "char": "char(1)",
    "year": "year(4)",
}
_TYPE = re.compile(r"([A-Za-z ]+?)(\(.*?\))?( .*)?", re.DOTALL)
_NOW = re.compile(r"(?:now|current_timestamp)\(?(\d*)\)?", re.IGNORECASE)
_QUOTED_NUMBER = re.compile(r"'(-?\d+)'")


class MySQLDescriber(Describer):
    """What MySQL and MariaDB print for the usual types and defaults; the rest is the shadow's."""

    compares_index_options = ("prefix", "using")

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self.keyword = dialect.name
        self.is_mariadb = bool(getattr(dialect, "is_mariadb", False))

    def spell_type(self, written: str) -> str:
        found = _TYPE.fullmatch(written)
        base, size, rest = found.groups() if found is not None else (written, None, None)
        lowered = base.lower()
        if lowered in ("enum", "set"):
            return lowered + (size or "").replace(", ", ",") + (rest or "").lower()
        size = (size or "").replace(" ", "")
        spelled = _SPELLINGS.get(lowered, lowered)
        if size and lowered in ("numeric", "decimal", "dec"):
            spelled = "decimal"
            size = size if "," in size else f"{size[:-1]},0)"
        elif lowered == "numeric":
            spelled = "decimal(10,0)"
        elif size and "(" in spelled:
            spelled = spelled.partition("(")[0]
        return spelled_type(f"{spelled}{size}{(rest or '').lower()}")

    def spell_default(self, written: str, type_: str) -> str | None:
        number = _QUOTED_NUMBER.fullmatch(written)
        if number and re.match(r"(tiny|small|medium|big)?int", type_):
            return number.group(1)
        if now := _NOW.fullmatch(written):
            if self.is_mariadb:
                return f"current_timestamp({now.group(1)})"
            return f"CURRENT_TIMESTAMP({now.group(1)})" if now.group(1) else "CURRENT_TIMESTAMP"
        return written

    def persisted(self, computed: sa.Computed) -> bool | None:
        return bool(computed.persisted)

    def autoincrement(self, column: sa.Column[Any]) -> bool:
        return column is column.table.autoincrement_column and not (
            isinstance(column.default, sa.Sequence) and self.is_mariadb
        )

    def nullable(self, column: sa.Column[Any]) -> bool:
        if column.computed is not None and self.is_mariadb:
            return True
        return bool(column.nullable)

    def constraint(self, item: Any, name: str, key_of: Any) -> tuple[str, Any] | None:
        if isinstance(item, sa.PrimaryKeyConstraint):
            # Every primary key is called PRIMARY.
            return "primary", KeyState(None, tuple(column.name for column in item.columns))
        return super().constraint(item, name, key_of)

    def action(self, action: str | None) -> str | None:
        """RESTRICT is what happens anyway."""
        folded = super().action(action)
        return None if folded == "RESTRICT" else folded

    def match(self, match: str | None) -> str | None:
        """InnoDB ignores MATCH."""
        return None

    def finish(self, described: Description) -> None:
        """A unique constraint is a unique index; a primary key has no name of its own."""
        state, sources = described.state, described.sources
        for kind, name in list(sources):
            if kind == "primary":
                sources["primary", None] = sources.pop((kind, name))
            elif kind == "unique":
                sources["index", name] = sources.pop((kind, name))
        uniques = tuple(IndexState(key.name, key.columns, unique=True) for key in state.uniques)
        state.indexes = (*state.indexes, *uniques)
        state.uniques = ()
        own = state.options.get(f"{self.keyword}_collate")
        for name, column in state.columns.items():
            if own is not None and column.collation == own:
                state.columns[name] = column._replace(collation=None)

    def index_element(self, element: Any, index: sa.Index) -> str:
        text = super().index_element(element, index)
        lengths = _sa.dialect_options(index, self.keyword).get("length")
        length = lengths.get(text) if isinstance(lengths, dict) else lengths
        return f"{text}({length})" if length else text

    def index_options(self, index: sa.Index) -> dict[str, Any]:
        options = super().index_options(index)
        if using := options.pop("using", "").lower().replace("btree", ""):
            options["using"] = using
        return options

    def option_value(self, value: Any) -> Any:
        folded = super().option_value(value)
        return folded.upper() if isinstance(folded, str) else folded

    def table_options(self, table: sa.Table) -> dict[str, Any]:
        given = _sa.dialect_options(table, self.keyword)
        options = {}
        for option, value in given.items():
            name = {"charset": "default_charset", "default_character_set": "default_charset"}.get(
                option, option
            )
            if name in ("engine", "default_charset", "collate", "row_format", "key_block_size"):
                options[f"{self.keyword}_{name}"] = str(value)
        return options


class MySQLComparison(Comparison):
    """Everything that information_schema tells."""

    describer_class = MySQLDescriber
    describer: MySQLDescriber
    has_schemas = True
    compares_given_options_only = True
    changes_keys_at_once = True
    foreign_keys_need_indexes = True

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self.is_mariadb = self.describer.is_mariadb
        self.has_sequences = bool(dialect.supports_sequences)

    def default_schema(self, connection: Connection) -> str | None:
        return connection.exec_driver_sql("SELECT DATABASE()").scalar()

    def schema_names(self, connection: Connection) -> list[str]:
        names = connection.exec_driver_sql("SHOW DATABASES").scalars()
        return sorted(n for n in names if n not in SYSTEM and not n.startswith(SHADOW))

    def read(self, connection: Connection, scope: Scope) -> SchemaState:
        schemas = {
            name: schema for schema in scope.schemas if (name := scope.real(schema)) is not None
        }
        state = self.prefixed(self.reader(connection, scope, schemas).read())
        state.schemas = frozenset(self.schema_names(connection))
        return state

    def reader(
        self, connection: Connection, scope: Scope, schemas: dict[str, str | None]
    ) -> Reader:
        """A reader that knows this server."""
        reserved = connection.dialect.identifier_preparer.reserved_words
        version = connection.dialect.server_version_info or (8, 0, 16)
        return Reader(
            connection,
            scope,
            schemas,
            is_mariadb=self.is_mariadb,
            has_checks=self.is_mariadb or version >= (8, 0, 16),
            needs_quotes=lambda name: name.lower() in reserved,
        )

    def prefixed(self, state: SchemaState) -> SchemaState:
        """The table options under SQLAlchemy's keywords."""
        keyword = self.describer.keyword
        for table in state.tables.values():
            table.options = {f"{keyword}_{k}": v for k, v in table.options.items()}
        return state

    def sequence_options(self, sequence: sa.Sequence) -> dict[str, Any]:
        increment = sequence.increment or 1
        up = increment >= 0
        minimum = _or(sequence.minvalue, 1 if up else -(2**63) + 1)
        maximum = _or(sequence.maxvalue, 2**63 - 2 if up else -1)
        start = _or(sequence.start, minimum if up else maximum)
        cache = _or(sequence.cache, 1000)
        return sequence_options(
            start, increment, minimum, maximum, cache, int(bool(sequence.cycle))
        )

    def usual_sequence(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().usual_sequence(options), "cache": 1000}

    def reconcile(self, current: TableState, described: Description) -> None:
        """Leave out the indexes that only serve a foreign key, and the options nobody asked for."""
        wanted = described.state
        given = described.state.options
        current.options = {k: v for k, v in current.options.items() if k in given}
        if current.options != given and wanted.collations:
            # The table's own collation changes: what its columns have is compared as it is.
            for state in (current, wanted):
                for name, collation in state.collations.items():
                    state.columns[name] = state.columns[name]._replace(collation=collation)
        twins = {index.name: index for index in wanted.indexes}
        current.indexes = tuple(
            self.with_own_method(index, twin, described)
            if (twin := twins.get(index.name)) is not None and index.options != twin.options
            else index
            for index in current.indexes
        )
        names = twins.keys()
        referring = [fk.columns for fk in wanted.foreign_keys]
        own = [(own_index(current, fk), fk.columns) for fk in current.foreign_keys]
        current.indexes = tuple(
            index
            for index in current.indexes
            if index.unique
            or index.options
            or index.name in names
            or not (
                (index.name, index.elements) in own
                or (
                    any(serves(index, columns) for columns in referring)
                    and wanted.columns.keys() >= set(index.elements)
                )
            )
        )

    def with_own_method(
        self, index: IndexState, twin: IndexState, described: Description
    ) -> IndexState:
        """The index with the method of its twin, where the metadata leaves that to the engine."""
        source = described.sources["index", index.name]
        if _sa.dialect_options(source, self.describer.keyword).get("using"):
            return index
        options = {**dict(index.options), "using": dict(twin.options).get("using")}
        return index._replace(options=options_of(options))

    def renames(self, kind: str) -> bool:
        """Indexes, so unique constraints too."""
        return kind == "index"

    def own_type(self, column: ColumnState, reflected: TypeEngine[Any]) -> TypeEngine[Any]:
        """MariaDB's JSON is a LONGTEXT with a CHECK, and reflected as LONGTEXT.

        https://mariadb.com/docs/server/reference/data-types/string-data-types/json
        """
        is_json = column.type == "json" and not isinstance(reflected, sa.JSON)
        return sa.JSON() if is_json else reflected

    def alters_generation(self, current: ColumnState, wanted: ColumnState) -> bool:
        """The same kind with another expression; MySQL also stored ones from and to plain ones."""
        kinds = {(c.generated is not None and str(c.persisted)) for c in (current, wanted)}
        return len(kinds) == 1 or not (self.is_mariadb or "False" in kinds)

    def shadow(
        self,
        connection: Connection,
        described: Sequence[Description],
        scope: Scope,
        metadata: Sequence[sa.MetaData],
    ) -> Shadowed:
        """The tables, made in scratch databases that are dropped again.

        DDL would commit the caller's transaction, so that this is done on a connection beside it.
        """
        from .mysql_shadow import Shadow, reason

        try:
            with connection.engine.connect() as beside:
                return Shadow(self, beside, scope).run(described, metadata)
        except sa.exc.TimeoutError as error:
            raise NoShadow("the engine's pool has no second connection to give") from error
        except sa.exc.DBAPIError as error:
            raise NoShadow(reason(error)) from error


def serves(index: IndexState, columns: tuple[str, ...]) -> bool:
    """Whether a foreign key of these columns can use the index."""
    return index.elements[: len(columns)] == columns


def own_index(table: TableState, key: ForeignKeyState) -> str | None:
    """The name of the index that the server makes for a foreign key."""
    unnamed = (key.name or "").startswith(f"{table.name}_ibfk_")
    return key.columns[0] if unnamed else key.name


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
