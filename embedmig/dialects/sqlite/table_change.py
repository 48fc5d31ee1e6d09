"""What becomes of one table: its texts before and after, and the way from one to the other.

A change is worked out on texts alone. Every step says how it could be done where rows are: by a
statement of SQLite's own, by an edit of the stored text, or only by rebuilding the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ...errors import InvalidOperation, UnknownTable
from . import memory, text_edits
from .schema_texts import (
    INDEX,
    TRIGGER,
    VIEW,
    SchemaText,
    children,
    find_table,
    of_table,
    qualified,
    related,
    renamed,
    replaced,
    without,
)
from .table_text import Clause, TableText, mentions_name, parse
from .tokens import fold, identifier, quote, same_name, significant


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the table, and the ways it could be done in a database with rows in it."""

    #: The statement by which this SQLite does it natively.
    native: str | None = None
    #: SQLite's documentation allows the stored text to be edited for this.
    editable: bool = False
    #: The column, as it was called, whose default changes: rows that were not written since the
    #: column was added read the default from the text.
    default_of: str | None = None
    #: A query; where it finds a row, SQLite would refuse the native statement without need.
    unless: str | None = None
    #: The table's text behind this step.
    text: str = ""

    @property
    def needs_rebuild(self) -> bool:
        """Whether only a rebuild does it."""
        return self.native is None and not self.editable


