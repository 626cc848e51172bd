"""Revisions that Alembic reads; it loads each by its path."""
