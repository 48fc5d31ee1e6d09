"""What changed: the metadata against the database, as operations and as source."""
