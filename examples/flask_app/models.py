"""Links and the clicks on them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Link(Base):
    __tablename__ = "link"
    __table_args__ = (sa.UniqueConstraint("slug", name="uq_link_slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(20))
    target: Mapped[str] = mapped_column(sa.String(2000))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.current_timestamp())


class Click(Base):
    __tablename__ = "click"
    __table_args__ = (sa.Index("ix_click_link_id", "link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(
        sa.ForeignKey("link.id", name="fk_click_link_id", ondelete="CASCADE")
    )
    referrer: Mapped[str | None] = mapped_column(sa.String(2000))
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.current_timestamp())
