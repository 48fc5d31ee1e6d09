import sqlalchemy as sa

from embedmig import Operations

from . import registry


@registry.revision("6f02d8a45c1b", down_revision="5b3c94e8d1a7", message="the old name goes")
def drop_name(op: Operations) -> None:
    with op.batch_alter_table("customer") as batch:
        batch.alter_column("given_name", existing_type=sa.String(100), nullable=False)
        batch.alter_column("family_name", existing_type=sa.String(100), nullable=False)
        batch.drop_column("name")


@drop_name.downgrade
def bring_back_name(op: Operations) -> None:
    with op.batch_alter_table("customer") as batch:
        batch.add_column(sa.Column("name", sa.String(200), nullable=False, server_default=""))
        batch.alter_column("given_name", existing_type=sa.String(100), nullable=True)
        batch.alter_column("family_name", existing_type=sa.String(100), nullable=True)
    customer = op.table("customer")
    op.execute(customer.update().values(name=customer.c.family_name))
    op.alter_column("customer", "name", existing_type=sa.String(200), server_default=None)
