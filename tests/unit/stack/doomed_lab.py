"""A lab with one unruly component, to be killed by a test. Prints what must be gone afterwards, as one JSON line."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from lab.stack import guard
from tests.unit.stack import unruly


async def main() -> None:
    async with await guard.Guard.start(os.environ) as keeper:
        report = keeper.folder / "report"
        await keeper.spawn(
            [sys.executable, unruly.__file__, str(report)],
            environment=os.environ,
            folder=keeper.folder,
            log=keeper.folder / "unruly.log",
        )
        while not report.exists():
            await asyncio.sleep(0.01)
        component, orphan, port = map(int, report.read_text().split())
        pids = [keeper.pid, component, orphan]
        print(json.dumps({"pids": pids, "port": port, "folder": str(keeper.folder)}), flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