class TableChange:
    """The changes of one table, gathered until they are spelled as statements."""

    def __init__(
        self,
        texts: Sequence[SchemaText],
        name: str,
        *,
        schema: str | None,
        version: tuple[int, ...],
        connect: memory.Connect,
    ) -> None:
        found = find_table(texts, name)
        if found is None:
            raise UnknownTable(name, schema)
        if found.is_virtual:
            raise InvalidOperation(
                f"{name!r} is a virtual table, which SQLite cannot alter; drop and create it"
            )
        self.name = found.name
        self.schema = schema
        self.version = version
        self.connect = connect
        self.everything = tuple(texts)
        self.before = related(texts, found.name)
        self.texts = self.before
        self.steps: list[Step] = []
        #: A column's name now → its name before the change; a new column has none.
        self.origins: dict[str, str | None] = {
            fold(c.name): c.name for c in parse(found.sql).columns
        }
        #: A new column's name → what the rows that are there get.
        self.fills: dict[str, str | None] = {}
        #: Renames that a rebuild does first, on the table that still holds the rows.
        self.carried_renames: list[tuple[str, str]] = []
        #: A column's name before the change → its name once the renames are carried.
        self.held = {c.name: c.name for c in parse(found.sql).columns}

    # -- the table as it is now --------------------------------------------------------------

    @property
    def row(self) -> SchemaText:
        """The table's own text in the schema."""
        found = find_table(self.texts, self.name)
        if found is None:
            raise UnknownTable(self.name, self.schema)
        return found

    @property
    def table(self) -> TableText:
        """The table's text, taken apart."""
        return parse(self.row.sql)

    @property
    def table_before(self) -> TableText:
        """The table's text before the change, taken apart."""
        found = find_table(self.before, self.name)
        if found is None:
            raise UnknownTable(self.name, self.schema)
        return parse(found.sql)

    @property
    def full_name(self) -> str:
        """The quoted name, with its schema where it has one."""
        return qualified_name(self.name, self.schema)

    def require_column(self, name: str) -> str:
        """The column's name as the table writes it; raises InvalidOperation if it has none such."""
        column = self.table.column(name)
        if column is None:
            known = ", ".join(c.name for c in self.table.columns)
            raise InvalidOperation(f"table {self.name!r} has no column {name!r}; it has {known}")
        return column.name

    # -- steps -------------------------------------------------------------------------------

    def edit(
        self,
        change: Callable[[str], str],
        *,
        native: str | None = None,
        editable: bool = False,
        default_of: str | None = None,
    ) -> None:
        """Edit the table's text; nothing where the edit changes nothing.

        `default_of` is the column whose default is edited.
        """
        row = self.row
        try:
            sql = change(row.sql)
        except text_edits.NoSuchPart as error:
            raise InvalidOperation(str(error)) from error
        if sql != row.sql:
            self.texts = replaced(self.texts, row, sql)
            origin = self.origins[fold(default_of)] if default_of is not None else None
            is_new = default_of is not None and origin is None
            self._did(native=native, editable=editable and not is_new, default_of=origin)

    def run(self, statement: str, *, unless: str | None = None) -> None:
        """Do what SQLite does natively; raises memory.Refused where it would not.

        `unless` is a query for rows that would make it refuse.
        """
        self.texts = memory.run(self.texts, statement, self.connect)
        self._did(native=self._qualify(statement), unless=unless)

    def replace_text(self, sql: str) -> None:
        """Put another `CREATE TABLE` in the place of the table's; its columns are met by name."""
        self.texts = replaced(self.texts, self.row, sql)
        new = {fold(c.name): c for c in self.table.columns}
        self.origins = {name: self.origins.get(name) for name in new}
        self.fills = {n: c.default for n, c in new.items() if self.origins[n] is None}
        self._did()

    def _did(
        self,
        *,
        native: str | None = None,
        editable: bool = False,
        default_of: str | None = None,
        unless: str | None = None,
    ) -> None:
        self.steps.append(Step(native, editable, default_of, unless, self.row.sql))

    def _qualify(self, statement: str) -> str:
        """The private database knows no schemas, the real one may."""
        if self.schema is None:
            return statement
        target = quote(self.name)
        head = f"ALTER TABLE {target}"
        if statement.startswith(head):
            return f"ALTER TABLE {self.full_name}{statement[len(head) :]}"
        return statement

    def add_column(
        self, definition: str, *, native: bool, before: str | None, after: str | None
    ) -> None:
        """Add a column; natively only at the end."""
        column = parse(f"CREATE TABLE t ({definition})").columns[0]
        if self.table.column(column.name) is not None:
            raise InvalidOperation(f"table {self.name!r} has a column {column.name!r} already")
        statement = f"ALTER TABLE {self.full_name} ADD COLUMN {definition}"
        self.edit(
            lambda sql: text_edits.add_column(sql, definition, before=before, after=after),
            native=statement if native and before is None and after is None else None,
        )
        self.origins[fold(column.name)] = None
        self.fills[fold(column.name)] = column.default

    def drop_column(self, name: str) -> None:
        """Drop a column with the indexes and constraints that speak of it."""
        name = self.require_column(name)
        indexes, clauses = self._speaking_of(name)
        for index in indexes:
            self.drop_index(index)
        statement = f"ALTER TABLE {quote(self.name)} DROP COLUMN {quote(name)}"
        try:
            if self.version < (3, 35) or clauses:
                raise memory.Refused(statement)
            self.run(statement)
        except memory.Refused:
            self.edit(lambda sql: text_edits.drop_column(sql, name, clauses))
        del self.origins[fold(name)]
        self.fills.pop(fold(name), None)

    def _speaking_of(self, name: str) -> tuple[list[str], list[Clause]]:
        """The indexes and the clauses in which SQLite itself would rename the column.

        Words alone do not tell: `END` may be a column, and `oid` is another one when that has gone.
        """
        own = [self.row, *of_table(self.texts, self.name, INDEX)]
        mark = next(m for i in range(10**6) if (m := f"embedmig_{i}") not in str(own))
        statement = f"ALTER TABLE {quote(self.name)} RENAME COLUMN {quote(name)} TO {mark}"
        try:
            marked = memory.run(own, statement, self.connect)
        except memory.Refused:  # between the steps of a batch it may be no whole table
            marked, mark = tuple(own), name
        table, *indexes = marked
        names = [i.name for i in indexes if mentions_name(_behind_table(i.sql), mark)]
        clauses = self.table.clauses
        return names, [clauses[i] for i in text_edits.speaking_of(parse(table.sql), mark)]

    def rename_column(self, name: str, new_name: str) -> None:
        """Rename a column in every text that speaks of it."""
        name = self.require_column(name)
        if name == new_name:
            return
        other = self.table.column(new_name)
        if other is not None and not same_name(name, new_name):
            raise InvalidOperation(f"table {self.name!r} has a column {new_name!r} already")
        statement = (
            f"ALTER TABLE {quote(self.name)} RENAME COLUMN {quote(name)} TO {identifier(new_name)}"
        )
        self._run_or_explain(statement)
        self._carry(name, new_name)
        self.origins[fold(new_name)] = self.origins.pop(fold(name))
        if fold(name) in self.fills:
            self.fills[fold(new_name)] = self.fills.pop(fold(name))

    def _carry(self, name: str, new_name: str) -> None:
        """Note the rename for the table that holds the rows, where the column is in it."""
        origin = self.origins[fold(name)]
        if origin is None:
            return
        for doomed, held in self.held.items():
            if doomed != origin and same_name(held, new_name):
                self.carried_renames.append((held, self._free_column_name()))
                self.held[doomed] = self.carried_renames[-1][1]
        self.carried_renames.append((self.held[origin], new_name))
        self.held[origin] = new_name

    def _free_column_name(self) -> str:
        taken = {fold(held) for held in self.held.values()} | set(self.origins)
        return next(n for i in range(10**6) if (n := f"embedmig_dropped_{i}") not in taken)

    def _run_or_explain(self, statement: str) -> None:
        try:
            self.run(statement)
        except memory.Refused as error:
            raise InvalidOperation(f"SQLite refuses {statement}: {error}") from error

    # -- indexes -----------------------------------------------------------------------------

    def create_index(self, statement: str) -> None:
        """Add an index, by the statement that makes it; its schema is not in the statement."""
        try:
            self.texts = memory.run(self.texts, statement, self.connect)
        except memory.Refused as error:
            raise InvalidOperation(f"SQLite refuses {statement}: {error}") from error
        made = of_table(self.texts, self.name, INDEX)[-1]
        self._did(native=qualified(made, self.schema))

    def drop_index(self, name: str) -> None:
        """Drop an index of the table."""
        index = self.index(name)
        if index is None:
            raise InvalidOperation(f"table {self.name!r} has no index {name!r}")
        self.texts = without(self.texts, index)
        self._did(native=f"DROP INDEX {qualified_name(index.name, self.schema)}")

    def index(self, name: str) -> SchemaText | None:
        """The table's index of that name."""
        indexes = of_table(self.texts, self.name, INDEX)
        return next((i for i in indexes if same_name(i.name, name)), None)

    def rename_index(self, name: str, new_name: str) -> None:
        """Make an index anew under another name; SQLite has no rename for it."""
        index = self.index(name)
        self.drop_index(name)
        if index is not None:
            self.texts = (*self.texts, renamed(index, new_name))
            self._did(native=qualified(self.texts[-1], self.schema))

    # -- constraints -------------------------------------------------------------------------

    def drop_clause(self, clause: Clause, *, editable: bool, native: str | None = None) -> None:
        """Remove a constraint that stands in the table's text."""
        self.edit(lambda sql: text_edits.drop_clause(sql, clause), native=native, editable=editable)

    # -- what comes of it --------------------------------------------------------------------

    @property
    def needs_rebuild(self) -> bool:
        """Whether a step can only be done by rebuilding the table."""
        return any(step.needs_rebuild for step in self.steps)

    def verify(self) -> None:
        """Let SQLite judge the texts as a whole; raises InvalidOperation for what it refuses."""
        table_with_own = [
            t
            for t in self.texts
            if t is self.row or (same_name(t.table, self.name) and t.type in (INDEX, TRIGGER))
        ]
        try:
            with memory.loaded(table_with_own, self.connect):
                pass
        except memory.Refused as error:
            raise InvalidOperation(f"table {self.name!r} cannot become this: {error}") from error
        found = memory.problem(self.texts, self.name, self.connect)
        if found and not memory.problem(self.before, self.name, self.connect):
            raise InvalidOperation(
                f"table {self.name!r} is used by a view or a trigger that would break: {found}; "
                "drop it first and create it again afterwards"
            )
        self._verify_references()

    def _verify_references(self) -> None:
        involved = [*children(self.texts, self.name), self.row]
        names = {t.name for t in involved} | _referents(self.table)
        after = memory.broken_references(_tables(self.texts, names), self.connect)
        if after - memory.broken_references(_tables(self.before, names), self.connect):
            child = sorted(after)[0]
            raise InvalidOperation(
                f"a foreign key of {child!r} would refer to columns that are no key of its parent; "
                "the parent needs a primary key or a unique constraint on them"
            )


def _tables(texts: Iterable[SchemaText], names: set[str]) -> list[SchemaText]:
    folded = {fold(name) for name in names}
    return [t for t in texts if t.type != VIEW and t.type != TRIGGER and fold(t.table) in folded]


def _referents(table: TableText) -> set[str]:
    return {clause.referent for clause in table.clauses if clause.referent is not None}


def _behind_table(index_sql: str) -> str:
    """The columns and the WHERE of a CREATE INDEX, behind `ON table`."""
    tokens = significant(index_sql)
    return index_sql[next(t.start for t in tokens if t.text == "(") :]


def qualified_name(name: str, schema: str | None) -> str:
    """A quoted name, with its schema where there is one."""
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)
