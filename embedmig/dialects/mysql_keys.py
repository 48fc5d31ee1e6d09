"""Constraints and indexes of MySQL and MariaDB: dropped by their kind, and living in a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from .. import _sa, ops
from ..errors import InvalidOperation
from ..ops import constructs
from .base import Statement
from .clauses import Clause, clause, merged
from .ddl import Statements
from .limits import is_plain_part, refuse_deferrable
from .mysql_server import MySQLServer

if TYPE_CHECKING:
    from ..catalog import Catalog
    from ..catalog.state import TableState

_ORDER = re.compile(r"\s+(?:ASC|DESC)$", re.IGNORECASE)


class MySQLKeys(MySQLServer):
    """ADD and DROP of constraints and indexes."""

    # -- constraints -------------------------------------------------------------------------

    def add_constraint(self, constraint: sa.Constraint) -> Statement:
        refuse_deferrable([constraint], self.sa.name)
        return super().add_constraint(constraint)

    def drop_constraint(self, op: ops.DropConstraint, catalog: Catalog) -> Statements:
        kind = op.type_ or self._kind_of(op, catalog)
        if kind == "primary":
            yield clause(self.on_table(op), self._drop_primary_key(op))
            return
        name = self.dropped_name(op, catalog)
        if name is None:
            return
        words = f"DROP {self._drop_words(kind)} {self.if_exists(op)}"
        made: list[Statement] = [
            clause(self.on_table(op), f"{words}{self.spell.constraint_name(name)}")
        ]
        index = self._index_of_key(op, name, catalog) if kind == "foreignkey" else None
        if index is not None:
            guard = "IF EXISTS " if self.is_mariadb else ""
            text = f"DROP INDEX {guard}{self.spell.index_name(index)}"
            made.append(clause(self.on_table(op), text))
        if kind == "unique":
            made += self._indexes_instead_of_unique(op, name, catalog)
        yield from merged(made)

    def _indexes_instead_of_unique(
        self, op: ops.DropConstraint, name: str, catalog: Catalog
    ) -> list[Statement]:
        """As for an index: a unique constraint is one."""
        unique = catalog.constraint(replace(op, constraint_name=name))
        if unique is None:
            return []
        state = catalog.state(op.table_name, op.schema)
        columns = constructs.columns_of(unique)
        return list(self._instead_of(name, columns, self.on_table(op), state))

    def _index_of_key(self, op: ops.DropConstraint, name: str, catalog: Catalog) -> str | None:
        """The index that the server made for this foreign key, which goes with it.

        It makes one where no other index begins with the key's columns, and calls it as the key,
        or as its first column where the key had no name:
        https://dev.mysql.com/doc/refman/en/create-table-foreign-keys.html
        One that an operation made stays.
        """
        key = catalog.constraint(replace(op, constraint_name=name, type_="foreignkey"))
        if not isinstance(key, ops.CreateForeignKey):
            return None
        index = _name_of_own_index(replace(key, constraint_name=name))
        state = catalog.state(op.table_name, op.schema)
        made = next((i for i in state.indexes if i.index_name == index), None)
        if made is None and catalog.connection is not None:
            return None
        if made is not None and (made.unique or made.columns != key.columns):
            return None  # somebody else's, of the same name
        others = [i.columns for i in state.indexes if i.index_name != index]
        others += [constructs.columns_of(c) for c in state.constraints if c is not key]
        if any(_begins(columns, key.columns) for columns in others):
            return None
        told = catalog.as_told()
        is_told = told is not None and told.has_index(index, op.table_name, op.schema)
        return None if is_told else index

    def _kind_of(self, op: ops.DropConstraint, catalog: Catalog) -> str | None:
        found = self.found_constraint(op, catalog)
        return None if found is None else found.kind

    def found_constraint(
        self, op: ops.DropConstraint, catalog: Catalog
    ) -> ops.CreateConstraint | None:
        """The constraint as it is; a unique index is one, and is reflected as an index."""
        found = catalog.constraint(op)
        if found is not None or not catalog.has_table(op.table_name, op.schema):
            return found
        for index in catalog.state(op.table_name, op.schema).indexes:
            named = index.index_name == op.constraint_name
            alike = op.type_ == "unique" and index.columns == op.columns
            if index.unique and (named if op.constraint_name else alike):
                return ops.CreateUniqueConstraint(
                    op.table_name,
                    index.columns,
                    constraint_name=index.index_name,
                    schema=op.schema,
                )
        return None

    def dropped_name(self, op: ops.DropConstraint, catalog: Catalog) -> str | None:
        if op.constraint_name is None and catalog.constraint(op) is None:
            found = self.found_constraint(op, catalog)
            if found is not None:
                return found.constraint_name
        return super().dropped_name(op, catalog)

    def _drop_primary_key(self, op: ops.DropConstraint) -> str:
        guarded = self.if_exists(op)
        return f"DROP CONSTRAINT {guarded}`PRIMARY`" if guarded else "DROP PRIMARY KEY"

    def _drop_words(self, kind: str | None) -> str:
        words = {"foreignkey": "FOREIGN KEY", "unique": "INDEX"}
        if kind == "check" and not self.is_mariadb:
            return "CHECK"
        return words.get(kind or "", "CONSTRAINT")

    def drop_named_constraint(
        self, op: ops.TableOperation, name: str, guard: str = ""
    ) -> Statement:
        """The CHECK of a type (Boolean, Enum)."""
        words = self._drop_words("check")
        return clause(self.on_table(op), f"DROP {words} {guard}{self.spell.constraint_name(name)}")

    def default_constraint_name(
        self,
        constraint: sa.Constraint,
        taken: Collection[str] = (),
        columns: Collection[str] = (),
    ) -> str | None:
        """What the server calls a constraint that nobody named."""
        table, used = constraint.table.name, {name.lower() for name in taken}
        if isinstance(constraint, sa.UniqueConstraint):
            first = next(iter(constraint.columns)).name
            return _free([first, *(f"{first}_{n}" for n in range(2, 100))], used)
        if isinstance(constraint, sa.ForeignKeyConstraint):
            return _free([f"{table}_ibfk_{n}" for n in range(1, 100)], used)
        if isinstance(constraint, sa.CheckConstraint):
            stem = "CONSTRAINT" if self.is_mariadb else f"{table}_chk"
            return _free([f"{stem}_{n}" for n in range(1, 100)], used)
        return "PRIMARY"

    def rename_constraint(self, op: ops.RenameConstraint, catalog: Catalog) -> Statements:
        """There is no such clause: an index is renamed, the others are dropped and added again."""
        drop = ops.DropConstraint(
            op.table_name, constraint_name=op.constraint_name, schema=op.schema
        )
        found = self.found_constraint(drop, catalog)
        if found is None:
            raise InvalidOperation(
                f"{op.describe()}: the constraint is not known at this point of the history"
            )
        if found.kind == "primary":
            return
        if found.kind == "unique":
            yield self._rename_index(op, op.constraint_name, op.new_constraint_name)
            return
        renamed = replace(found, constraint_name=_final(op.new_constraint_name))
        yield from merged(
            [
                *self.drop_constraint(replace(drop, type_=found.kind), catalog),
                self.create_constraint(renamed, catalog),
            ]
        )

    # -- indexes -----------------------------------------------------------------------------

    def create_index_statement(
        self, op: ops.CreateIndex, index: sa.Index, *, guard: bool
    ) -> Statement:
        index = self._with_functional_parts(op, index)
        made = cast("str", super().create_index_statement(op, index, guard=guard).sql)
        table = self.spell.qualified(op.table_name, op.schema)
        head, _, tail = made.partition(f" ON {table} ")
        return Clause(made, table=table, clause=f"{head.replace('CREATE', 'ADD', 1)} {tail}")

    def _with_functional_parts(self, op: ops.CreateIndex, index: sa.Index) -> sa.Index:
        """Expressions stand in parentheses of their own; MariaDB has none.

        https://dev.mysql.com/doc/refman/en/create-index.html#create-index-functional-key-parts
        """
        parts = [_key_part(self.spell.expression(e)) for e in _sa.index_expressions(index)]
        if self.is_mariadb and any(part.startswith("(") for part in parts):
            raise self.unsupported(
                op,
                "MariaDB indexes columns only; add a generated column with the expression and "
                "index that",
            )
        texts = [c for c in op.columns if isinstance(c, sa.TextClause)]
        if not texts:
            return index
        columns = tuple(
            sa.text(part) if isinstance(column, sa.TextClause) else column
            for column, part in zip(op.columns, parts, strict=True)
        )
        return constructs.index_of(replace(op, index_name=_final(index.name), columns=columns))

    def drop_index(self, op: ops.DropIndex, catalog: Catalog) -> Statements:
        name = self.index_name(op)
        table = self._table_of_index(op, op.table_name, name, catalog)
        text = f"DROP INDEX {self.if_exists(op)}{self.spell.index_name(name)}"
        made = Clause(f"{text} ON {table}", table=table, clause=text)
        yield from merged([*self._indexes_instead(op, name, table, catalog), made])

    def _indexes_instead(
        self, op: ops.DropIndex, name: str, table: str, catalog: Catalog
    ) -> Iterator[Statement]:
        """An index for each foreign key without another: the server's own went when this came."""
        index = catalog.index(name, op.table_name, op.schema)
        if index is not None:
            state = catalog.state(index.table_name, op.schema)
            yield from self._instead_of(name, index.columns, table, state)

    def _instead_of(
        self, name: str, columns: tuple[Any, ...], table: str, state: TableState
    ) -> Iterator[Statement]:
        others = [i.columns for i in state.indexes if i.index_name != name]
        others += [
            constructs.columns_of(c)
            for c in state.constraints
            if c.kind != "foreignkey" and c.constraint_name != name
        ]
        for key in state.constraints:
            if not isinstance(key, ops.CreateForeignKey) or not _begins(columns, key.columns):
                continue
            if not any(_begins(each, key.columns) for each in others):
                own = self.spell.index_name(_name_of_own_index(key))
                yield clause(table, f"ADD INDEX {own} ({self.spell.names(key.columns)})")

    def drop_column(self, op: ops.DropColumn, catalog: Catalog) -> Statements:
        """What speaks of the column goes with it, as it does by itself elsewhere."""
        beside = list(_beside(op, catalog))
        yield from merged([*self._drops_of(op, beside), *super().drop_column(op, catalog)])

    def _drops_of(self, op: ops.DropColumn, beside: list[ops.Operation]) -> Iterator[Statement]:
        """An index over several columns would lose only this one, and might find duplicates."""
        for item in beside:
            words = None
            if isinstance(item, ops.CreateForeignKey | ops.CreateCheckConstraint):
                words, name = self._drop_words(item.kind), item.constraint_name
            elif isinstance(item, ops.CreateUniqueConstraint | ops.CreateIndex):
                name = (
                    item.index_name if isinstance(item, ops.CreateIndex) else item.constraint_name
                )
                words = "INDEX" if len(item.columns) > 1 else None
            if words is not None and name is not None:
                guard = "IF EXISTS " if self.is_mariadb else ""
                yield clause(
                    self.on_table(op), f"DROP {words} {guard}{self.spell.constraint_name(name)}"
                )

    def rename_index(self, op: ops.RenameIndex, catalog: Catalog) -> Statements:
        table = self._table_of_index(op, op.table_name, op.index_name, catalog)
        yield self._rename_index(op, op.index_name, op.new_index_name, table)

    def _rename_index(self, op: Any, old: str, new: str, table: str | None = None) -> Statement:
        names = f"{self.spell.index_name(old)} TO {self.spell.index_name(new)}"
        return clause(table or self.on_table(op), f"RENAME INDEX {names}")

    def _table_of_index(self, op: Any, table_name: str | None, index: str, catalog: Catalog) -> str:
        """An index lives in its table here; without the table's name the catalog is searched."""
        if table_name is None:
            owners = [table.name for table in catalog.tables() if _has_index(table, index, op)]
            if len(owners) != 1:
                known = f"{', '.join(owners)} have one" if owners else "no table known has it"
                raise InvalidOperation(f"{op.describe()}: give table_name; {known}")
            table_name = owners[0]
        return self.spell.qualified(table_name, op.schema)


