"""The only door to SQLAlchemy's underscore names, and the place where schema items are copied.

Schema items are mutable and belong to one parent, so everything that embedmig keeps or hands out
stands in a Table of a MetaData of its own, made here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Self, cast
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import types as sqltypes
from sqlalchemy.schema import CreateColumn, CreateTable

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.schema import SchemaItem

PLACEHOLDER = "embedmig_placeholder"


def copy_column(column: sa.Column[Any]) -> sa.Column[Any]:
    """A copy without a parent, with its own foreign keys, constraints, default and comment."""
    made: sa.Column[Any] = column._copy()
    if made.type is not column.type:
        _keep_type(made.type, column.type)
    return made


def detached_column(column: sa.Column[Any]) -> sa.Column[Any]:
    """The column itself if it belongs to no table, else a copy of it."""
    return column if getattr(column, "table", None) is None else copy_column(column)


def detached_item(item: SchemaItem) -> SchemaItem:
    """The item itself if it belongs to no table, else a copy of it."""
    if isinstance(item, sa.Column):
        return detached_column(item)
    if getattr(item, "parent", None) is None:
        return item
    return cast("SchemaItem", item._copy()) if isinstance(item, sa.Constraint) else item


def build_table(
    name: str,
    elements: Iterable[SchemaItem],
    *,
    schema: str | None = None,
    naming_convention: Mapping[str, Any] | None = None,
    **options: Any,
) -> sa.Table:
    """A Table in a MetaData of its own; its foreign keys find placeholder tables there."""
    metadata = private_metadata(naming_convention)
    items = [detached_item(e) for e in elements]
    table = sa.Table(name, metadata, *items, schema=schema, **options)
    add_placeholders(table)
    return table


class LateTable(sa.Table):
    """A Table of columns that becomes one when somebody first looks at it.

    `op.create_table` returns a Table, which few look at, and which takes longer to put together
    than the rest of the operation. From the first look on it is a `sqlalchemy.Table`.
    """

    def __new__(cls, *what: Any) -> Self:
        return object.__new__(cls)

    def __init__(self, *what: Any) -> None:
        object.__getattribute__(self, "__dict__")["_what"] = what

    def __getattribute__(self, attribute: str) -> Any:
        what = object.__getattribute__(self, "__dict__").pop("_what", None)
        if what is not None:
            object.__setattr__(self, "__class__", sa.Table)
            _put_together(cast("Any", self), *what)
        return getattr(self, attribute)


def _put_together(
    table: Any, name: str, columns: Iterable[sa.Column[Any]], schema: str | None, convention: Any
) -> None:
    """What `Table.__new__` does, for an object that is there already."""
    metadata = private_metadata(convention)
    table.dispatch.before_parent_attach(table, metadata)
    metadata._add_table(name, schema, table)
    items = map(detached_column, columns)
    table.__init__(name, metadata, *items, schema=schema, _no_init=False)
    table.dispatch.after_parent_attach(table, metadata)


def tables_are_watched() -> bool:
    """Whether somebody changes tables as they are put together."""
    kind: Any
    for kind in (sa.Table, sa.Column):
        before, after = kind.dispatch.before_parent_attach, kind.dispatch.after_parent_attach
        if before._clslevel.get(kind) or after._clslevel.get(kind):
            return True
    return False


def tables_are_rewritten(dialect: str) -> bool:
    """Whether somebody changes how SQLAlchemy writes tables for this dialect (`@compiles`)."""
    for element in (CreateTable, CreateColumn):
        specs = getattr(vars(element).get("_compiler_dispatcher"), "specs", None)
        if specs and (dialect in specs or specs["default"].__name__ != "_wrap_existing_dispatch"):
            return True
    return False


def copy_table(table: sa.Table, *, naming_convention: Mapping[str, Any] | None = None) -> sa.Table:
    """A copy in a MetaData of its own, with indexes, constraints, comments and options."""
    copy = table.to_metadata(private_metadata(naming_convention), schema=cast("Any", table.schema))
    copy._prefixes = list(table._prefixes)
    for column in table.columns:
        copied = copy.c[column.key]
        _keep_type(copied.type, column.type)
        _keep_order([c for c in column.constraints if not c._type_bound], copied.constraints)
    # What the columns brought with them is copied first.
    later = [c for c in table.constraints if not (c._type_bound or c._column_flag)]
    brought = in_order(set(table.constraints).difference(later))
    _keep_order([*brought, *later], copy.constraints)
    add_placeholders(copy)
    return copy


def without_python_defaults(table: sa.Table) -> sa.Table:
    """The table, or a copy of it in which no column gets a value that Python makes."""
    if not any(column.onupdate or _is_of_python(column.default) for column in table.columns):
        return table
    copy = copy_table(table)
    for column in copy.columns:
        column.onupdate = None
        if _is_of_python(column.default):
            column.default = None
    return copy


def _is_of_python(default: Any) -> bool:
    """Not so a Sequence, whose value the database makes."""
    return default is not None and not default.is_sequence


def _keep_order(originals: Sequence[Any], copies: Iterable[Any]) -> None:
    """Number the copies as the originals are: SQLAlchemy copies them in the order of a set."""
    made = in_order(copies)
    if len(made) == len(originals):
        numbers = [copied._creation_order for copied in made]
        twins = sorted(zip(originals, made, strict=True), key=lambda pair: pair[0]._creation_order)
        for number, (_, copied) in zip(numbers, twins, strict=True):
            copied._creation_order = number


def copy_type(type_: Any) -> Any:
    """A copy of a type, whole."""
    copied = type_.copy()
    _keep_type(copied, type_)
    return copied


#: Of MySQL's ENUM.
_ENUM_FACETS = ("charset", "collation", "ascii", "unicode", "binary", "national")


def _keep_type(copied: Any, original: Any) -> None:
    """What a copy of a type loses.

    A named type stays in its own schema: to_metadata() moves it into the table's. Of MySQL's ENUM,
    SQLAlchemy copies neither character set nor collation.
    """
    if isinstance(original, sqltypes.SchemaType) and hasattr(original, "schema"):
        copied.schema = original.schema
    for facet in _ENUM_FACETS if isinstance(original, sqltypes.Enum) else ():
        if hasattr(original, facet):
            setattr(copied, facet, getattr(original, facet))
    for part in ("item_type", "impl"):
        inner = getattr(original, part, None)
        if isinstance(inner, sqltypes.TypeEngine) and inner is not original:
            _keep_type(getattr(copied, part), inner)


def private_metadata(naming_convention: Mapping[str, Any] | None = None) -> sa.MetaData:
    """A MetaData that nobody else sees."""
    if naming_convention:
        return sa.MetaData(naming_convention=cast("Any", naming_convention))
    return sa.MetaData()


def add_placeholders(table: sa.Table) -> None:
    """Give every foreign key of the table something to point at, so that it compiles."""
    for element in [e for c in table.foreign_key_constraints for e in c.elements]:
        schema, name, column = referent_of(element)
        key = f"{schema}.{name}" if schema else name
        target = table.metadata.tables.get(key)
        if target is None:
            target = sa.Table(name, table.metadata, schema=schema, info={PLACEHOLDER: True})
        if column is not None and target is not table and column not in target.c:
            target.append_column(sa.Column(column, sqltypes.NULLTYPE))


def referent_of(element: sa.ForeignKey) -> tuple[str | None, str, str | None]:
    """(schema, table, column) that a foreign key points to, without resolving it."""
    colspec = element._colspec
    if isinstance(colspec, sa.Column):
        return colspec.table.schema, colspec.table.name, colspec.name
    tokens = getattr(element, "target_tokens", None)  # SQLAlchemy 2.1
    if tokens is None:
        tokens = element._column_tokens
    schema, table, column = tokens
    return schema, table, column


def is_placeholder(table: sa.Table) -> bool:
    """Whether the table only stands for the target of a foreign key."""
    return bool(table.info.get(PLACEHOLDER))


def quote(dialect: Dialect, name: str, *, always: bool = False) -> str:
    """An identifier as this database writes it; in quotes where it must be, or always."""
    preparer = dialect.identifier_preparer
    return preparer.quote_identifier(name) if always else preparer.quote(name)


def backslash_escapes(dialect: Dialect) -> bool:
    """Whether a backslash in a string keeps the quote behind it from being its end."""
    return bool(getattr(dialect, "_backslash_escapes", False))


def format_name(dialect: Dialect, name: str, schema: str | None = None) -> str:
    """schema.name as this database writes it."""
    preparer = dialect.identifier_preparer
    quoted = preparer.quote(name)
    return f"{preparer.quote_schema(schema)}.{quoted}" if schema else quoted


# -- spelling --------------------------------------------------------------------------------


def plain_dialect(dialect: Dialect) -> Dialect:
    """A copy that writes SQL as the server takes it: `%` is not doubled for a driver.

    Everything that SQLAlchemy learned from the server (version, flags, ANSI quotes) is kept.
    """
    plain = copy(dialect)
    # Both cache text that was made with the driver's doubling.
    cast("Any", plain)._type_memos = TypeMemos()
    preparer = copy(dialect.identifier_preparer)
    preparer._strings = {}
    preparer.dialect = plain
    preparer._double_percents = False
    plain.identifier_preparer = preparer
    plain.paramstyle = "named"
    plain.positional = False
    compiler = type(dialect.type_compiler_instance)(plain)
    plain.type_compiler_instance = plain.type_compiler = compiler
    return plain


class TypeMemos(WeakKeyDictionary[Any, Any]):
    """What a dialect knows of types; types that are written alike share it.

    SQLAlchemy looks for a type's implementation anew for every column, which is half as much work
    as to write the column.
    """

    def __init__(self) -> None:
        super().__init__()
        self._alike: dict[tuple[Any, ...], Any] = {}

    def __getitem__(self, type_: Any) -> Any:
        memo = self.get(type_)
        if memo is None:
            memo = self._alike[written_like(type_)]  # or KeyError, as the caller expects
            super().__setitem__(type_, memo)
        return memo

    def __setitem__(self, type_: Any, memo: Any) -> None:
        super().__setitem__(type_, memo)
        if key := written_like(type_):
            self._alike[key] = memo


_SIMPLE = frozenset({int, str, bool, type(None)})


def written_like(type_: Any) -> tuple[Any, ...]:
    """The same for types of one class with the same simple arguments; else nothing."""
    state = type_.__dict__
    if not state:
        return (type_.__class__,)
    if not _SIMPLE.issuperset(map(type, state.values())):
        return ()
    return (type_.__class__, *state.items())


def ddl_compiler(dialect: Dialect) -> Any:
    """A compiler of schema items that belongs to no statement."""
    return dialect.ddl_compiler(dialect, cast("Any", None))


def is_type_bound(constraint: sa.Constraint) -> bool:
    """Whether a column's type made this constraint (Boolean, Enum)."""
    return bool(constraint._type_bound)


