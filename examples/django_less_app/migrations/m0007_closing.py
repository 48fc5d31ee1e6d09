import sqlalchemy as sa

from embedmig import Operations

from . import registry


@registry.revision("7d4be1903fa6", down_revision="6f02d8a45c1b", message="closing, and the queue")
def closing(op: Operations) -> None:
    op.alter_column("ticket", "body", new_column_name="description")
    op.add_column("ticket", sa.Column("closed_at", sa.DateTime))
    op.create_index("ix_ticket_status_opened_at", "ticket", ["status", "opened_at"])
