"""What is promised about speed, measured beside a floor and beside Alembic."""
