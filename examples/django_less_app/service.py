"""What the help desk does, once its database is up to date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .models import Customer, Tag, Ticket


def open_ticket(
    session: Session,
    customer: Customer,
    subject: str,
    description: str,
    *,
    priority: int = 3,
    tags: Sequence[str] = (),
) -> Ticket:
    """File a ticket; unknown tags are left out."""
    ticket = Ticket(
        customer=customer,
        subject=subject,
        description=description,
        priority=priority,
        opened_at=_now(),
        tags=list(session.scalars(sa.select(Tag).where(Tag.name.in_(tags)))),
    )
    session.add(ticket)
    return ticket


def close_ticket(ticket: Ticket) -> None:
    """Close a ticket; closing it again changes nothing."""
    if ticket.closed_at is None:
        ticket.status, ticket.closed_at = "closed", _now()


def queue(session: Session) -> Sequence[Ticket]:
    """The open tickets, the most urgent and oldest first."""
    return session.scalars(
        sa.select(Ticket)
        .where(Ticket.status == "open")
        .order_by(Ticket.priority, Ticket.opened_at, Ticket.id)
    ).all()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