def should_create(constraint: sa.Constraint, compiler: Any) -> bool:
    """Whether the constraint is meant for the compiler's database."""
    return bool(constraint._should_create_for_compiler(compiler))


def check_on(table: sa.Table, condition: Any, **options: Any) -> sa.CheckConstraint:
    """A CHECK on this table, whatever table the condition's columns are from."""
    check = sa.CheckConstraint(condition, _autoattach=False, **options)
    table.append_constraint(check)
    return check


def index_on(table: sa.Table, name: Any, expressions: Iterable[Any], **options: Any) -> sa.Index:
    """An Index on this table, also where its expressions name no column."""
    index = sa.Index(name, *expressions, **options)
    if index.table is None:
        index._set_parent_with_dispatch(table)
    return index


def index_expressions(index: sa.Index) -> tuple[Any, ...]:
    """The index's expressions in order; a plain column as the Column."""
    return tuple(index.expressions)


# -- what autogenerate asks of a metadata ------------------------------------------------------


def in_order(constraints: Iterable[Any]) -> list[Any]:
    """Constraints in the order in which they were made: that of CREATE TABLE."""
    return sorted(constraints, key=lambda constraint: constraint._creation_order)


def resolved_name(dialect: Dialect, item: Any) -> str | None:
    """The name of a constraint or index with its convention applied, truncated, not quoted."""
    preparer = cast("Any", dialect.identifier_preparer)
    return cast("str | None", preparer.format_constraint(item, _alembic_quote=False))


