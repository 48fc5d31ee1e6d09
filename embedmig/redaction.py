"""What an error may say: never the values that a data migration carried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, StatementError

from .dialects.session import error_code
from .errors import EmbedmigError

if TYPE_CHECKING:
    from .dialects.session import Session


class WithheldError(Exception):
    """Stands for an error whose words may quote values; `code` is what the server called it."""

    def __init__(self, error: BaseException) -> None:
        self.code = error_code(error)
        self.sqlstate = self.code if isinstance(self.code, str) else None
        super().__init__(f"{_name_of(error)}; its message is withheld, since it may quote values")


def discreet(error: BaseException, session: Session) -> BaseException:
    """The error itself, or one of its class without parameters and without the server's words.

    Errors further down its chain are replaced as well, so that no traceback shows them.
    """
    if isinstance(error, StatementError):
        return _without_values(error) if _may_quote(error, session) else _without_parameters(error)
    for link in ("__cause__", "__context__"):
        inner = getattr(error, link)
        if isinstance(inner, Exception):
            suppressed = error.__suppress_context__
            setattr(error, link, discreet(inner, session))
            error.__suppress_context__ = suppressed
    return error


def describe_error(error: BaseException) -> str:
    """What went wrong, in one line and without parameters."""
    if isinstance(error, EmbedmigError):
        return str(error)
    if not isinstance(error, StatementError):
        return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error.orig, WithheldError):
        return str(error.orig)
    first = str(error.orig).strip().splitlines()
    return f"{_name_of(error)}: {first[0]}" if first else _name_of(error)


def _may_quote(error: StatementError, session: Session) -> bool:
    if not isinstance(error, DBAPIError):  # a value that its type does not take
        return True
    return not session.is_queue_timeout(error) and session.may_quote_values(error)


def _without_parameters(error: StatementError) -> StatementError:
    error.hide_parameters = True
    return error


def _without_values(error: StatementError) -> StatementError:
    withheld = WithheldError(error)
    made: StatementError
    if isinstance(error, DBAPIError):
        made = type(error)(
            error.statement,
            None,
            withheld,
            hide_parameters=True,
            connection_invalidated=error.connection_invalidated,
        )
    else:
        made = StatementError(str(withheld), error.statement, None, withheld, hide_parameters=True)
    made.__suppress_context__ = True
    return made.with_traceback(error.__traceback__)


def _name_of(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    code = error_code(error)
    return type(original).__name__ + (f" {code}" if code is not None else "")
