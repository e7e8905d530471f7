"""Fixed texts and sounds that the caller hears where no agent talks, and how words are pronounced."""
