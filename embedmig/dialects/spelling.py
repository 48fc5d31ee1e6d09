"""SQL text for pieces of schema: names, types, columns, constraints, literals."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn

from .. import _sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect
    from sqlalchemy.types import TypeEngine


class Spelling:
    """How one database writes the pieces; the text is as the server takes it."""

    def __init__(self, sa_dialect: SQLAlchemyDialect) -> None:
        self._original = sa_dialect
        self._types: dict[tuple[Any, ...], str] = {}  # a history has few, in many columns

    @cached_property
    def dialect(self) -> SQLAlchemyDialect:
        """SQLAlchemy's dialect, without what is done for a driver's sake."""
        return _sa.plain_dialect(self._original)

    @cached_property
    def compiler(self) -> Any:
        """SQLAlchemy's DDL compiler for this database."""
        return _sa.ddl_compiler(self.dialect)

    def name(self, name: str) -> str:
        """A quoted identifier."""
        return _sa.quote(self.dialect, name)

    def names(self, names: Any) -> str:
        """Quoted identifiers, separated by commas."""
        return ", ".join(map(self.name, names))

    def qualified(self, name: str, schema: str | None) -> str:
        """schema.name of a table, sequence, index or type."""
        return _sa.format_name(self.dialect, name, schema)

    def qualified_prefix(self, schema: str | None) -> str:
        """`schema.`, or nothing."""
        return f"{self.schema(schema)}." if schema else ""

    def schema(self, name: str) -> str:
        """A schema's name."""
        preparer: Any = self.dialect.identifier_preparer
        return str(preparer.quote_schema(name))

    def constraint_name(self, name: str) -> str:
        """A constraint's name; one made by a naming convention is cut as when it was created."""
        preparer: Any = self.dialect.identifier_preparer
        return str(preparer.truncate_and_render_constraint_name(name))

    def index_name(self, name: str) -> str:
        """An index's name; one made by a naming convention is cut as when it was created."""
        preparer: Any = self.dialect.identifier_preparer
        return str(preparer.truncate_and_render_index_name(name))

    def element(self, element: Any) -> str:
        """A DDL element, a constraint, an Identity, a Computed …"""
        return str(self.compiler.process(element)).strip()

    def column(self, column: sa.Column[Any]) -> str:
        """A column of a table as it stands in CREATE TABLE or ADD COLUMN."""
        return self.element(CreateColumn(column))

    def type(self, type_: TypeEngine[Any]) -> str:
        """A type."""
        key = _sa.written_like(type_) if _sa.is_plain(type_) else ()
        text = self._types.get(key)
        if text is None:
            text = str(self.dialect.type_compiler_instance.process(type_))
            if key:
                self._types[key] = text
        return text

    def default(self, value: Any) -> str:
        """What stands after DEFAULT for anything that Column(server_default=) takes."""
        column = sa.Column("c", sa.Integer(), server_default=value)
        return str(self.compiler.get_column_default_string(column))

    def literal(self, value: Any, type_: TypeEngine[Any] | None = None) -> str:
        """A value, written into the text."""
        made = type_ if type_ is not None else sa.String()
        return str(self.compiler.sql_compiler.render_literal_value(value, made))

    def expression(self, expression: Any) -> str:
        """An expression without table names; a string is SQL as it stands."""
        if isinstance(expression, str):
            return expression
        process = self.compiler.sql_compiler.process
        return str(process(expression, include_table=False, literal_binds=True))
