"""What one operation makes of one table: verb → a function that changes a TableState in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from .. import _sa, ops
from ..ops import constructs
from .enums import changed_values, enum_in, enum_key, with_values
from .mentions import (
    constraint_speaks_of,
    index_speaks_of,
    renamed_column,
    renamed_in_constraint,
    renamed_in_index,
)
from .state import TableState
from .words import Words

if TYPE_CHECKING:
    from sqlalchemy import Dialect

Convention = Mapping[str, Any] | None
#: Names an unnamed constraint as the database does: (constraint, names in use, table's columns).
DefaultNames = Callable[[sa.Constraint, Collection[str], Collection[str]], str | None]


class Folding:
    """Applies operations to states under one naming convention and one rule for default names."""

    def __init__(
        self,
        convention: Convention = None,
        default_names: DefaultNames | None = None,
        *,
        dialect: Dialect | None = None,
        keeps_collation: bool = False,
    ) -> None:
        """`keeps_collation`: a new type that names no collation leaves the column its own."""
        self.words = Words(dialect)
        self.convention = convention
        self.default_names = default_names
        self.keeps_collation = keeps_collation

    def begin(self, op: ops.CreateTable) -> TableState:
        """The state of a new table."""
        state = TableState.of(op.to_table(self.convention))
        unnamed, state.constraints = state.constraints, []
        for constraint in unnamed:
            state.constraints.append(self.named(state, constraint))
        return state

    def apply(self, state: TableState, op: ops.Operation) -> None:
        """Change the state as the operation changes the table, if it does."""
        method = getattr(self, op.verb, None)
        if method is not None:
            method(state, op)

    def batch_alter_table(self, state: TableState, op: ops.BatchAlterTable) -> None:
        for change in op.changes:
            self.apply(state, change)

    # -- the table itself --------------------------------------------------------------------

    def rename_table(self, state: TableState, op: ops.RenameTable) -> None:
        """Also seen by the tables that refer to the renamed one."""
        old = (op.old_table_name, op.schema)
        state.constraints = [
            replace(c, referent_table=op.new_table_name)
            if isinstance(c, ops.CreateForeignKey) and (c.referent_table, c.referent_schema) == old
            else c
            for c in state.constraints
        ]
        if (state.name, state.schema) == old:
            state.name = op.new_table_name
            state.constraints = [replace(c, table_name=state.name) for c in state.constraints]
            state.indexes = [replace(i, table_name=state.name) for i in state.indexes]

    def create_table_comment(self, state: TableState, op: ops.CreateTableComment) -> None:
        state.comment = op.comment

    def drop_table_comment(self, state: TableState, op: ops.DropTableComment) -> None:
        state.comment = None

    def alter_table_options(self, state: TableState, op: ops.AlterTableOptions) -> None:
        for key, value in op.options.items():
            if key == "postgresql_unlogged":  # SQLAlchemy has a prefix for it
                others = [prefix for prefix in state.prefixes if prefix.upper() != "UNLOGGED"]
                state.prefixes = [*others, *(["UNLOGGED"] if value else [])]
            elif value is None:
                state.options.pop(key, None)
            else:
                state.options[key] = value

    # -- columns -----------------------------------------------------------------------------

    def add_column(self, state: TableState, op: ops.AddColumn) -> None:
        if op.column.name in state.columns:
            return
        table = constructs.column_table(op, self.convention)
        part = TableState.of(table)
        column = part.columns[op.column.name]
        if column.primary_key and not op.inline_primary_key:
            numbered = _sa.autoincrement_column(table) is not None
            column = _sa.rebuilt_column(
                column, primary_key=False, autoincrement=numbered or column.autoincrement
            )
            part.constraints = [c for c in part.constraints if c.kind != "primary"]
        _insert(state.columns, column, op.insert_before, op.insert_after)
        for constraint in part.constraints:
            state.constraints.append(self.named(state, constraint))
        state.indexes += part.indexes
        for beside in constructs.beside(op.column):
            self.apply(state, beside)

    def drop_column(self, state: TableState, op: ops.DropColumn) -> None:
        if state.columns.pop(op.column_name, None) is None:
            return
        name = op.column_name
        for constraint in [
            c for c in state.constraints if constraint_speaks_of(c, name, self.words)
        ]:
            self._forget(state, constraint)
        state.indexes = [i for i in state.indexes if not index_speaks_of(i, name, self.words)]

    def rename_column(self, state: TableState, op: ops.RenameColumn) -> None:
        """Also seen by the tables that refer to the column."""
        self._rename(state, op, op.new_column_name)

    def _rename(self, state: TableState, op: Any, new: str) -> None:
        names, words = (op.column_name, new), self.words
        place = (op.table_name, op.schema)
        own = (state.name, state.schema) == place
        state.constraints = [
            renamed_in_constraint(c, *names, place, own, words) for c in state.constraints
        ]
        if not own or op.column_name not in state.columns:
            return
        state.indexes = [renamed_in_index(i, *names, words) for i in state.indexes]
        state.columns = {
            column.name: column
            for column in (renamed_column(c, *names, words) for c in state.columns.values())
        }

    def alter_column(self, state: TableState, op: ops.AlterColumn) -> None:
        column = state.columns.get(op.column_name)
        own = (state.name, state.schema) == (op.table_name, op.schema)
        if column is not None and own:
            changes = _changes(op, column)
            if op.type_ is not None:
                changes["type_"] = self.new_type(op, column)
            if changes:
                state.columns[op.column_name] = _sa.rebuilt_column(column, **changes)
            if op.insert_before or op.insert_after:
                moved = state.columns.pop(op.column_name)
                _insert(state.columns, moved, op.insert_before, op.insert_after)
        if op.new_column_name and op.new_column_name != op.column_name:
            self._rename(state, op, op.new_column_name)

    def new_type(self, op: ops.AlterColumn, column: sa.Column[Any]) -> Any:
        """The type that the operation gives to this column, with the collation that it keeps."""
        return altered_type(op, column.type) if self.keeps_collation else op.type_

    # -- constraints -------------------------------------------------------------------------

    def create_constraint(self, state: TableState, op: ops.CreateConstraint) -> None:
        state.constraints.append(self.named(state, op))

    create_unique_constraint = create_constraint
    create_foreign_key = create_constraint
    create_check_constraint = create_constraint
    create_exclude_constraint = create_constraint

    def create_primary_key(self, state: TableState, op: ops.CreatePrimaryKey) -> None:
        state.constraints = [c for c in state.constraints if c.kind != "primary"]
        state.constraints.insert(0, self.named(state, op))
        _mark_primary(state, op.columns)

    def named(self, state: TableState, op: ops.CreateConstraint) -> ops.CreateConstraint:
        """The operation under its final name: the convention's, or the database's own."""
        if isinstance(op, ops.CreateExcludeConstraint):
            return op
        conv = isinstance(op.constraint_name, sa.sql.elements.conv)
        if conv or (self.convention is None and self.default_names is None):
            return op
        made = constructs.constraint_of(op, self.convention)
        name: Any = made.name  # a `conv` stays one: it is cut to the database's length later
        if name is None and self.default_names is not None:
            taken = [str(c.constraint_name) for c in state.constraints]
            name = self.default_names(made, taken, list(state.columns))
        if name == op.constraint_name:
            return op
        return replace(op, constraint_name=name)

    def drop_constraint(self, state: TableState, op: ops.DropConstraint) -> None:
        found = find_constraint(state, op, self.convention)
        if found is not None:
            self._forget(state, found)
        elif op.constraint_name is not None:
            _unbind(state, op.constraint_name, self.convention)
            state.others = [o for o in state.others if o.name != op.constraint_name]

    def _forget(self, state: TableState, constraint: ops.CreateConstraint) -> None:
        if constraint not in state.constraints:
            name = constraint.constraint_name
            state.indexes = [i for i in state.indexes if i.index_name != name]
        state.constraints = [c for c in state.constraints if c is not constraint]
        if constraint.kind == "primary":
            numbered = _sa.autoincrement_column(state.to_table(self.convention))
            _mark_primary(state, ())
            if numbered is not None and numbered.identity is None:
                # It is still numbered, and will be when it is a key again.
                kept = _sa.rebuilt_column(state.columns[numbered.name], autoincrement=True)
                state.columns[numbered.name] = kept

    def rename_constraint(self, state: TableState, op: ops.RenameConstraint) -> None:
        old, new = op.constraint_name, op.new_constraint_name
        state.constraints = [
            replace(c, constraint_name=new) if c.constraint_name == old else c
            for c in state.constraints
        ]
        # Where a unique constraint is an index, it is reflected as one.
        state.indexes = [
            replace(i, index_name=new) if i.unique and i.index_name == old else i
            for i in state.indexes
        ]

    # -- indexes -----------------------------------------------------------------------------

    def create_index(self, state: TableState, op: ops.CreateIndex) -> None:
        name = constructs.index_of(op, self.convention).name if self.convention else op.index_name
        if op.if_not_exists and any(i.index_name == name for i in state.indexes):
            return
        # How it was built is no part of what it is: with its table it comes back at once.
        options = {k: v for k, v in op.options.items() if not k.endswith("_concurrently")}
        state.indexes.append(replace(op, index_name=name, if_not_exists=False, options=options))

    def drop_index(self, state: TableState, op: ops.DropIndex) -> None:
        """Seen by every table where the operation does not name one."""
        if op.schema != state.schema:
            return
        kept = [index for index in state.indexes if index.index_name != op.index_name]
        if len(kept) == len(state.indexes):
            # Where a unique constraint is nothing but a unique index, either name drops it.
            state.constraints = [
                constraint
                for constraint in state.constraints
                if constraint.kind != "unique" or constraint.constraint_name != op.index_name
            ]
        state.indexes = kept

    def rename_index(self, state: TableState, op: ops.RenameIndex) -> None:
        """Seen by every table where the operation does not name one."""
        if op.schema == state.schema:
            state.indexes = [
                replace(i, index_name=op.new_index_name) if i.index_name == op.index_name else i
                for i in state.indexes
            ]
            # Where a unique constraint is nothing but a unique index, it has the index's name.
            state.constraints = [
                replace(c, constraint_name=op.new_index_name)
                if c.kind == "unique" and c.constraint_name == op.index_name
                else c
                for c in state.constraints
            ]

    # -- enums -------------------------------------------------------------------------------

    def add_enum_value(self, state: TableState, op: Any) -> None:
        """Seen by every table: the columns of the type have the new values."""
        for name, column in list(state.columns.items()):
            enum = enum_in(column.type)
            if enum is not None and enum_key(enum, state.schema) == (op.schema, op.enum_name):
                values = changed_values(tuple(enum.enums), op)
                changes: dict[str, Any] = {"type_": with_values(column.type, values, op.schema)}
                new = _new_value(op)
                if new is not None:
                    changes["server_default"] = moved_default(column.server_default, op.value, new)
                state.columns[name] = _sa.rebuilt_column(column, **changes)

    drop_enum_value = add_enum_value
    rename_enum_value = add_enum_value


# -- finding -----------------------------------------------------------------------------------


def find_constraint(
    state: TableState, op: ops.DropConstraint, convention: Convention = None
) -> ops.CreateConstraint | None:
    """The constraint that the operation means: by its name, else by kind and columns."""
    name = constructs.final_constraint_name(op, convention)
    for constraint in state.constraints:
        if name is not None:
            if constraint.constraint_name == name:
                return constraint
        elif constraint.kind == op.type_:
            same = constructs.columns_of(constraint) == op.columns
            if op.condition is not None:
                same = _text(getattr(constraint, "condition", None)) == _text(op.condition)
            if same or (op.type_ == "primary" and not op.columns):
                return constraint
    return _as_unique_index(state, op, name) if op.type_ in (None, "unique") else None


#: What stands in quotes, or space.
_SPACE = re.compile(r"""('[^']*'|"[^"]*"|`[^`]*`)|\s+""")


