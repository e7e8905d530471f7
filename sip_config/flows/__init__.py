"""Scripted conversations, which take the place of a language model where there is none."""
