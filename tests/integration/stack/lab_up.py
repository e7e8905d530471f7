"""`trunkline lab up` with the stand-in, as a process that a test can kill."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from cli import lab as command
from lab import labs, provider_sets
from tests.integration.stack import stand_in

PROGRAM = (sys.executable, stand_in.__file__)


def options(config: Path) -> labs.LabOptions:
    """A lab of the real stack and the stand-in."""
    return labs.LabOptions(
        environment={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        config=config,
        providers=provider_sets.ProviderSet.CONFIGURED,
        program=PROGRAM,
        progress=command._report,
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(command._stay_up(options(Path(sys.argv[1])))))
