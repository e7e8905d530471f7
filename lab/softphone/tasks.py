"""The tasks of one owner: nothing runs on after it, and nothing fails unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Tasks:
    """Starts tasks, cancels them together, and reports what went wrong in any of them."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._failures: list[Exception] = []

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)

    def cancel(self) -> None:
        """Cancels all but the task that calls this."""
        for task in self._running - {asyncio.current_task()}:
            task.cancel()

    async def close(self) -> None:
        """Cancels all and waits until they are gone.

        Raises:
            ExceptionGroup: tasks had failed, now or earlier; each failure is reported once.
        """
        self.cancel()
        await self.finish()

    async def finish(self) -> None:
        """Waits until all are done by themselves.

        Raises:
            ExceptionGroup: tasks had failed, now or earlier; each failure is reported once.
        """
        others = self._running - {asyncio.current_task()}
        if others:
            await asyncio.wait(others)
        await asyncio.sleep(0)  # Lets the last done callbacks run.
        failures, self._failures = self._failures, []
        if failures:
            raise ExceptionGroup("background tasks of the softphone failed", failures)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            problem = task.exception()
            if isinstance(problem, Exception):
                self._failures.append(problem)
