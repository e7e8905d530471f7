"""How a command fails: one plain sentence on stderr for what the user can mend, and the exit code for it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

EXIT_FAILED = 1
EXIT_DIFFERS = 2  # as `terraform plan -detailed-exitcode` says it
EXIT_CONFIG = 78  # sysexits.h EX_CONFIG
EXIT_INTERRUPTED = 130  # as a shell says it: 128 + SIGINT


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Turn our own errors into sentences and exit codes."""
    from callcore import errors

    try:
        yield
    except errors.ConfigurationInvalid as error:
        for problem in error.problems:
            sys.stderr.write(f"{problem}\n")
        raise SystemExit(EXIT_CONFIG) from None
    except errors.TrunklineError as error:
        sys.stderr.write(f"{error.message}\n")
        raise SystemExit(EXIT_FAILED) from None
