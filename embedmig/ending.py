"""A revision's body cannot end the transaction that it shares with its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import event

from .errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Ending:
    """Refuses COMMIT and ROLLBACK through `op.connection` while a body runs, in a `with` block.

    What the body tried is raised at its end too, if the body swallowed the error.
    """

    def __init__(self) -> None:
        self._watched: list[Connection] = []
        self._in_body = False
        self._refused: ConfigurationError | None = None

    def watch(self, connection: Connection) -> None:
        """Hear of what ends a transaction of this connection, from now on.

        Before a body can reach it: SQLAlchemy is slower with a connection that somebody listens to.
        """
        if connection not in self._watched:
            self._watched.append(connection)
            for name in ("commit", "rollback"):
                event.listen(connection, name, self._refuse)

    def leave(self, connection: Connection) -> None:
        """Hear of it no more."""
        if connection in self._watched:
            self._watched.remove(connection)
            for name in ("commit", "rollback"):
                event.remove(connection, name, self._refuse)

    def __enter__(self) -> None:
        self._in_body = True

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._in_body = False
        if error is None and self._refused is not None:
            raise self._refused

    def _refuse(self, _connection: Connection) -> None:
        if self._in_body:
            self._refused = ConfigurationError(
                "do not commit or roll back op.connection: the revision and its record are one "
                "transaction; use op.autocommit_block() or transactional=False"
            )
            raise self._refused

    def clear_up(self, connection: Connection) -> None:
        """What was refused has left SQLAlchemy's transaction dead, and the database's open."""
        if self._refused is not None and not connection.invalidated:
            self._refused = None
            connection.rollback()
            connection.dialect.do_rollback(connection.connection)