def _text(condition: Any) -> str:
    """A condition without its space: databases and people set it differently."""
    return _SPACE.sub(lambda found: found[1] or "", str(condition))


def _as_unique_index(
    state: TableState, op: ops.DropConstraint, name: str | None
) -> ops.CreateConstraint | None:
    """The constraint where a database shows it only as a unique index."""
    for index in state.indexes:
        plain = index.unique and all(isinstance(column, str) for column in index.columns)
        wanted = index.index_name == name if name is not None else index.columns == op.columns
        if plain and wanted:
            return ops.CreateUniqueConstraint(
                state.name, index.columns, constraint_name=index.index_name, schema=state.schema
            )
    return None


# -- columns -----------------------------------------------------------------------------------


def _insert(
    columns: dict[str, sa.Column[Any]],
    column: sa.Column[Any],
    before: str | None,
    after: str | None,
) -> None:
    names = list(columns)
    place = len(names)
    if before in columns:
        place = names.index(before)
    elif after in columns:
        place = names.index(after) + 1
    tail = {name: columns.pop(name) for name in names[place:]}
    columns[column.name] = column
    columns.update(tail)


def altered_type(op: ops.AlterColumn, before: Any) -> Any:
    """The new type where a collation stays unless another one is named.

    It goes where the operation says that the old type named one: the new one does not, as on the
    way back of an operation that gave it.
    """
    return op.type_ if names_collation(op.existing_type) else with_collation_of(op.type_, before)


