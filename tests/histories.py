"""Random histories of valid operations: each step is chosen by what the catalog says is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st

from embedmig import ops
from embedmig.catalog import Catalog, TableState

Step = Callable[[], list[ops.Operation]]

TYPES: list[Any] = [
    sa.Integer(),
    sa.BigInteger(),
    sa.String(20),
    sa.Numeric(8, 2),
    sa.DateTime(),
    sa.Date(),
]
WIDER = {"Integer": sa.BigInteger(), "String": sa.String(60), "Numeric": sa.Numeric(12, 2)}
DEFAULTS = {"Integer": "5", "BigInteger": "7", "String": "it's 5%", "Numeric": "1.50"}


@dataclass
class History:
    """Draws operations one by one; the catalog watches each."""

    draw: Callable[[Any], Any]
    database: str
    catalog: Catalog
    count: int = 0
    operations: list[ops.Operation] = field(default_factory=list)

    def run(self, steps: int) -> Iterator[ops.Operation]:
        """The operations, in an order in which each is valid."""
        for _ in range(steps):
            choices = list(self.choices())
            step = choices[self.draw(st.integers(0, len(choices) - 1))]
            for operation in step():
                self.operations.append(operation)
                yield operation
                self.catalog.observe(operation)

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def pick(self, items: Any) -> Any:
        return self.draw(st.sampled_from(list(items)))

    def states(self) -> list[TableState]:
        return [self.catalog.state(t.name, t.schema) for t in self.catalog.tables()]

    # -- what can be done now ----------------------------------------------------------------

    def choices(self) -> Iterator[Step]:
        states = self.states()
        if len(states) < 4:
            yield self.create_table
        for state in states:
            yield from self.of_table(state, states)
        values = self.catalog.enum("mood")
        if self.database == "postgresql" and values is not None:
            yield from self.of_enum(values)

    def of_table(self, state: TableState, states: list[TableState]) -> Iterator[Step]:
        yield lambda: [self.add_column(state)]
        yield lambda: [ops.RenameTable(state.name, self.name("t"))]
        if not any(refers(other, state) for other in states if other is not state):
            yield lambda: [ops.DropTable(state.name)]
        if self.database != "sqlite":
            comment = self.pick
            yield lambda: [ops.CreateTableComment(state.name, comment(["x", "it's", "50%"]))]
            yield lambda: [ops.DropTableComment(state.name)]
        for column in self.free_columns(state):
            yield from self.of_column(state, column)
        for constraint in state.constraints:
            yield from self.of_constraint(state, constraint)
        for index in state.indexes:
            name = index.index_name
            yield lambda name=name: [ops.DropIndex(name, state.name)]
            yield lambda name=name: [ops.RenameIndex(name, self.name("ix"), state.name)]

    def of_enum(self, values: tuple[str, ...]) -> Iterator[Step]:
        beside = self.pick([{}, {"before": values[0]}, {"after": values[0]}])
        yield lambda: [ops.AddEnumValue("mood", self.name("v"), **beside)]
        yield lambda: [ops.RenameEnumValue("mood", values[0], self.name("v"))]
        if len(values) > 1:
            yield lambda: [ops.DropEnumValue("mood", values[-1])]

    def free_columns(self, state: TableState) -> list[sa.Column[Any]]:
        """Columns that may change: neither the key nor one that refers."""
        fixed = {"id"} | {c for k in state.constraints if k.kind == "foreignkey" for c in k.columns}
        return [column for name, column in state.columns.items() if name not in fixed]

    def of_column(self, state: TableState, column: sa.Column[Any]) -> Iterator[Step]:
        table, name, kind = state.name, column.name, type(column.type).__name__
        if self.loose(state, name):
            yield lambda: [ops.DropColumn(table, name)]
        yield lambda: [ops.RenameColumn(table, name, self.name("c"))]
        yield lambda: [ops.AlterColumn(table, name, nullable=not column.nullable)]
        yield lambda: [ops.AlterColumn(table, name, new_column_name=self.name("c"), nullable=True)]
        if kind in DEFAULTS:
            yield lambda: [ops.AlterColumn(table, name, server_default=DEFAULTS[kind])]
            yield lambda: [ops.AlterColumn(table, name, server_default=None)]
        if kind in WIDER:
            yield lambda: [ops.AlterColumn(table, name, type_=WIDER[kind])]
        if self.database != "sqlite":
            yield lambda: [ops.AlterColumn(table, name, comment=self.pick(["a", "b'c", None]))]
        if not any(c.kind == "unique" and c.columns == (name,) for c in state.constraints):
            yield (
                lambda: [  # a second one on the same columns would be folded into it by the server
                    ops.CreateUniqueConstraint(table, (name,), constraint_name=self.unnamed("uq"))
                ]
            )
        yield lambda: [ops.CreateIndex(self.name("ix"), table, (name, "id"))]
        if kind in ("Integer", "BigInteger"):
            yield lambda: [
                ops.CreateCheckConstraint(table, f"{name} > 0", constraint_name=self.unnamed("ck"))
            ]

    def unnamed(self, kind: str) -> str | None:
        """A name, or none where the database's own naming is known."""
        if self.database == "postgresql" and self.draw(st.booleans()):
            return None
        return self.name(kind)

    def loose(self, state: TableState, name: str) -> bool:
        """Whether nothing stands on the column; PostgreSQL takes along what does."""
        if len(state.columns) < 3:
            return False
        if self.database == "postgresql":
            return True
        constraints = " ".join(repr(getattr(c, "columns", "")) + str(getattr(c, "condition", ""))
                               for c in state.constraints)  # fmt: skip
        return name not in constraints and not any(name in i.columns for i in state.indexes)

    def of_constraint(self, state: TableState, constraint: Any) -> Iterator[Step]:
        name, kind = constraint.constraint_name, constraint.kind
        if kind == "primary" or name is None:
            return
        if not (kind == "foreignkey" and self.database == "mariadb"):  # it leaves its index behind
            yield lambda: [ops.DropConstraint(state.name, constraint_name=name, type_=kind)]
        if kind == "unique":
            columns = constraint.columns
            if sum(getattr(c, "columns", ()) == columns for c in state.constraints) == 1:
                yield lambda: [ops.DropConstraint(state.name, type_=kind, columns=columns)]
        if self.database == "postgresql":
            yield lambda: [ops.RenameConstraint(state.name, name, self.name("k"))]

    # -- making things -----------------------------------------------------------------------

    def create_table(self) -> list[ops.Operation]:
        states = self.states()
        columns: list[Any] = [sa.Column("id", sa.Integer, primary_key=True)]
        columns += [self.column() for _ in range(self.draw(st.integers(1, 3)))]
        if states and self.draw(st.booleans()):
            target = self.pick(states).name
            columns.append(sa.Column(self.name("r"), sa.Integer))
            columns.append(
                sa.ForeignKeyConstraint(
                    [columns[-1].name], [f"{target}.id"], name=self.name("fk"),
                    ondelete=self.pick([None, "CASCADE"]),
                )
            )  # fmt: skip
        name = self.name("t")
        comment = None if self.database == "sqlite" else self.pick([None, "about"])
        made: list[ops.Operation] = [ops.CreateTable(name, tuple(columns), comment=comment)]
        return made

    def column(self) -> sa.Column[Any]:
        type_ = self.pick([*TYPES, self.mood()] if self.database == "postgresql" else TYPES)
        default = DEFAULTS.get(type(type_).__name__)
        flags = {}
        if self.database != "sqlite":
            flags["comment"] = self.pick([None, "note"])
        return sa.Column(
            self.name("c"),
            type_,
            nullable=self.draw(st.booleans()),
            server_default=default if self.draw(st.booleans()) else None,
            **flags,
        )

    def mood(self) -> sa.Enum:
        return sa.Enum(*(self.catalog.enum("mood") or ("sad", "ok")), name="mood")

    def add_column(self, state: TableState) -> ops.Operation:
        column = self.column()
        if not column.nullable and column.server_default is None:
            column.nullable = True
        return ops.AddColumn(state.name, column)


def refers(state: TableState, to: TableState) -> bool:
    return any(
        isinstance(c, ops.CreateForeignKey) and c.referent_table == to.name
        for c in state.constraints
    )
