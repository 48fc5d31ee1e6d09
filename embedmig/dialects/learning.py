"""Spelling for the server at hand, once SQLAlchemy has met it, and for a current one before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .. import ops
from .ddl import DDL, Statements
from .spelling import Spelling

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect as SQLAlchemyDialect

    from ..catalog import Catalog


class LearningDDL(DDL):
    """A DDL whose words depend on the server's version, which the first connection tells."""

    spelling: ClassVar[type[Spelling]] = Spelling

    def __init__(self, sa_dialect: SQLAlchemyDialect) -> None:
        super().__init__(sa_dialect)
        self._learned: Any = ()
        self.learn()

    def learn(self) -> None:
        """Spell anew where SQLAlchemy has met the server since."""
        version = getattr(self.sa, "server_version_info", None)
        if version != self._learned or self._learned == ():
            self.spell = self.spelling(self.sa)
            self._learned = version

    def statements(self, op: ops.Operation, catalog: Catalog) -> Statements:
        self.learn()
        yield from super().statements(op, catalog)

    def new_catalog(self, *, naming_convention: Mapping[str, Any] | None = None) -> Catalog:
        self.learn()
        return super().new_catalog(naming_convention=naming_convention)
