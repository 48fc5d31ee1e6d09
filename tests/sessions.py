"""A connection that writes down what it is asked: for databases that no test can reach."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class _Result:
    returns_rows = False
    rowcount = -1
    context = SimpleNamespace(cursor=None)

    def close(self) -> None:
        pass

    def __init__(self, value: Any) -> None:
        self._value = value

    def scalar(self) -> Any:
        return self._value

    def first(self) -> Any:
        return self._value


class Recorder:
    """Keeps every statement with its values in it, and answers from a list."""

    closed = invalidated = False
    _echo = True  # somebody watches, so everything comes through SQLAlchemy's methods

    def __init__(self, dialect: Any, answers: list[Any] | None = None) -> None:
        self.dialect = dialect
        self.log: list[str] = []
        self._answers = list(answers or ())
        self.dispatch = SimpleNamespace(before_cursor_execute=(), after_cursor_execute=())

    def exec_driver_sql(self, sql: str, *_: Any, **options: Any) -> _Result:
        self.log.append(sql)
        return _Result(None)

    def execute(self, clause: Any, parameters: dict[str, Any] | None = None, **_: Any) -> _Result:
        bound = clause.bindparams(**(parameters or {}))
        compiled = bound.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True})
        self.log.append(str(compiled))
        return _Result(self._answers.pop(0) if self._answers else None)
