"""The process that talks: a livekit-agents worker whose jobs hold one phone call each."""
