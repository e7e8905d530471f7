"""People: one contact for each number. What their calls make of them, and what is known of them before we talk."""

from dispatch.contacts.ensuring import ensure
from dispatch.contacts.introducing import NOBODY, Introduction, context, introduce

__all__ = ["NOBODY", "Introduction", "context", "ensure", "introduce"]
