"""What is compared, one idea per file, in this order.

A comparator takes the `Context` and yields operations; it imports no other comparator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...ops import Operation
from ..pairing import Context
from .autoincrement import compare_autoincrement
from .checks import compare_checks
from .columns import compare_columns
from .comments import compare_comments
from .defaults import compare_defaults
from .enums import compare_enums
from .excludes import compare_excludes
from .foreign_keys import compare_foreign_keys
from .indexes import compare_indexes
from .nullability import compare_nullability
from .persistence import compare_persistence
from .primary_keys import compare_primary_keys
from .schemas import compare_schemas
from .sequences import compare_sequences
from .table_options import compare_table_options
from .tables import compare_tables
from .types import compare_types
from .unique_constraints import compare_unique_constraints

Comparator = Callable[[Context], Iterable[Operation]]

COMPARATORS: tuple[Comparator, ...] = (
    compare_schemas,
    compare_enums,
    compare_sequences,
    compare_tables,
    compare_columns,
    compare_types,
    compare_nullability,
    compare_defaults,
    compare_autoincrement,
    compare_comments,
    compare_table_options,
    compare_persistence,
    compare_primary_keys,
    compare_unique_constraints,
    compare_checks,
    compare_excludes,
    compare_indexes,
    compare_foreign_keys,
)
