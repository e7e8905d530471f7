"""Asking a SIP server whether it is there: OPTIONS outside of any call (RFC 3261 section 11)."""

from __future__ import annotations

import itertools
import secrets

from lab.softphone import accounts, asking, dialogs, messages, methods, uris, user_agents
from lab.softphone.headers import Headers

_USER = "phone"


async def ping(
    agent: user_agents.UserAgent,
    target: str,
    *,
    next_hop: uris.Address | None,
    account: accounts.Account,
    timeout: float,
) -> messages.Response:
    """Sends OPTIONS, again with credentials if asked for them, and waits for the 2xx.

    Raises:
        CallRefused: another final response came.
        Deadline: none came.
    """
    numbers = itertools.count(1)
    headers = Headers.of(
        ("Via", agent.via()),
        dialogs.MAX_FORWARDS,
        ("From", f"<sip:{_USER}@{agent.ip}>;tag={secrets.token_hex(6)}"),
        ("To", f"<{target}>"),
        ("Call-ID", f"{secrets.token_hex(12)}@{agent.ip}"),
        ("CSeq", f"{next(numbers)} OPTIONS"),
        agent.contact(_USER),
        *methods.ABILITIES,
    )
    request = messages.Request(method="OPTIONS", uri=target, headers=headers)
    question = asking.Question()
    account.request(
        agent,
        request,
        next_hop or uris.parse(target).address,
        question.outcome,
        next_cseq=lambda: next(numbers),
    )
    return await question.answer(timeout=timeout, what="OPTIONS was not answered")
