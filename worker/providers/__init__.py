"""From an agent's settings to what listens, thinks and speaks: `registry` is the way in."""
