"""The `trunkline` command: thin, calls the packages."""