def names_collation(type_: Any) -> bool:
    """Whether the type names its collation or character set."""
    return any(getattr(type_, name, None) is not None for name in ("collation", "charset"))


def with_collation_of(type_: Any, before: Any) -> Any:
    """The type, with the other's collation where it is a string that names none itself."""
    collation = getattr(before, "collation", None)
    if collation is None or getattr(type_, "collation", collation) is not None:
        return type_
    kept = _sa.copy_type(type_)
    kept.collation = collation
    return kept


def _changes(op: ops.AlterColumn, column: sa.Column[Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if op.type_ is not None:
        changes["type_"] = op.type_
    if op.nullable is not None:
        changes["nullable"] = op.nullable
    if op.changes("comment"):
        changes["comment"] = op.comment
    if op.autoincrement is not None:
        changes["autoincrement"] = op.autoincrement
        if not op.autoincrement and (column.identity is not None or column.autoincrement is True):
            changes["server_default"] = None  # what numbered it: an identity, or a sequence
    if op.changes("server_default"):
        changes["server_default"] = op.server_default
        changes["server_onupdate"] = None
        if isinstance(op.server_default, sa.Identity):
            changes["autoincrement"] = True
        elif column.autoincrement in (True, "auto") and op.autoincrement is None:
            changes["autoincrement"] = False
        if isinstance(op.server_default, sa.Identity):
            changes["nullable"] = False
    return changes


def _new_value(op: Any) -> str | None:
    """What stands where the value stood, after an operation on an enum."""
    return op.new_value if isinstance(op, ops.RenameEnumValue) else getattr(op, "replacement", None)


def moved_default(default: Any, old: str, new: str) -> Any:
    """The default with one enum value in place of another; itself where it is a different one."""
    text = getattr(default, "arg", None)
    if isinstance(text, str):
        return new if text == old else default
    if isinstance(text, sa.TextClause):
        before, after = ("'{}'".format(value.replace("'", "''")) for value in (old, new))
        if before in text.text:
            return sa.text(text.text.replace(before, after))
    return default


def _mark_primary(state: TableState, names: tuple[str, ...]) -> None:
    for name, column in list(state.columns.items()):
        if column.primary_key == (name in names):
            continue
        changes: dict[str, Any] = {"primary_key": name in names}
        if name in names:
            changes["nullable"] = False
        if column.autoincrement == "auto" and column.identity is None:
            changes["autoincrement"] = False  # being a key later does not number it
        state.columns[name] = _sa.rebuilt_column(column, **changes)


def _unbind(state: TableState, name: str, convention: Convention) -> None:
    """Drop a CHECK that came with a column's type."""
    for constraint in state.to_table(convention).constraints:
        if _sa.is_type_bound(constraint) and constraint.name == name:
            (column,) = cast("sa.CheckConstraint", constraint).columns
            type_: Any = _sa.copy_type(column.type)
            type_.create_constraint = False
            kept = state.columns[column.name]
            state.columns[column.name] = _sa.rebuilt_column(kept, type_=type_)