def resolved_referent(element: sa.ForeignKey) -> tuple[str | None, str, str | None]:
    """(schema, table, column's name) a foreign key points to: by resolving it, else by its text."""
    try:
        column = element.column
    except sa.exc.SQLAlchemyError:
        return referent_of(element)
    return column.table.schema, column.table.name, column.name


def given_info(item: Any) -> Mapping[Any, Any]:
    """The info that an item has; to ask the item itself would make it one."""
    info: Mapping[Any, Any] = item.__dict__.get("info", {})
    return info


def given_options(item: Any) -> dict[str, Any]:
    """Every option of a database that was given to an item; most have none, and that is quick."""
    return dict(item.dialect_kwargs) if "dialect_options" in item.__dict__ else {}


def dialect_options(item: Any, keyword: str) -> dict[str, Any]:
    """The options of one database that were given to an item, without their prefix."""
    prefix = f"{keyword}_"
    given = item.dialect_kwargs
    return {k[len(prefix) :]: given[k] for k in given if k.startswith(prefix)}


# -- columns and tables as values ------------------------------------------------------------

_KEPT = ("key", "primary_key", "autoincrement", "doc", "comment", "system")


def rebuilt_column(column: sa.Column[Any], **changes: Any) -> sa.Column[Any]:
    """A new Column like this one, with other arguments of Column(); it belongs to no table.

    Unlike a copy it carries neither the old type's CHECKs nor foreign keys, `unique` or `index`.
    """
    arguments: dict[str, Any] = {name: getattr(column, name) for name in _KEPT}
    arguments.update(
        name=column.name,
        type_=column.type,
        info=dict(column.info),
        default=_copied(column.default),
        onupdate=_copied(column.onupdate),
        server_default=column.server_default,
        server_onupdate=_copied(column.server_onupdate),
        nullable=column.nullable,
    )
    arguments.update(changes)
    if "name" in changes and "key" not in changes:
        arguments["key"] = changes["name"]
    nullable = arguments.pop("nullable")
    items = []
    if isinstance(arguments["server_default"], sa.Computed | sa.Identity):
        items.append(arguments.pop("server_default")._copy())
        arguments.pop("server_onupdate", None)
    else:
        arguments["server_default"] = _copied(arguments["server_default"])
    if isinstance(arguments["type_"], sqltypes.SchemaType):
        arguments["type_"] = copy_type(arguments["type_"])
    made: sa.Column[Any] = sa.Column(*items, **arguments, **column.dialect_kwargs)
    made.nullable = nullable
    return made


