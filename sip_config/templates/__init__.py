"""Texts that are filled in for one call: prompts, greetings and metadata."""
