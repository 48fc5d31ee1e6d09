"""The tables as they are at this point of the history.

`Catalog` is replayed from operations, `LiveCatalog` asks a database; `evolve` applies one operation
to one table.
"""

from .base import Catalog, evolve
from .enums import enum_in, enum_key, relabelled
from .fold import Folding, altered_type, names_collation, with_collation_of
from .live import LiveCatalog
from .mentions import speaks_of
from .state import EXCLUDES, TableState
from .words import Words

__all__ = [
    "EXCLUDES",
    "Catalog",
    "Folding",
    "LiveCatalog",
    "TableState",
    "altered_type",
    "enum_in",
    "enum_key",
    "evolve",
    "names_collation",
    "relabelled",
    "Words",
    "speaks_of",
    "with_collation_of",
]