def _copied(item: Any) -> Any:
    return item._copy() if hasattr(item, "_copy") else item


def prefixes(table: sa.Table) -> list[str]:
    """The words between CREATE and TABLE."""
    return list(table._prefixes)


def is_temporary(table: sa.Table) -> bool:
    """Whether only the connection that makes the table will see it."""
    words = {word.upper() for prefix in table._prefixes for word in prefix.split()}
    return not words.isdisjoint({"TEMPORARY", "TEMP"})


def drop_prefixes(table: sa.Table) -> None:
    """Take the words between CREATE and TABLE off a table that is ours."""
    table._prefixes = []


def told_dependencies(table: sa.Table) -> set[sa.Table]:
    """The tables of `Table.add_is_dependent_on()`."""
    return table._extra_dependencies


def copy_constraint(constraint: sa.Constraint, table: sa.Table) -> sa.Constraint:
    """A copy of a constraint for another table that has the same columns."""
    return constraint._copy(target_table=table)


def autoincrement_column(table: sa.Table) -> sa.Column[Any] | None:
    """The column that the database numbers by itself."""
    return table._autoincrement_column


def sequences_of(metadata: sa.MetaData) -> list[sa.Sequence]:
    """The sequences that belong to the metadata itself or to its columns' defaults."""
    return [metadata._sequences[key] for key in sorted(metadata._sequences)]


def variant_of(type_: Any, dialect_name: str) -> Any:
    """The type that stands for this one on a database."""
    return type_._variant_mapping.get(dialect_name, type_)


def exclude_elements(constraint: Any) -> list[tuple[Any, Any, str]]:
    """(expression, name, operator) of an EXCLUDE."""
    return [(e, name, operator) for e, name, operator in constraint._render_exprs]


# -- what is written as source ---------------------------------------------------------------


def variants_of(type_: Any) -> Mapping[str, Any]:
    """The types that stand for this one elsewhere, by the database's name."""
    return cast("Mapping[str, Any]", type_._variant_mapping)


