"""A help desk as a plain Python service: it brings its own database up to date when it boots."""
