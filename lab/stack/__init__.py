"""The real stack on loopback: Redis, livekit-server and livekit-sip as guarded processes of one machine."""
