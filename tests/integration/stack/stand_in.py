"""A stand-in for the `trunkline` command, so that the lab can be tested apart from dispatch and the worker.

It keeps what the lab relies on: where each listens, what it answers and prints, and that the store outlives a run. Like
the real worker, its worker leaves processes in sessions of their own.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from aiohttp import web

from tests.unit.stack import unruly


async def dispatch() -> None:
    store = Path(os.environ["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///"))
    runs = int(store.read_text()) + 1 if store.exists() else 1
    store.write_text(str(runs))
    workers: list[str] = []

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"runs": runs})

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(status=200 if workers else 503)

    async def register(request: web.Request) -> web.Response:
        workers.append(await request.text())
        return web.Response()

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    application.router.add_post("/workers", register)
    runner = web.AppRunner(application)
    await runner.setup()
    host, port = os.environ["TRUNKLINE_HTTP_HOST"], int(os.environ["TRUNKLINE_HTTP_PORT"])
    await web.TCPSite(runner, host, port).start()
    await asyncio.Event().wait()


def worker() -> None:
    report = Path(os.environ["TRUNKLINE_STATE_DIR"]) / "unruly"
    with subprocess.Popen([sys.executable, unruly.__file__, str(report)], start_new_session=True) as job:
        while not report.exists():
            time.sleep(0.01)
        print("registered worker", flush=True)  # noqa: T201
        with urllib.request.urlopen(f"{os.environ['TRUNKLINE_DISPATCH_URL']}/workers", data=b"one", timeout=5):  # noqa: S310
            pass
        job.wait()


if __name__ == "__main__":
    role = sys.argv[-1]
    (Path(os.environ["TRUNKLINE_STATE_DIR"]) / "environment.json").write_text(json.dumps(dict(os.environ)))
    if role == "dispatch":
        asyncio.run(dispatch())
    else:
        worker()