def _name_of_own_index(key: ops.CreateForeignKey) -> str:
    """What the server calls the index it makes for a foreign key."""
    unnamed = f"{key.table_name}_ibfk_"
    if key.constraint_name is None or key.constraint_name.startswith(unnamed):
        return key.columns[0]
    return key.constraint_name


def _begins(columns: tuple[Any, ...], beginning: tuple[Any, ...]) -> bool:
    return columns[: len(beginning)] == beginning


def _beside(op: ops.DropColumn, catalog: Catalog) -> tuple[ops.Operation, ...]:
    """The constraints and indexes that speak of the column, as far as the catalog knows."""
    completed = catalog.complete(replace(op, original=None))
    original = completed.original if isinstance(completed, ops.DropColumn) else None
    return () if original is None else constructs.beside(original)


def _key_part(text: str) -> str:
    """A part of an index: a column (with a length, ASC or DESC) as it is, else (expression)."""
    if text.startswith("(") or is_plain_part(text):
        return text
    found = _ORDER.search(text)
    bare, order = (text[: found.start()], found[0]) if found else (text, "")
    return f"({bare}){order}"


def _has_index(table: sa.Table, name: str, op: Any) -> bool:
    return table.schema == op.schema and any(index.name == name for index in table.indexes)


def _final(name: Any) -> Any:
    return None if name is None else sa.sql.elements.conv(name)


def _free(names: list[str], taken: set[str]) -> str | None:
    return next((name for name in names if name.lower() not in taken), None)
