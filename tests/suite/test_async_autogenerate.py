"""The awaitable methods that compare and write are the same as the plain ones."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from embedmig import AsyncMigrator, Registry
from embedmig.errors import SchemaDrift
from tests.autogen.sources import execute
from tests.databases import Database

DRIVERS = {"sqlite": "aiosqlite", "postgresql": "asyncpg", "mariadb": "aiomysql"}


def test_models_become_migrations_under_an_event_loop(db: Database) -> None:
    metadata, registry = sa.MetaData(), Registry()
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", sa.Enum("a", "b", name="state"), server_default="a"),
    )

    async def run() -> None:
        engine = create_async_engine(db.with_driver(DRIVERS[db.name]))
        migrator = AsyncMigrator(engine, metadata, registry)
        with pytest.raises(SchemaDrift):
            await migrator.check()
        execute(await migrator.autogenerate("first", revision_id="aaaa"), registry)
        await migrator.upgrade()
        assert not await migrator.diff()
        assert await migrator.autogenerate() == ""
        assert "aaaa" in await migrator.draw(mark_current=True)
        assert 'down_revision="aaaa"' in migrator.new_revision("next")
        await engine.dispose()

    asyncio.run(run())
