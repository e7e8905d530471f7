"""Asks, within the time that a ringing person can be left waiting, and always comes to a verdict."""

from __future__ import annotations

import asyncio
import dataclasses
import re

import structlog

from callcore import clock, errors, ids, signing
from dispatch import metrics
from dispatch.webhooks import client, faults, targets
from dispatch.webhooks.pre_call import answers, breakers, questions, verdicts
from sip_config import schema
from sip_config.sessions import findings

_AGAIN = frozenset({faults.Fault.CONNECT_FAILED.value, faults.Fault.DNS_FAILED.value, faults.Fault.RESET.value})
"""Nobody answered, and at once: worth one more try. A kept connection is reset if its server closes it just then."""

_FIRST_SHARE = 2 / 3  # of the time, where there is a fallback: an endpoint that hangs leaves it the rest
_SLACK_S = 0.05  # for a client that is just about to tell what went wrong
_NO_TIME_S = 0.02  # less than that is not worth a request
_PLAIN_PATH = re.compile(r"[A-Za-z_.]{1,100}(\.\d{1,3})?")  # one with digits in a name may hold somebody's number

BREAKER_OPEN = "breaker_open"
INVALID = "answer_invalid"
"""The answer is JSON, but cannot be followed."""

_log = structlog.get_logger(__name__)


class _Failure(Exception):
    """There is no answer, or none that can be followed."""

    def __init__(self, error: str, problem: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.problem = problem


class Asker:
    """Asks about calls; shared by calls that come and calls that we place."""

    def __init__(self, poster: client.Poster, counters: metrics.Metrics, timepiece: clock.Clock) -> None:
        """Make one; its breakers, one for each URL, go by the clock's monotonic time."""
        self._poster = poster
        self._metrics = counters
        self._clock = timepiece
        self._breakers = breakers.Breakers(timepiece.monotonic)

    async def ask(self, question: questions.Question) -> verdicts.Verdict:
        """What is to be done with the call; comes within the target's time, whatever the endpoint does."""
        loop, target = asyncio.get_running_loop(), question.target
        began = loop.time()
        deadline = began + target.timeout.total_seconds()
        has_fallback = target.fallback_url is not None
        until = began + target.timeout.total_seconds() * (_FIRST_SHARE if has_fallback else 1.0)
        try:
            verdict = await self._asked(target.url, question, until)
        except _Failure as failure:
            verdict = await self._otherwise(question, failure, deadline)
        verdict = dataclasses.replace(verdict, took_s=loop.time() - began)
        self.note(question, verdict)
        return verdict

    def note(self, question: questions.Question, verdict: verdicts.Verdict) -> None:
        """Count a verdict, and tell the operator where something is to be mended."""
        self._metrics.pre_call_seconds.labels(result=verdict.result.value).observe(verdict.took_s)
        if verdict.error is not None or verdict.ignored:
            _log.warning(
                "the pre-call webhook's answer could not be followed in full",
                call_id=question.call_id,
                agent_id=question.draft.agent.agent_id,
                **{name: value for name, value in verdict.data.items() if value is not None},
            )

    async def _otherwise(self, question: questions.Question, failure: _Failure, deadline: float) -> verdicts.Verdict:
        """What follows a failure, by the target's `on_error`."""
        target = question.target
        result = verdicts.Result.BREAKER_OPEN if failure.error == BREAKER_OPEN else verdicts.Result.FAILED
        if target.on_error is schema.OnError.FALLBACK_URL and target.fallback_url is not None:
            try:
                verdict = await self._asked(target.fallback_url, question, deadline)
            except _Failure as second:
                if second.error != BREAKER_OPEN:
                    result, failure = verdicts.Result.FAILED, second
            else:
                return dataclasses.replace(verdict, error=failure.error, on_error=target.on_error)
        verdict = verdicts.without_answer(target.on_error, question.draft, failure.error)
        return dataclasses.replace(verdict, result=result, problem=failure.problem)

    async def _asked(self, url: str, question: questions.Question, deadline: float) -> verdicts.Verdict:
        if not targets.secrets_of(question.configuration, question.target):
            raise _Failure(faults.Fault.NO_SECRET.value)
        if _left_s(deadline) < _NO_TIME_S:
            raise _Failure(faults.Fault.TIMEOUT.value)
        breaker = self._breakers.of(url)
        if not breaker.admits():
            raise _Failure(BREAKER_OPEN)
        try:
            reply = await self._reply(url, question, deadline)
            breaker.succeeded()
            return _verdict(question, reply)
        except _Failure as failure:
            # An answer that does not fit one call says nothing of the next one.
            (breaker.succeeded if failure.error == INVALID else breaker.failed)()
            raise
        except Exception:  # noqa: BLE001  # a fault of ours must not keep a caller ringing
            breaker.withdrawn()
            _log.exception("a pre-call webhook broke off", call_id=question.call_id)
            raise _Failure(faults.Fault.FAILED.value) from None
        except BaseException:
            breaker.withdrawn()
            raise

    async def _reply(self, url: str, question: questions.Question, deadline: float) -> answers.Reply:
        message_id, body = ids.new(ids.DELIVERY, self._clock.now()), question.body()
        answer = await self._post(url, message_id, body, question, deadline)
        if answer.error in _AGAIN and answer.status_code is None and _left_s(deadline) >= _NO_TIME_S:
            answer = await self._post(url, message_id, body, question, deadline)
        if answer.error is not None:
            raise _Failure(answer.error)
        if not answer.is_success:
            raise _Failure(f"status_{answer.status_code}")
        try:
            return answers.parse(answer.body)
        except answers.Unusable as unusable:
            raise _Failure(unusable.public_code) from None
        except findings.Unfit as unfit:
            raise _invalid(unfit) from None

    async def _post(
        self, url: str, message_id: str, body: bytes, question: questions.Question, deadline: float
    ) -> client.Answer:
        left_s = _left_s(deadline)
        secrets = targets.secrets_of(question.configuration, question.target)
        headers = signing.sign(message_id, self._clock.now(), body, secrets)
        try:
            async with asyncio.timeout(left_s + _SLACK_S):
                return await self._poster.post(url, body, headers, left_s)
        except TimeoutError:
            return client.Answer(error=faults.Fault.TIMEOUT.value)


def _left_s(deadline: float) -> float:
    return deadline - asyncio.get_running_loop().time()


def _verdict(question: questions.Question, reply: answers.Reply) -> verdicts.Verdict:
    if reply.rejection is not None:
        plan = verdicts.rejection(reply.rejection.text, reply.rejection.code)
        return verdicts.Verdict(plan=plan, result=verdicts.Result.REJECTED, ignored=reply.ignored)
    if reply.changes_nothing:
        return verdicts.Verdict(plan=question.draft, result=verdicts.Result.UNCHANGED, ignored=reply.ignored)
    try:
        made = question.remake(reply.wanted)
    except findings.Unfit as unfit:
        raise _invalid(unfit) from None
    except errors.ConfigurationInvalid:
        raise _Failure(INVALID) from None
    result = verdicts.Result.UNCHANGED if made == question.draft else verdicts.Result.ACCEPTED
    return verdicts.Verdict(plan=made, result=result, ignored=reply.ignored)


def _invalid(unfit: findings.Unfit) -> _Failure:
    path, _ = unfit.found[0]
    return _Failure(INVALID, path if _PLAIN_PATH.fullmatch(path) else None)
