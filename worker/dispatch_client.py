"""The worker's side of the internal API of dispatch."""

from __future__ import annotations

import pathlib
from typing import TypeVar

import aiohttp
import pydantic

from callcore import contract, errors
from sip_config import snapshots

_REQUEST_S = 10.0  # for what nobody waits for on the phone
_REFUSALS = frozenset({403, 404, 409, 422, 429})
"""Of what a transfer is asked to be: asking again would get the same answer."""

_M = TypeVar("_M", bound=pydantic.BaseModel)


class CallTaken(errors.Conflict):
    """Another job holds this call; this one has to leave it alone."""

    public_code = "fenced"


class CallOver(errors.Conflict):
    """The call has ended already; its room is to be closed."""

    public_code = "call_over"


class LinesMissing(errors.Conflict):
    """Dispatch lacks lines before these, as after its store was restored from a backup."""

    public_code = "lines_missing"

    def __init__(self, expected: int) -> None:
        super().__init__()
        self.expected = expected


class TransferRefused(errors.Conflict):
    """Dispatch does not do this for a transfer, and would not if it were asked again."""

    public_code = "transfer_refused"

    def __init__(self, code: str, message: str | None = None) -> None:
        """A refusal.

        Args:
            code: dispatch's own, stable.
            message: dispatch's own; without numbers.
        """
        super().__init__(message)
        self.code = code


