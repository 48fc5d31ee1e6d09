"""Which server it is: MySQL or MariaDB, and how new; never connected, a current release."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from .. import _sa
from .learning import LearningDDL
from .spelling import Spelling

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

#: What a dialect that never met a server stands for.
CURRENT_MYSQL, CURRENT_MARIADB = (8, 4, 0), (10, 11, 0)
_TABLES = frozenset({"create_table", "drop_table", "create_schema", "drop_schema"})
_MARIADB = _TABLES | {
    "add_column",
    "drop_column",
    "create_index",
    "drop_index",
    "drop_constraint",
    "create_sequence",
    "drop_sequence",
}


class MySQLSpelling(Spelling):
    """How MySQL writes the pieces."""

    @cached_property
    def dialect(self) -> SQLAlchemyDialect:
        plain: Any = _sa.plain_dialect(self._original)
        if plain.server_version_info is None:
            plain.server_version_info = CURRENT_MARIADB if plain.is_mariadb else CURRENT_MYSQL
            plain.supports_sequences = bool(plain.is_mariadb)
        return cast("SQLAlchemyDialect", plain)


class MySQLServer(LearningDDL):
    """What all parts of MySQL's spelling ask about the server."""

    spelling: ClassVar[type[Spelling]] = MySQLSpelling

    @property
    def is_mariadb(self) -> bool:
        """MariaDB, also behind a `mysql://` URL."""
        return bool(cast("Any", self.spell.dialect).is_mariadb)

    @property
    def version(self) -> tuple[int, ...]:
        """The server's version."""
        return cast("tuple[int, ...]", cast("Any", self.spell.dialect).server_version_info)

    @property
    def guarded(self) -> frozenset[str]:  # type: ignore[override]  # known only after connecting
        """MariaDB has IF [NOT] EXISTS nearly everywhere, MySQL for tables only."""
        return _MARIADB if self.is_mariadb else _TABLES