def drop_variants(type_: Any) -> None:
    """Take the variants away from a type that nobody else holds."""
    type_._variant_mapping = type(type_._variant_mapping)()


def variants(type_: Any) -> list[Any]:
    """The type itself and what it is on particular databases (`with_variant`)."""
    return [type_, *getattr(type_, "_variant_mapping", {}).values()]


def sorted_constraints(table: sa.Table) -> list[sa.Constraint]:
    """The table's constraints in the order in which they were made."""
    return list(table._sorted_constraints)


def bare_column(column: sa.Column[Any]) -> sa.Column[Any]:
    """The column without what is an operation of its own: constraints, index, the type's CHECK."""
    return rebuilt_column(column, type_=unbound_type(column.type))


def unbound_type(type_: Any) -> Any:
    """The type without the CHECK that it would make."""
    if not getattr(type_, "create_constraint", False):
        return type_
    copy = copy_type(type_)
    copy.create_constraint = False
    return copy


def exclusion_parts(constraint: Any) -> list[tuple[Any, str]] | None:
    """The (expression, operator) pairs of an EXCLUDE; None for any other constraint."""
    expressions = getattr(constraint, "_render_exprs", None)
    if expressions is None:
        return None
    return [(expression, operator) for expression, _, operator in expressions]


def text_binds(text: sa.TextClause) -> dict[str, Any]:
    """The bind parameters of a text()."""
    return dict(text._bindparams)


_PLAIN = frozenset(
    {sa.Integer, sa.BigInteger, sa.SmallInteger, sa.String, sa.Text, sa.Unicode, sa.Numeric}
    | {sa.Float, sa.Boolean, sa.Date, sa.DateTime, sa.Time, sa.LargeBinary, sa.Uuid, sa.JSON}
)


def is_plain(type_: Any) -> bool:
    """Whether this is one of SQLAlchemy's everyday types, the same for every database."""
    return type(type_) in _PLAIN and not type_._variant_mapping


def enum_label(type_: sa.Enum, value: Any) -> str:
    """What an Enum keeps in the database for a member or a label."""
    return cast("str", type_._db_value_for_elem(value))


def inherits_schema(type_: Any) -> bool:
    """Whether a named type lives where its table lives; reading the property itself warns."""
    if hasattr(type_, "_inherit_schema"):  # SQLAlchemy 2.1
        return bool(type_._inherit_schema)
    return bool(type_.inherit_schema)


def driver_connection(connection: sa.Connection) -> Any:
    """The DBAPI's own connection, also from behind aiosqlite's, which keeps it in a thread."""
    driver = connection.connection.driver_connection
    return getattr(driver, "_conn", driver)


def opened_since(connection: sa.Connection, moment: float) -> bool:
    """Whether the driver's connection was opened at that `time.time()` or later."""
    record: Any = cast("Any", connection.connection)._connection_record
    return record is not None and record.starttime >= moment


def renew_pool(engine: sa.Engine) -> None:
    """The pool hands out no connection that was opened before; those in use are not disturbed."""
    engine.pool._invalidate_time = time.time()


def unpooled(engine: sa.Engine) -> sa.Engine:
    """An engine on the same database that opens a connection for every checkout."""
    pool = sa.NullPool(engine.pool._creator, dialect=engine.dialect)
    return sa.Engine(pool, engine.dialect, engine.url)


def on_driver(connection: sa.Connection, function: Callable[[Any], Any]) -> Any:
    """Call *function* with the DBAPI's own connection, in the thread that the connection is of."""
    driver: Any = connection.connection.driver_connection
    inner = getattr(driver, "_conn", None)
    if inner is None:
        return function(driver)
    adapted: Any = connection.connection.dbapi_connection
    return adapted.run_async(lambda outer: outer._execute(function, inner))


# -- statements of our own -------------------------------------------------------------------


class Answer(NamedTuple):
    """What came back: the rows, if any, how many were hit, and what the driver calls the last."""

    rows: Sequence[Sequence[Any]]
    rowcount: int
    lastrowid: Any = None

    def scalar(self) -> Any:
        """The first value of the first row, or None."""
        return self.rows[0][0] if self.rows else None


