"""Alembic's environment and the versions of the schema; part of the package, so that a wheel brings them along."""
