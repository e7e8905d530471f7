"""Simulated speech and model providers that speak the real wire protocols, on loopback."""
