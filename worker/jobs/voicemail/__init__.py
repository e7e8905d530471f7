"""A caller who leaves a message: `voicemails` tells the story."""