def send(
    connection: sa.Connection, sql: str, parameters: Any = None, *, fetch: bool = True
) -> Answer:
    """Run a statement that needs nothing of what makes SQLAlchemy's way ten times longer.

    Whoever listens to the engine's statements, or has them echoed, sees it all the same. Errors are
    SQLAlchemy's.
    """
    if is_watched(connection):
        options = {"no_parameters": True} if parameters is None else None
        result = connection.exec_driver_sql(sql, parameters, execution_options=options)
        rows = result.fetchall() if fetch and result.returns_rows else ()
        result.close()
        return Answer(rows, result.rowcount, getattr(result.context.cursor, "lastrowid", None))
    cursor = None
    try:
        cursor = _cursor(connection)
        if parameters is None:
            cursor.execute(sql)
        else:
            cursor.execute(sql, parameters)
        rows = cursor.fetchall() if fetch and cursor.description is not None else ()
        answer = Answer(rows, cursor.rowcount, getattr(cursor, "lastrowid", None))
        cursor.close()
    except BaseException as error:  # noqa: BLE001  # it is raised again, as SQLAlchemy does
        _raise(connection, error, sql, parameters, cursor)
    return answer


def send_together(connection: sa.Connection, statements: Sequence[str]) -> list[Answer]:
    """Run statements without parameters in one message, for a driver that takes several.

    They end at the first that fails. Whoever watches the engine sees them one by one.
    """
    if is_watched(connection):
        return [send(connection, statement) for statement in statements]
    sql = "\n;\n".join(statements)  # one may end in a comment
    answers: list[Answer] = []
    cursor = None
    try:
        cursor = _cursor(connection)
        cursor.execute(sql)
        more: Any = True
        while more:
            rows = cursor.fetchall() if cursor.description is not None else ()
            answers.append(Answer(rows, cursor.rowcount))
            more = cursor.nextset()
        cursor.close()
    except BaseException as error:  # noqa: BLE001  # it is raised again, as SQLAlchemy does
        _raise(connection, error, sql, None, cursor)
    return answers


def _cursor(connection: sa.Connection) -> Any:
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.dbapi_connection
    return driver.cursor()


def _raise(
    connection: sa.Connection, error: BaseException, sql: str, parameters: Any, cursor: Any
) -> NoReturn:
    """Raise what failed on the driver's cursor as SQLAlchemy raises it."""
    statement = sql if isinstance(error, connection.dialect.loaded_dbapi.Error) else None
    connection._handle_dbapi_exception(error, statement, parameters, cursor, None)


def is_watched(connection: sa.Connection) -> bool:
    """Whether somebody listens to the statements of this connection, or has them echoed."""
    if connection._echo:
        return True
    if not (connection._has_events or connection.engine._has_events):
        return False
    dispatch = cast("Any", connection).dispatch
    return bool(dispatch.before_cursor_execute or dispatch.after_cursor_execute)


class Prepared:
    """A statement compiled once, sent as text: no compiled cache is asked, and none grows.

    It keeps the statement, whose id it may be found by.
    """

    def __init__(self, statement: sa.Executable, dialect: Dialect) -> None:
        self.statement = statement
        compiled: Any = cast("Any", statement).compile(dialect=dialect)
        self.sql = str(compiled)
        self._can_be_filled_in = compiled.dialect.paramstyle == "pyformat"
        self._is_positional = compiled.positiontup is not None
        self._binds = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or compiled.binds
        ]
        if not self._binds and compiled.dialect.paramstyle in ("format", "pyformat"):
            self.sql %= ()  # "%" is doubled for a driver that is given parameters

    def send(
        self,
        connection: sa.Connection,
        parameters: Mapping[str, Any],
        literal: Callable[[Any], str] | None = None,
    ) -> Answer:
        """Send it with these parameters.

        `literal` writes a value as SQL, where that is quicker than to send it beside the statement.
        """
        if not self._binds:
            return send(connection, self.sql)
        text = None if literal is None else self.filled_in(parameters, literal)
        if text is not None:
            return send(connection, text)
        values = [
            (name, parameters[name] if process is None else process(parameters[name]))
            for name, process in self._binds
        ]
        driver = tuple([value for _, value in values]) if self._is_positional else dict(values)
        return send(connection, self.sql, driver)

    def filled_in(self, parameters: Mapping[str, Any], literal: Callable[[Any], str]) -> str | None:
        """The statement with its values written into it; None where its marks cannot be filled."""
        if not self._can_be_filled_in:
            return None
        return self.sql % {name: literal(parameters[name]) for name, _ in self._binds}