class DispatchClient:
    """Speaks the contract of `callcore.contract`.

    Every way of not answering is `DispatchUnavailable`; what dispatch refuses on purpose has an error of its own.
    """

    def __init__(self, http: aiohttp.ClientSession, base_url: str, secret: str) -> None:
        self._http = http
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {secret}"}

    async def announce(self, intake: contract.CallIntake, timeout: float) -> contract.CallAccepted:
        """Tell dispatch of a call; the answer may hold the plan already.

        Raises:
            CallTaken, CallOver: this job has nothing to do here.
        """
        body = await self._request("POST", "/internal/calls", intake, timeout)
        return _parsed(contract.CallAccepted, body)

    async def wait_for_plan(self, call_id: str, timeout: float) -> contract.CallPlan:
        """The plan of a call, waiting until dispatch has decided."""
        body = await self._request("GET", f"/internal/calls/{call_id}/plan", None, timeout)
        return _parsed(contract.CallPlan, body)

    async def ready(self, call_id: str, ready: contract.Ready, timeout: float) -> None:
        """Have dispatch dial the callee of a call that we place; asking again changes nothing.

        Raises:
            CallTaken, CallOver: this job has nothing to do here.
        """
        await self._request("POST", f"/internal/calls/{call_id}/ready", ready, timeout)

    async def forward(self, call_id: str, wish: contract.ForwardRequest, timeout: float) -> contract.TransferProgress:
        """Have dispatch carry out the forward of a call's plan; asking again gets the same transfer.

        Raises:
            CallTaken, CallOver: this job has nothing to do here.
            TransferRefused: it does not.
        """
        return await self._transfer("POST", f"/internal/calls/{call_id}/forward", wish, timeout)

    async def request_transfer(
        self, call_id: str, wish: contract.TransferRequest, timeout: float
    ) -> contract.TransferProgress:
        """Have dispatch carry out a transfer that the agent wants; the same `request_id` gets the same transfer.

        Raises:
            CallTaken, CallOver: this job has nothing to do here.
            TransferRefused: it does not.
        """
        return await self._transfer("POST", f"/internal/calls/{call_id}/transfers", wish, timeout)

    async def follow_transfer(
        self, call_id: str, transfer_id: str, known: int, timeout: float
    ) -> contract.TransferProgress:
        """How far a transfer has come, waiting for a while until its version is another one than `known`.

        Raises:
            TransferRefused: there is no such transfer.
        """
        path = f"/internal/calls/{call_id}/transfers/{transfer_id}?version={known}"
        return await self._transfer("GET", path, None, timeout)

    async def transfer_fact(
        self, call_id: str, transfer_id: str, fact: contract.TransferFact, timeout: float
    ) -> contract.TransferProgress:
        """Tell dispatch what the job saw or did; saying it twice, or too late, changes nothing.

        Raises:
            CallTaken, CallOver: this job has nothing to do here.
            TransferRefused: this cannot be so.
        """
        path = f"/internal/calls/{call_id}/transfers/{transfer_id}/facts"
        return await self._transfer("POST", path, fact, timeout)

    async def send_lines(self, batch: contract.SpoolBatch) -> contract.SpoolReceipt:
        """Deliver spool lines.

        Raises:
            LinesMissing: earlier lines have to be sent first.
        """
        body = await self._request("POST", "/internal/spool", batch, _REQUEST_S)
        return _parsed(contract.SpoolReceipt, body)

    async def put_audio(
        self, kind: contract.AudioKind, label: contract.AudioLabel, path: pathlib.Path, timeout: float
    ) -> None:
        """Deliver a recording, a WAV file; doing it twice is harmless."""
        headers = {**self._headers, "Content-Type": "audio/wav"}
        query = {name: str(value) for name, value in label.model_dump(mode="json").items()}
        limit = aiohttp.ClientTimeout(total=timeout)
        url = f"{self._base}/internal/audio/{kind.value}"
        try:
            with path.open("rb") as sound:
                async with self._http.put(url, params=query, data=sound, headers=headers, timeout=limit) as response:
                    if response.status // 100 != 2:
                        raise errors.DispatchUnavailable(f"dispatch answered {response.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.DispatchUnavailable(type(error).__name__) from None

    async def report(self, report: contract.WorkerReport, timeout: float) -> None:
        """Say that this worker is alive."""
        await self._request("POST", "/internal/workers", report, timeout)

    async def fetch_snapshot(self, etag: str | None, timeout: float) -> tuple[snapshots.Snapshot, str | None] | None:
        """The routing snapshot and its ETag; None when it is still the one of `etag`."""
        headers = {**self._headers, **({"If-None-Match": etag} if etag else {})}
        limit = aiohttp.ClientTimeout(total=timeout)
        try:
            async with self._http.get(f"{self._base}/internal/snapshot", headers=headers, timeout=limit) as response:
                if response.status == 304:
                    return None
                if response.status != 200:
                    raise errors.DispatchUnavailable(f"dispatch answered {response.status}")
                return _parsed(snapshots.Snapshot, await response.read()), response.headers.get("ETag")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.DispatchUnavailable(type(error).__name__) from None

    async def _transfer(
        self, method: str, path: str, message: pydantic.BaseModel | None, timeout: float
    ) -> contract.TransferProgress:
        status, body = await self._exchange(method, path, message, timeout)
        if status in _REFUSALS:
            raise _refusal(body)
        return _parsed(contract.TransferProgress, _checked(status, body))

    async def _request(self, method: str, path: str, message: pydantic.BaseModel | None, timeout: float) -> bytes:
        return _checked(*await self._exchange(method, path, message, timeout))

    async def _exchange(
        self, method: str, path: str, message: pydantic.BaseModel | None, timeout: float
    ) -> tuple[int, bytes]:
        headers = {**self._headers, "Content-Type": "application/json"}
        limit = aiohttp.ClientTimeout(total=timeout)
        data = message.model_dump_json().encode() if message is not None else None
        try:
            async with self._http.request(
                method, self._base + path, data=data, headers=headers, timeout=limit
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.DispatchUnavailable(type(error).__name__) from None


class _Problem(pydantic.BaseModel):
    code: str
    detail: str = ""
    expected: int = 1


def _checked(status: int, body: bytes) -> bytes:
    if status == 409:
        raise _conflict(body)
    if status // 100 != 2:
        raise errors.DispatchUnavailable(f"dispatch answered {status}")
    return body


def _conflict(body: bytes) -> errors.TrunklineError:
    problem = _parsed(_Problem, body)
    match problem.code:
        case CallTaken.public_code:
            return CallTaken()
        case CallOver.public_code:
            return CallOver()
        case LinesMissing.public_code:
            return LinesMissing(problem.expected)
    return errors.DispatchUnavailable(f"dispatch answered 409 {problem.code}")


def _refusal(body: bytes) -> errors.TrunklineError:
    problem = _parsed(_Problem, body)
    match problem.code:
        case CallTaken.public_code:
            return CallTaken()
        case CallOver.public_code:
            return CallOver()
    return TransferRefused(problem.code, problem.detail or None)


def _parsed(model: type[_M], body: bytes) -> _M:
    try:
        return model.model_validate_json(body)
    except pydantic.ValidationError as error:
        raise errors.DispatchUnavailable(f"dispatch sent something that is no {model.__name__}") from error
