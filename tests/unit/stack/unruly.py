"""A component as unruly as they come: an orphan in a session of its own listens on a port, and nobody heeds SIGTERM.

Run as a script with the path of a file to write `<pid> <pid> <port>` to, once all of it is up.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path


def main(report: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    listener = socket.create_server(("127.0.0.1", 0))
    parent = os.getpid()
    if os.fork() == 0:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)  # what it leaves behind is an orphan
        partial = report.with_suffix(".partial")
        partial.write_text(f"{parent} {os.getpid()} {listener.getsockname()[1]}")
        partial.rename(report)
    while True:
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