# -- scripts ---------------------------------------------------------------------------------


def teach(dialect: Dialect, learned: Mapping[str, Any]) -> None:
    """Tell a dialect what it would have learned from a connection.

    SQLAlchemy 2.0 works some of it out of the version, by properties that cannot be set.
    """
    for name, value in learned.items():
        if not isinstance(getattr(type(dialect), name, None), property):
            setattr(dialect, name, value)


def literal_dialect(dialect: Dialect, literal: Callable[[Any, Any], str]) -> Dialect:
    """A copy whose compiler writes every bound value by `literal(value, type)`."""
    base: Any = dialect.statement_compiler

    class LiteralCompiler(base):  # type: ignore[misc]  # a class of SQLAlchemy's, chosen at run time
        def render_literal_value(self, value: Any, type_: Any) -> str:
            return literal(value, type_)

        def render_literal_bindparam(self, bindparam: Any, *args: Any, **kw: Any) -> str:
            given = args or "render_literal_value" in kw
            if given or bindparam.value is not None or bindparam.callable is not None:
                return cast("str", super().render_literal_bindparam(bindparam, *args, **kw))
            if bindparam.required:
                raise sa.exc.CompileError(f"bind parameter {bindparam.key!r} was given no value")
            return literal(None, bindparam.type)

    made = copy(dialect)
    made.statement_compiler = LiteralCompiler
    return made


def has_bind_expression(type_: Any, dialect: Dialect) -> bool:
    """Whether values of this type are wrapped into SQL on their way in."""
    return bool(type_.dialect_impl(dialect)._has_bind_expression)


def with_column_defaults(table: Any, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with the defaults that SQLAlchemy would compute for the columns it leaves out."""
    missing = {
        column.key: value
        for column in table.c
        if column.key not in row and (value := _client_default(column.default)) is not _NONE
    }
    return {**row, **missing} if missing else row


def with_client_defaults(statement: Any, dialect: Dialect) -> Any:
    """The statement with the values that SQLAlchemy would compute when it is executed."""
    if not isinstance(statement, sa.Insert | sa.Update):
        return statement
    attribute = "default" if isinstance(statement, sa.Insert) else "onupdate"
    table: Any = statement.table
    columns: Any = getattr(table, "columns", ())
    if all(getattr(column, attribute, None) is None for column in columns):
        return statement
    compiled: Any = statement.compile(dialect=dialect)
    fetched = compiled.insert_prefetch if attribute == "default" else compiled.update_prefetch
    values = {column: _client_default(getattr(column, attribute)) for column in fetched}
    made = {column: value for column, value in values.items() if value is not _NONE}
    return statement.values(made) if made else statement


_NONE = object()


def _client_default(default: Any) -> Any:
    if default is None or default.is_sequence or default.is_clause_element:
        return _NONE
    return default.arg(None) if default.is_callable else default.arg


def column_beside(column: sa.Column[Any], table: str, schema: str | None) -> sa.Column[Any]:
    """A copy for a table that has no other column, though its foreign keys may refer to others."""
    own = [key for key in column.foreign_keys if referent_of(key)[:2] == (schema, table)]
    if not own:
        return copy_column(column)
    made = rebuilt_column(column, unique=column.unique, index=column.index)
    for key in column.foreign_keys:
        made.append_foreign_key(_aside(key) if key in own else key._copy())
    for constraint in column.constraints:
        if not constraint._type_bound:
            constraint._copy()._set_parent_with_dispatch(made)
    return made


def _aside(key: sa.ForeignKey) -> sa.ForeignKey:
    """The same foreign key, to a column of a table of the same name that stands elsewhere."""
    schema, name, remote = referent_of(key)
    target: sa.Column[Any] = sa.Column(remote or key.parent.name)
    sa.Table(name, sa.MetaData(), target, schema=schema)
    return sa.ForeignKey(
        target,
        name=key.name,
        use_alter=key.use_alter,
        onupdate=key.onupdate,
        ondelete=key.ondelete,
        deferrable=key.deferrable,
        initially=key.initially,
        match=key.match,
        **key.dialect_kwargs,
    )
