"""The public API, version 1: camelCase JSON, one API key."""
