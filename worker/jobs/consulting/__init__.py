"""The agent speaks with a transfer's destination, while the caller is on hold: `consultations` tells the story."""
