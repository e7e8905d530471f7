"""Transfers of real calls, with real phones on both sides."""
