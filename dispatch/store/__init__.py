"""The database of dispatch. SQL is here and nowhere else; what only SQLite knows is in `sqlite.py`."""
