"""Calls that we place: what a client may change of an agent for one call, and the plan that comes of it. Pure."""
