"""Pieces of Transact-SQL that look something up in the system views and act on what they find.

A default, a CHECK or a key that nobody named has a name made at random there; so it is found by
the column it belongs to, when the statement runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .spelling import Spelling


def unicode_literal(text: str) -> str:
    """N'…', in which only the quote is special."""
    return "N'" + text.replace("'", "''") + "'"


class Blocks:
    """The blocks for one database's spelling."""

    def __init__(self, spell: Spelling) -> None:
        self.spell = spell

    def object(self, name: str, schema: str | None) -> str:
        """OBJECT_ID of a table, sequence or constraint."""
        return f"OBJECT_ID({unicode_literal(self.spell.qualified(name, schema))})"

    def rename(self, parts: Sequence[str], schema: str | None, new: str, kind: str) -> str:
        """sp_rename: the old name is quoted, the new one is taken letter by letter."""
        old = self.spell.qualified(parts[0], schema)
        old = ".".join([old, *(self.spell.name(part) for part in parts[1:])])
        return (
            f"EXEC sp_rename {unicode_literal(old)}, {unicode_literal(new)}, "
            f"{unicode_literal(kind)}"
        )

    # -- dropping what is found ------------------------------------------------------------------

    def drop_default(self, table: str, schema: str | None, column: str) -> str:
        """Drop the default of a column, whatever its name."""
        return self._drop_found(
            table,
            schema,
            "sys.default_constraints AS c",
            self._belongs(column, "c.parent_column_id"),
        )

    def drop_checks(self, table: str, schema: str | None, column: str) -> str:
        """Drop every CHECK that speaks of a column."""
        mentions = unicode_literal(f"%[[]{_like(column)}]%")
        owns = self._belongs(column, "c.parent_column_id")
        return self._drop_found(
            table, schema, "sys.check_constraints AS c", f"({owns} OR c.definition LIKE {mentions})"
        )

    def drop_foreign_keys(self, table: str, schema: str | None, column: str) -> str:
        """Drop every foreign key that a column is part of."""
        part = self._belongs(column, "k.parent_column_id")
        condition = (
            "EXISTS (SELECT 1 FROM sys.foreign_key_columns AS k "
            f"WHERE k.constraint_object_id = c.object_id AND {part})"
        )
        return self._drop_found(table, schema, "sys.foreign_keys AS c", condition)

    def drop_key(self, table: str, schema: str | None, kind: str, columns: Iterable[str]) -> str:
        """Drop a primary key, or the unique constraint or foreign key of exactly these columns."""
        names = list(columns)
        if kind == "foreignkey":
            source = "sys.foreign_keys AS c"
            part = "sys.foreign_key_columns AS k"
            link, number = "k.constraint_object_id = c.object_id", "k.parent_column_id"
            head = "1 = 1"
        else:
            source = "sys.key_constraints AS c"
            part = "sys.index_columns AS k"
            link = "k.object_id = c.parent_object_id AND k.index_id = c.unique_index_id"
            number = "k.column_id"
            head = f"c.type = {unicode_literal('PK' if kind == 'primary' else 'UQ')}"
        condition = head if not names else f"{head} AND {self._exactly(names, part, link, number)}"
        return self._drop_found(table, schema, source, condition)

    def _exactly(self, names: list[str], part: str, link: str, number: str) -> str:
        listed = ", ".join(unicode_literal(name) for name in names)
        return (
            f"(SELECT COUNT(*) FROM {part} WHERE {link}) = {len(names)} AND "
            f"(SELECT COUNT(*) FROM {part} WHERE {link} "
            f"AND COL_NAME(c.parent_object_id, {number}) IN ({listed})) = {len(names)}"
        )

    def _belongs(self, column: str, number: str) -> str:
        return f"COL_NAME(c.parent_object_id, {number}) = {unicode_literal(column)}"

    def _drop_found(self, table: str, schema: str | None, source: str, condition: str) -> str:
        drop = f"ALTER TABLE {self.spell.qualified(table, schema)} DROP CONSTRAINT "
        return (
            "DECLARE @embedmig nvarchar(max) = N'';\n"
            f"SELECT @embedmig += {unicode_literal(drop)} + QUOTENAME(c.name) + N';'\n"
            f"FROM {source}\n"
            f"WHERE c.parent_object_id = {self.object(table, schema)}\n"
            f"AND {condition};\n"
            "EXEC sp_executesql @embedmig"
        )

    # -- comments --------------------------------------------------------------------------------

    def comment(
        self, table: str, schema: str | None, column: str | None, comment: str | None
    ) -> str:
        """Set or remove MS_Description, whether or not there is one; in the user's own schema.

        https://learn.microsoft.com/sql/relational-databases/system-catalog-views/extended-properties-catalog-views-sys-extended-properties
        """
        place = f"N'SCHEMA', @embedmig, N'TABLE', {unicode_literal(table)}"
        if column is not None:
            place += f", N'COLUMN', {unicode_literal(column)}"
        drop = f"EXEC sys.sp_dropextendedproperty N'MS_Description', {place}"
        declared = self._declared_schema(schema)
        there = self._has_comment(table, schema, column)
        if comment is None:
            return f"{declared}\nIF {there}\n{drop}"
        text = f"N'MS_Description', {unicode_literal(comment)}, {place}"
        return (
            f"{declared}\nIF {there}\nEXEC sys.sp_updateextendedproperty {text}\n"
            f"ELSE\nEXEC sys.sp_addextendedproperty {text}"
        )

    def _declared_schema(self, schema: str | None) -> str:
        name = "SCHEMA_NAME()" if schema is None else unicode_literal(schema.rpartition(".")[2])
        return f"DECLARE @embedmig sysname = {name};"

    def _has_comment(self, table: str, schema: str | None, column: str | None) -> str:
        id_ = self.object(table, schema)
        minor = "0"
        if column is not None:
            minor = f"COLUMNPROPERTY({id_}, {unicode_literal(column)}, 'ColumnId')"
        return (
            "EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND "
            f"major_id = {id_} AND minor_id = {minor} AND name = N'MS_Description')"
        )


def _like(name: str) -> str:
    """A name as it stands between [ and ] inside a LIKE pattern."""
    escaped = name.replace("]", "]]").replace("[", "[[]")
    return escaped.replace("%", "[%]").replace("_", "[_]")
