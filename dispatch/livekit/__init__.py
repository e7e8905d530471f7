"""Everything that dispatch says to LiveKit and hears from it."""
