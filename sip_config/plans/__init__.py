"""What a job is to do with one call, made from the settings."""
