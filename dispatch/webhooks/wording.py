"""What went wrong with a webhook, in words for who has to mend it."""

from __future__ import annotations

from dispatch.webhooks import client, faults

_Fault = faults.Fault

_FAULTS = {
    _Fault.NO_SECRET: "There is nothing to sign it with: `webhooks.secrets` of organization.yaml names no secret.",
    _Fault.BAD_URL: "This is no URL that can be requested.",
    _Fault.FORBIDDEN_ADDRESS: "It leads to an address that webhooks may not go to. Where that is meant, "
    "`webhooks.allow` of organization.yaml has to name it.",
    _Fault.DNS_FAILED: "The name of its host is not known, or no name server answers.",
    _Fault.CONNECT_FAILED: "Nobody listens there, or nothing gets there.",
    _Fault.TLS_FAILED: "Its certificate is not valid for this name, or it does not speak TLS.",
    _Fault.TIMEOUT: "It did not answer in time. Answer at once, and do the work afterwards.",
    _Fault.RESET: "It broke the connection off.",
    _Fault.BAD_ANSWER: "What it sent is no HTTP, or cannot be decompressed.",
    _Fault.TOO_LARGE: f"Its answer is longer than {client.MAX_ANSWER // 1024} kB.",
    _Fault.REDIRECT: "It sent us elsewhere, and redirects are not followed: write the URL where that ends.",
}
_STATUSES = {
    401: "It does not let us in. Does it check the signature, with the right secret, over the very bytes that came?",
    403: "It does not let us in. Does it check the signature, with the right secret, over the very bytes that came?",
    404: "Nothing is at this path.",
    405: "This path does not take POST.",
    410: "It says that it is gone: an endpoint that answers so is disabled.",
    413: "The body is too large for it.",
    415: "It does not take `application/json`.",
    429: "It wants fewer requests.",
}


def of(answer: client.Answer, error: str) -> str:
    """What an answer that is no success means.

    Args:
        answer: what came.
        error: its class, as it is kept of an attempt.
    """
    if error in _FAULTS:
        return _FAULTS[_Fault(error)]
    status = answer.status_code
    if status is None:
        return "It could not be sent; the log may say why."
    if status in _STATUSES:
        return _STATUSES[status]
    if status >= 500:  # RFC 9110 section 15.6: the server's fault
        return f"It failed by itself: {status}."
    return f"It answered {status}, and only 2xx counts as taken."
