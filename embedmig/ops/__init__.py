"""What can be done: inert data, one file per family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .vocabulary import (
        OPERATIONS,
        UNCHANGED,
        AddColumn,
        AddEnumValue,
        AlterColumn,
        AlterSequence,
        AlterTableOptions,
        BatchAlterTable,
        BulkInsert,
        CreateCheckConstraint,
        CreateConstraint,
        CreateEnum,
        CreateExcludeConstraint,
        CreateForeignKey,
        CreateIndex,
        CreatePrimaryKey,
        CreateSchema,
        CreateSequence,
        CreateTable,
        CreateTableComment,
        CreateUniqueConstraint,
        CustomOperation,
        DropColumn,
        DropConstraint,
        DropEnum,
        DropEnumValue,
        DropIndex,
        DropSchema,
        DropSequence,
        DropTable,
        DropTableComment,
        ExecuteSQL,
        Operation,
        RenameColumn,
        RenameConstraint,
        RenameEnumValue,
        RenameIndex,
        RenameTable,
        TableOperation,
    )

__all__ = [
    "OPERATIONS",
    "UNCHANGED",
    "AddColumn",
    "AddEnumValue",
    "AlterColumn",
    "AlterSequence",
    "AlterTableOptions",
    "BatchAlterTable",
    "BulkInsert",
    "CreateCheckConstraint",
    "CreateConstraint",
    "CreateEnum",
    "CreateExcludeConstraint",
    "CreateForeignKey",
    "CreateIndex",
    "CreatePrimaryKey",
    "CreateSchema",
    "CreateSequence",
    "CreateTable",
    "CreateTableComment",
    "CreateUniqueConstraint",
    "CustomOperation",
    "DropColumn",
    "DropConstraint",
    "DropEnum",
    "DropEnumValue",
    "DropIndex",
    "DropSchema",
    "DropSequence",
    "DropTable",
    "DropTableComment",
    "ExecuteSQL",
    "Operation",
    "RenameColumn",
    "RenameConstraint",
    "RenameEnumValue",
    "RenameIndex",
    "RenameTable",
    "TableOperation",
]


def __getattr__(name: str) -> Any:
    """Import the families at the first use: a boot with nothing pending needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import vocabulary

    globals().update({each: getattr(vocabulary, each) for each in __all__})
    return globals()[name]
