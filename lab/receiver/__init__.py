"""A web server that takes webhooks, verifies them with the reference library, and answers as it is told.

    async with receiver.running([secret]) as hooks:          # one of `whsec_…`, or several
        url = hooks.url("status")                            # http://127.0.0.1:40123/status; any name will do
        hooks.answer("pre_call", receiver.Answer.of({"firstMessage": "Hello!"}, after_s=0.3))
        hooks.answer("status", receiver.Answer(status=500), times=2)    # then as before
        hooks.answer("status", lambda request: receiver.RESETS if request.number % 2 else receiver.OK)
        ...
        [report] = await hooks.wait("post_call", 1, timeout=10, where=lambda request: request.call_id == call_id)
        assert report.signed_with == (0,)                    # by place in the list of secrets; () is no good signature
        assert report.document["type"] == "call.report"
        await hooks.go_down()                                # connections are refused from now on
        await hooks.come_up()                                # at the same port

What an endpoint was not told to answer, it answers with 200 and `{}`. Misbehaviour: `HANGS`, `RESETS`,
`Answer.bomb(inflated_bytes)`, `Answer(status=200, body=b"…", drips_s=1.0)`, `Answer(status=302, headers={…})`.

Everything that came is in `hooks.requests(name)` in the order of arrival, each with `at_s`, by the clock that
`time.monotonic` and the soft phones' timelines go by.
"""

from lab.receiver.answers import HANGS, OK, RESETS, Answer
from lab.receiver.receivers import Receiver, Where, running
from lab.receiver.requests import Request

__all__ = ["HANGS", "OK", "RESETS", "Answer", "Receiver", "Request", "Where", "running"]
