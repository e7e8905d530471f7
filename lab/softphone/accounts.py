"""Credentials in use: which challenges they answer, and how often a nonce was used."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable

from lab.softphone import digest, messages, uris, user_agents
from lab.softphone.client_transactions import Outcome
from lab.softphone.headers import Headers

MOST_ANSWERS = 3
"""A request is sent again so often at most; a server that finds every nonce stale is not obeyed for ever."""


class Account:
    """What one call, or one request outside of calls, answers challenges with."""

    def __init__(self, credentials: digest.Credentials | None) -> None:
        self._credentials = credentials
        self._uses: collections.Counter[str] = collections.Counter()

    def proof(self, challenge: messages.Response, request: messages.Request, *, answers: int) -> Headers | None:
        """The header to send a request with again.

        Args:
            challenge: any final response to it.
            request: as it was sent, with the proof of an earlier challenge if there was one.
            answers: how many challenges this request has been sent again for.

        Returns:
            None if that response is to be taken as it is: it is no challenge, there is nothing to answer it with, or
            the answer was already given and not found to be merely old.
        """
        asked = next(iter(digest.challenges(challenge)), None)
        if self._credentials is None or asked is None or answers >= MOST_ANSWERS:
            return None
        if digest.HEADERS[challenge.code][1] in request.headers and not asked.is_stale:
            return None
        self._uses[asked.nonce] += 1
        return digest.answer(
            challenge,
            method=request.method,
            uri=request.uri,
            credentials=self._credentials,
            count=self._uses[asked.nonce],
        )

    def request(
        self,
        agent: user_agents.UserAgent,
        request: messages.Request,
        address: uris.Address,
        outcome: Outcome,
        *,
        next_cseq: Callable[[], int],
        acks: bool = True,
        answers: int = 0,
    ) -> None:
        """Sends a request, and again with a proof as long as that is asked for; then reports what came of it.

        Args:
            agent: sends it.
            request: the first try.
            address: where it goes.
            outcome: told of the responses, but not of challenges that were answered.
            next_cseq: the number of a further try.
            acks: off, refusals of an INVITE get no ACK.
            answers: how many challenges were answered before this try.
        """

        def receive(response: messages.Response) -> None:
            proof = self.proof(response, request, answers=answers)
            if proof is None:
                outcome.on_response(response)
                return
            anew = again(request, proof, via=agent.via(), cseq=next_cseq())
            self.request(agent, anew, address, outcome, next_cseq=next_cseq, acks=acks, answers=answers + 1)

        watched = Outcome(on_response=receive, on_timeout=outcome.on_timeout)
        agent.transactions.request(request, address, watched, acks=acks)


def again(request: messages.Request, proof: Headers, *, via: str, cseq: int) -> messages.Request:
    """The same request as a new transaction, with a proof in place of an older one."""
    anew = Headers.of(("Via", via), ("CSeq", f"{cseq} {request.method}")) + proof
    kept = request.headers.without(*(name for name, _ in anew))
    return dataclasses.replace(request, headers=anew + kept)
