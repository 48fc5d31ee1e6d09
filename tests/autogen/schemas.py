"""Random schemas for the laws: plain values that shrink well, and the metadata made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from packaging.version import Version

#: kind → (type, literal defaults, conditions on a column `{}` of it)
KINDS: dict[str, tuple[Callable[[], Any], tuple[Any, ...], tuple[str, ...]]] = {
    "int": (sa.Integer, ("7", sa.text("-1")), ("{} > 3", "{} IN (1, 2)", "{} IS NULL OR {} < 9")),
    "bigint": (sa.BigInteger, (sa.text("8"),), ("{} BETWEEN 1 AND 5",)),
    "short": (lambda: sa.String(20), ("x", "it's"), ("{} <> 'it''s (x)'", "length({}) > 2")),
    "long": (lambda: sa.String(40), ('{"a": ":b %s"}',), ("{} <> 'a' AND {} <> 'b'",)),
    "text": (sa.Text, (), ()),
    "numeric": (lambda: sa.Numeric(10, 2), ("1.5", sa.text("0")), ("{} >= 0",)),
    "exact": (lambda: sa.Numeric(12, 4), (), ()),
    "bool": (sa.Boolean, (sa.true(), sa.false()), ()),
    "date": (sa.Date, ("2020-01-31",), ()),
    "datetime": (sa.DateTime, (sa.func.now(),), ()),
    "float": (sa.Double, (sa.text("0.5"),), ("{} < 1.5",)),
    "enum": (lambda: sa.Enum("a", "it's", name="kind"), ("a",), ()),
    "more": (lambda: sa.Enum("b", "c", name="kind_two"), (), ()),
    "binary": (lambda: sa.LargeBinary(16), (), ()),
}
#: SQLAlchemy 2.1 has the storage parameters of a table.
HAS_STORAGE = Version(sa.__version__) >= Version("2.1")
UNKEYED = ("text", "binary", "bool", "float", "datetime")
ACTIONS = (None, "CASCADE", "SET NULL", "RESTRICT")


@dataclass(frozen=True)
class ColumnSpec:
    name: str
    kind: str
    nullable: bool
    default: int | None
    comment: str | None


@dataclass(frozen=True)
class TableSpec:
    name: str
    columns: tuple[ColumnSpec, ...]
    key: str
    uniques: tuple[tuple[tuple[str, ...], bool], ...]
    checks: tuple[tuple[str, int, bool], ...]
    indexes: tuple[tuple[tuple[str, ...], bool, int], ...]
    references: tuple[tuple[str, str | None, bool, bool], ...]
    generated: tuple[str, int] | None
    comment: str | None
    flavour: int = 0


@dataclass(frozen=True)
class SchemaSpec:
    tables: tuple[TableSpec, ...] = field(default=())
    sequence: tuple[int, int] | None = None


names = st.sampled_from(["c0", "c1", "c2", "c3", "order", "Mixed"])
tables = ["t0", "t1", "t2", "t3"]


@st.composite
def columns(draw: st.DrawFn) -> ColumnSpec:
    return ColumnSpec(
        draw(names),
        draw(st.sampled_from(list(KINDS))),
        draw(st.booleans()),
        draw(st.none() | st.integers(0, 1)),
        draw(st.sampled_from([None, None, "it's 100% :x"])),
    )


@st.composite
def table_specs(draw: st.DrawFn, name: str) -> TableSpec:
    found = draw(st.lists(columns(), max_size=5, unique_by=lambda c: c.name.lower()))
    used = [c.name for c in found if c.kind not in UNKEYED]
    keyed = [*used, "f0", "f1"]
    some = st.lists(st.sampled_from(keyed), min_size=1, max_size=2, unique=True).map(tuple)
    checked = [c.name for c in found if KINDS[c.kind][2]]
    whole = [c.name for c in found if c.kind in ("int", "bigint")]
    check = st.tuples(st.sampled_from(checked), st.integers(0, 2), st.booleans())
    return TableSpec(
        name,
        tuple(found),
        draw(st.sampled_from(["serial", "serial", "plain", "both", "named", "special"])),
        tuple(draw(st.lists(st.tuples(some, st.booleans()), max_size=2, unique_by=lambda u: u[0]))),
        tuple(draw(st.lists(check, max_size=2, unique_by=lambda c: c[:2]))) if checked else (),
        tuple(
            draw(
                st.lists(
                    st.tuples(some, st.booleans(), st.integers(0, 4)),
                    max_size=2,
                    unique_by=lambda i: i[0],
                )
            )
        ),
        tuple(
            draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(tables),
                        st.sampled_from(ACTIONS),
                        st.booleans(),
                        st.booleans(),
                    ),
                    max_size=2,
                )
            )
        ),
        draw(st.none() | st.tuples(st.sampled_from(whole), st.integers(1, 2))) if whole else None,
        draw(st.sampled_from([None, "a table's"])),
        draw(st.integers(0, 3)),
    )


@st.composite
def schema_specs(draw: st.DrawFn) -> SchemaSpec:
    chosen = draw(st.lists(st.sampled_from(tables), min_size=1, max_size=3, unique=True))
    sequence = draw(st.none() | st.tuples(st.integers(1, 9), st.sampled_from([1, 3])))
    return SchemaSpec(tuple(draw(table_specs(name)) for name in sorted(chosen)), sequence)


# -- metadata -------------------------------------------------------------------------------------


def build(spec: SchemaSpec, database: str) -> sa.MetaData:
    """The metadata of a spec, as far as this database can have it."""
    metadata = sa.MetaData()
    simple = {t.name for t in spec.tables if t.key != "both"}
    for table in spec.tables:
        _Builder(table, database, simple).build(metadata)
    if spec.sequence is not None and database == "postgresql":
        start, increment = spec.sequence
        sa.Sequence("counter", start=start, increment=increment, metadata=metadata)
    return metadata


def schema_of(table: str, database: str) -> str | None:
    """One table lives in another schema, where there are schemas."""
    return "s" if table == "t3" and database == "postgresql" else None


class _Builder:
    def __init__(self, spec: TableSpec, database: str, referents: set[str]) -> None:
        self.spec = spec
        self.database = database
        self.referents = referents

    def build(self, metadata: sa.MetaData) -> None:
        items: list[Any] = [*self.key(), *map(self.column, self.spec.columns)]
        items += [sa.Column("f0", sa.Integer), sa.Column("f1", sa.Integer)]
        items += self.generated()
        items += [self.unique(i, *u) for i, u in enumerate(self.spec.uniques)]
        items += [self.check(i, *c) for i, c in enumerate(self.spec.checks)]
        items += [
            k
            for i, r in enumerate(self.spec.references)
            if (k := self.reference(i, *r)) is not None
        ]
        table = sa.Table(
            self.spec.name,
            metadata,
            *items,
            schema=schema_of(self.spec.name, self.database),
            comment=self.spec.comment,
            **self.options(),
        )
        for i, index in enumerate(self.spec.indexes):
            self.index(table, i, *index)

    def options(self) -> dict[str, Any]:
        if self.spec.flavour == 1 and self.database == "postgresql" and HAS_STORAGE:
            return {"postgresql_with": {"fillfactor": 70}}
        return {}

    def key(self) -> list[Any]:
        key = self.spec.key
        plain = key in ("plain", "both")
        extra: list[Any] = []
        if key == "special" and self.database == "postgresql":
            extra = [sa.Identity(start=5, always=self.spec.flavour == 2)]
        autoincrement: Any = False if plain else "auto"
        found: list[Any] = [
            sa.Column("id", sa.Integer, *extra, primary_key=True, autoincrement=autoincrement)
        ]
        if key == "both":
            found.append(sa.Column("k", sa.Integer, primary_key=True, autoincrement=False))
        if key == "named":
            found.append(sa.PrimaryKeyConstraint("id", name=f"pk_{self.spec.name}"))
        return found

    def column(self, spec: ColumnSpec) -> Any:
        type_, defaults, _ = KINDS[spec.kind]
        default = (
            defaults[spec.default % len(defaults)]
            if spec.default is not None and defaults
            else None
        )
        return sa.Column(
            spec.name, type_(), nullable=spec.nullable, server_default=default, comment=spec.comment
        )

    def generated(self) -> list[Any]:
        if self.spec.generated is None:
            return []
        column, number = self.spec.generated
        text = f"{self.quoted(column)} + {number}"
        return [sa.Column("g", sa.BigInteger, sa.Computed(text, persisted=True))]

    def quoted(self, name: str) -> str:
        if self.database == "mariadb":
            return f"`{name}`"
        return f'"{name}"' if name in ("order", "Mixed") else name

    def unique(self, i: int, columns: tuple[str, ...], named: bool) -> Any:
        name = f"uq_{self.spec.name}_{i}" if named else None
        deferrable = self.database == "postgresql" and self.spec.flavour == 2
        return sa.UniqueConstraint(*columns, name=name, deferrable=deferrable or None)

    def check(self, i: int, column: str, number: int, named: bool) -> Any:
        kind = next(c.kind for c in self.spec.columns if c.name == column)
        conditions = KINDS[kind][2]
        text = conditions[number % len(conditions)].replace("{}", self.quoted(column))
        return sa.CheckConstraint(text, name=f"ck_{self.spec.name}_{i}" if named else None)

    def reference(self, i: int, referent: str, action: str | None, named: bool, alter: bool) -> Any:
        if referent not in self.referents:
            return None
        name = f"fk_{self.spec.name}_{i}" if named or alter else None
        return sa.ForeignKeyConstraint(
            [f"f{i}"],
            [".".join(filter(None, (schema_of(referent, self.database), referent, "id")))],
            name=name,
            ondelete=action,
            use_alter=alter,
            deferrable=True if self.spec.flavour == 3 and self.database != "mariadb" else None,
        )

    def index(
        self, table: sa.Table, i: int, columns: tuple[str, ...], unique: bool, flavour: int
    ) -> None:
        elements: list[Any] = [table.c[c] for c in columns]
        options: dict[str, Any] = {}
        if flavour == 1 and self.database != "mariadb":
            options[f"{self.database}_where"] = sa.text(f"{self.quoted(columns[0])} IS NOT NULL")
        elif flavour == 2:
            elements[0] = elements[0].desc()
        elif flavour == 3 and self.database == "postgresql" and len(columns) == 1 and not unique:
            options["postgresql_using"] = "hash"
        elif flavour == 4 and self.database == "postgresql":
            options["postgresql_include"] = ["id"]
        elif flavour == 4 and self.database == "sqlite":
            elements[0] = sa.func.coalesce(elements[0], sa.text("'-'"))
        sa.Index(f"ix_{self.spec.name}_{i}", *elements, unique=unique, **options)
