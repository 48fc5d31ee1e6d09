"""AsyncMigrator: the same methods, awaitable, over the same implementation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.util import await_only, greenlet_spawn

from .errors import ConfigurationError
from .migrator import Migrator, Target

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Unpack

    from sqlalchemy import MetaData

    from .autogen.author import Where
    from .autogen.diff import Diff
    from .plan import Plan
    from .registry import Registry
    from .results import Report, Status
    from .revision import Revision

T = TypeVar("T")


def _sleep(seconds: float) -> None:
    """Wait without stopping the event loop, from inside the greenlet of a method below."""
    await_only(asyncio.sleep(seconds))


class AsyncMigrator:
    """A Migrator for an AsyncEngine, or for an AsyncConnection whose transaction the caller owns.

    It takes Migrator's arguments and has Migrator's methods; those that ask a database are
    awaitable. Revision functions stay ordinary functions. The event loop keeps running while it
    waits for the lock or for the database; a cancelled task ends its statement, rolls back and
    frees the lock. On aiosqlite a statement of more than a moment is not ended but waited for.
    """

    def __init__(
        self,
        bind: AsyncEngine | AsyncConnection,
        metadata: MetaData | Sequence[MetaData] | None = None,
        migrations: Registry | str | None = None,
        *,
        lock_engine: AsyncEngine | None = None,
        **options: Any,
    ) -> None:
        if not isinstance(bind, AsyncEngine | AsyncConnection):
            raise ConfigurationError(
                f"AsyncMigrator takes an AsyncEngine or an AsyncConnection, not {bind!r}; "
                "for an Engine use Migrator"
            )
        sync_bind = bind.sync_engine if isinstance(bind, AsyncEngine) else bind.sync_connection
        if sync_bind is None:
            raise ConfigurationError("this AsyncConnection has not been opened yet")
        self._migrator = Migrator(
            sync_bind,
            metadata,
            migrations,
            lock_engine=lock_engine.sync_engine if lock_engine is not None else None,
            **options,
        )
        self._migrator.use_sleep(_sleep)

    async def upgrade(self, target: Target = "heads", *, dry_run: bool = False) -> Report:
        """See `Migrator.upgrade`."""
        return await self._await(lambda m: m.upgrade(target, dry_run=dry_run))

    async def downgrade(self, target: str) -> Report:
        """See `Migrator.downgrade`."""
        return await self._await(lambda m: m.downgrade(target))

    async def stamp(self, target: Target, *, purge: bool = False) -> Report:
        """See `Migrator.stamp`."""
        return await self._await(lambda m: m.stamp(target, purge=purge))

    async def status(self) -> Status:
        """See `Migrator.status`."""
        return await self._await(lambda m: m.status())

    async def current(self) -> tuple[str, ...]:
        """See `Migrator.current`."""
        return await self._await(lambda m: m.current())

    async def pending(self, target: Target = "heads") -> tuple[Revision, ...]:
        """See `Migrator.pending`."""
        return await self._await(lambda m: m.pending(target))

    async def plan(
        self, target: Target = "heads", *, direction: Literal["upgrade", "downgrade"] = "upgrade"
    ) -> Plan:
        """See `Migrator.plan`."""
        return await self._await(lambda m: m.plan(target, direction=direction))

    async def history(self, range: str | None = None) -> tuple[Revision, ...]:
        """See `Migrator.history`."""
        return await self._await(lambda m: m.history(range))

    async def verify(self) -> None:
        """See `Migrator.verify`."""
        return await self._await(lambda m: m.verify())

    async def wait(self, timeout: float = 60.0) -> Report:
        """See `Migrator.wait`."""
        return await self._await(lambda m: m.wait(timeout))

    async def diff(self) -> Diff:
        """See `Migrator.diff`."""
        return await self._await(lambda m: m.diff())

    async def check(self) -> None:
        """See `Migrator.check`."""
        return await self._await(lambda m: m.check())

    async def autogenerate(
        self,
        message: str | None = None,
        *,
        against: Literal["database", "migrations"] = "database",
        renames: Mapping[str, str] | None = None,
        **where: Unpack[Where],
    ) -> str:
        """See `Migrator.autogenerate`."""
        return await self._await(
            lambda m: m.autogenerate(message, against=against, renames=renames, **where)
        )

    async def draw(
        self, format: Literal["text", "mermaid", "svg"] = "text", *, mark_current: bool = False
    ) -> str:
        """See `Migrator.draw`."""
        return await self._await(lambda m: m.draw(format, mark_current=mark_current))

    def new_revision(self, message: str | None = None, **where: Unpack[Where]) -> str:
        """See `Migrator.new_revision`; asks no database, so there is nothing to await."""
        return self._migrator.new_revision(message, **where)

    def merge(
        self,
        revisions: Target = "heads",
        message: str | None = None,
        *,
        revision_id: str | None = None,
        branch_labels: str | Sequence[str] = (),
        splice: bool = False,
    ) -> str:
        """See `Migrator.merge`; asks no database, so there is nothing to await."""
        return self._migrator.merge(
            revisions, message, revision_id=revision_id, branch_labels=branch_labels, splice=splice
        )

    def squash(
        self, range: str, message: str | None = None, *, revision_id: str | None = None
    ) -> str:
        """See `Migrator.squash`; asks no database, so there is nothing to await."""
        return self._migrator.squash(range, message, revision_id=revision_id)

    def heads(self) -> tuple[str, ...]:
        """See `Migrator.heads`; asks no database, so there is nothing to await."""
        return self._migrator.heads()

    def render_sql(
        self,
        target: Target = "heads",
        *,
        start: str | None = None,
        dialect: str | None = None,
        server_version: str | None = None,
        idempotent: bool = False,
        online_only: Literal["raise", "comment"] = "raise",
        rendered_at: datetime | None = None,
    ) -> str:
        """See `Migrator.render_sql`; opens no connection, so there is nothing to await."""
        return self._migrator.render_sql(
            target,
            start=start,
            dialect=dialect,
            server_version=server_version,
            idempotent=idempotent,
            online_only=online_only,
            rendered_at=rendered_at,
        )

    async def _await(self, call: Callable[[Migrator], T]) -> T:
        return await greenlet_spawn(call, self._migrator)
