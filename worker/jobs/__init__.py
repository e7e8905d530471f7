"""One phone call, as its job process lives it. `entry` tells the story; each chapter has a file or a folder."""
