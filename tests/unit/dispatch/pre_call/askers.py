"""One asker, whom it asks, and what it is told."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
from collections.abc import Mapping
from typing import Any

from callcore import clock
from dispatch import metrics
from dispatch.webhooks import client
from dispatch.webhooks.pre_call import asking, inbound, questions, verdicts
from sip_config import configurations, routing, schema
from tests.unit.dispatch import doubles, samples
from tests.unit.dispatch.pre_call import conftest as sample

OK = client.Answer(status_code=200, body=b'{"firstMessage": "Hi."}')
DOWN = client.Answer(error="timeout")
UNREACHED = client.Answer(error="connect_failed")
RESET = client.Answer(error="reset")
CUT_SHORT = client.Answer(status_code=200, error="reset", body=b"{")
MAIN, OTHER = "https://a.example/x", "https://b.example/y"


@dataclasses.dataclass
class Poster:
    """Answers by URL, one after the other; the last one again and again."""

    answers: dict[str, collections.deque[client.Answer]]
    asked: list[tuple[str, Mapping[str, str], float]] = dataclasses.field(default_factory=list)
    hangs_at: str = ""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], within_s: float) -> client.Answer:
        self.asked.append((url, headers, within_s))
        if self.hangs_at == url:
            await asyncio.Event().wait()
        left = self.answers[url]
        return left.popleft() if len(left) > 1 else left[0]

    @property
    def urls(self) -> list[str]:
        return [url for url, _, _ in self.asked]


def poster(*answers: client.Answer, other: client.Answer = DOWN) -> Poster:
    return Poster({MAIN: collections.deque(answers), OTHER: collections.deque([other])})


class Asker:
    """One asker, and whom it asks."""

    def __init__(self, base: configurations.Configuration, by: Any, **target: Any) -> None:
        self.poster = by
        self.clock = clock.ManualClock(wall=samples.START)
        self._asker = asking.Asker(by, metrics.Metrics(), self.clock)
        wanted = schema.PreCall.model_validate({"url": MAIN, "timeout": "7s"} | target)
        decision = routing.decide(sample.asking(base, wanted), doubles.LIVE, samples.intake(), samples.START)
        question = inbound.question("call_1", samples.intake(), decision)
        assert question is not None
        self.question: questions.Question = question

    async def ask(self) -> verdicts.Verdict:
        return await self._asker.ask(self.question)
