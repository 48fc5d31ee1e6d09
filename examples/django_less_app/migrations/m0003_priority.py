import sqlalchemy as sa

from embedmig import Operations

from . import registry


@registry.revision("3a5f7d60c2e9", down_revision="27d9b3c1e480", message="tickets have a priority")
def priority(op: Operations) -> None:
    with op.batch_alter_table("ticket") as batch:
        batch.add_column(sa.Column("priority", sa.Integer, nullable=False, server_default="3"))
        batch.create_check_constraint("priority_range", "priority BETWEEN 1 AND 5")
