import sqlalchemy as sa

from embedmig import Operations

from . import registry


@registry.revision("27d9b3c1e480", down_revision="1c6e0f2a9b54", message="comments on a ticket")
def comments(op: Operations) -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("ticket_id", sa.Integer, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("written_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name="fk_comment_ticket_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_comment_ticket_id", "comment", ["ticket_id"])
