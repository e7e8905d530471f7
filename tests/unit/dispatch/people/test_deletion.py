"""Deleting a contact leaves nothing of its number but a place on the do-not-call list."""

from __future__ import annotations

import datetime as dt
import io
import json
import pathlib
from typing import Any

import pytest
import sqlalchemy as sa

from callcore import contract
from dispatch.store import tables
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

OTHER, COLLEAGUE = "+12015550188", "+12015550187"
CALLER = samples.CALLER
DIGITS = CALLER.removeprefix("+").encode()
SAID = "The password is swordfish"
ROOM = f"call_{CALLER}_x7"
WAVE = b"RIFF\x24\x00\x00\x00WAVE" + b"sound" * 100


async def contact_id(service: conftest.Service, number: str = CALLER) -> str:
    _, page = await service.public("/v1/contacts", params={"number": number})
    (found,) = page["items"]
    return str(found["id"])


async def talk(service: conftest.Service, room: str = ROOM, *, caller: str = CALLER, **changes: Any) -> None:
    """A whole call with a voicemail."""
    records = (samples.ROUTED, samples.ANSWERED, samples.said(SAID), samples.ENDED)
    await service.deliver(
        samples.arrived(room, caller=caller, **changes), *records, room=room, spool=room.replace(CALLER, "")
    )
    label = {"room_name": room, "duration_s": "2.5", "recorded_at": "2026-01-02T03:04:05Z"}
    headers = {"Authorization": f"Bearer {conftest.SECRET}", "Content-Type": "audio/wav"}
    path = "/internal/audio/voicemail"
    async with service.client.put(path, params=label, data=io.BytesIO(WAVE), headers=headers) as response:
        assert response.status == 204


async def delete(service: conftest.Service, number: str = CALLER) -> tuple[int, Any]:
    return await service.public(f"/v1/contacts/{await contact_id(service, number)}", "DELETE")


def traces(folder: pathlib.Path, text: bytes) -> list[str]:
    """The files that hold a text, or are called after it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if text in path.read_bytes() or text.decode() in str(path.relative_to(folder))]


async def count(service: conftest.Service, table: sa.Table) -> int:
    async with service.store.reading() as tx:
        return (await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()


async def everything(service: conftest.Service) -> None:
    """A person with all that can hang on one."""
    again = {"Idempotency-Key": "one"}
    told = {"e164": CALLER, "name": "Ada", "fields": {"note": "likes swordfish"}}
    await service.public("/v1/contacts", "POST", json=told, headers=again)
    await service.public("/v1/do-not-call", "POST", json={"e164": CALLER, "reason": "swordfish"})
    for number in range(3):
        at = samples.START + dt.timedelta(minutes=number)
        await talk(service, f"{ROOM}{number}", arrived_at=at)
    await service.deliver(samples.said(SAID), room=f"{ROOM}0", spool="late")  # late: it is over
    await service.deliver(samples.said(SAID), room=f"{ROOM}9", spool="never")  # of a call that is not known
    await service.internal("POST", "/internal/workers", samples.report(f"{ROOM}0", f"call_{OTHER}_x7"))
    await talk(service, "theirs", caller=OTHER, forwarded_from=f"<sip:{CALLER}@carrier.example>")
    _, page = await service.public("/v1/calls", params={"number": CALLER, "limit": "1"})
    call_id = page["items"][0]["callId"]
    rows: tuple[tuple[sa.Table, dict[str, Any]], ...] = (
        (
            tables.dials,
            {
                "call_id": call_id,
                "state": "over",
                "to": CALLER,
                "request": {"variables": {"who": CALLER}},
                "identity": "callee_x",
                "ringing_timeout_s": 30.0,
                "due_at": samples.START,
                "generation": 1,
            },
        ),
        (
            tables.reservations,
            {
                "id": "res_1",
                "call_id": call_id,
                "kind": "call",
                "number": doubles.DIALED,
                "trunk": "lab",
                "callee": CALLER,
                "made_at": samples.START,
                "lasts_until": samples.START,
                "minutes": 3.0,
            },
        ),
        (
            tables.transfers,
            {
                "id": "tr_1",
                "call_id": call_id,
                "kind": "forward",
                "state": "bridged",
                "attempts": [{"to": CALLER}],
                "created_at": samples.START,
                "updated_at": samples.START,
            },
        ),
        (
            tables.idempotency_keys,
            {
                "key_id": "test",
                "name": "dial",
                "fingerprint": "f",
                "status": 202,
                "body": f'{{"to": "{CALLER}"}}',
                "call_id": call_id,
                "created_at": samples.START,
            },
        ),
    )
    async with service.store.writing() as tx:
        for table, values in rows:
            await tx.execute(sa.insert(table).values(values))


async def in_rows(service: conftest.Service, text: bytes) -> list[str]:
    """The tables that hold a text anywhere."""
    async with service.store.reading() as tx:
        held = {table.name: str((await tx.execute(sa.select(table))).all()) for table in tables.metadata.sorted_tables}
    return [name for name, rows in held.items() if text.decode() in rows]


async def test_nothing_is_left_but_the_wish_not_to_be_called(service: conftest.Service, tmp_path: pathlib.Path) -> None:
    await everything(service)
    assert await in_rows(service, DIGITS) != []
    assert traces(tmp_path, DIGITS) != [] or not service.store.is_exclusive
    status, gone = await delete(service)
    assert (status, gone["calls"], gone["recordings"]) == (200, 3, 3)
    await service.public(f"/v1/do-not-call/{CALLER}", "DELETE")
    assert await in_rows(service, DIGITS) == []
    assert await in_rows(service, b"likes swordfish") == []
    assert await service.store.scrub()
    assert traces(tmp_path, DIGITS) == []
    assert traces(tmp_path, b"likes swordfish") == []
    assert len(list(tmp_path.rglob("*.wav"))) == 1


async def test_what_is_of_others_stays(service: conftest.Service) -> None:
    await everything(service)
    await delete(service)
    _, page = await service.public("/v1/calls")
    (theirs,) = page["items"]
    assert (theirs["from"], theirs["forwardedFromNumber"]) == (OTHER, None)
    _, call = await service.public(f"/v1/calls/{theirs['callId']}")
    assert [turn["message"] for turn in call["transcript"]] == [SAID]
    async with service.store.reading() as tx:
        (worker,) = (await tx.execute(sa.select(tables.workers.c.rooms))).scalars()
        (reserved,) = (await tx.execute(sa.select(tables.reservations))).all()
    assert worker == [f"call_{OTHER}_x7"]
    assert (reserved.callee, reserved.minutes) == (None, 3.0)
    _, page = await service.public("/v1/do-not-call")
    (entry,) = page["items"]
    assert (entry["e164"], entry["reason"], entry["callId"]) == (CALLER, None, None)


async def test_a_request_that_is_sent_again_does_not_make_it_anew(service: conftest.Service) -> None:
    again = {"Idempotency-Key": "one"}
    told = {"e164": CALLER, "name": "Ada"}
    await service.public("/v1/contacts", "POST", json=told, headers=dict(again))
    await delete(service)
    status, problem = await service.public("/v1/contacts", "POST", json=told, headers=dict(again))
    assert (status, problem["code"]) == (409, "deleted")
    assert await count(service, tables.contacts) == 0


async def test_a_contact_in_a_call_stays_whole(service: conftest.Service) -> None:
    await talk(service)
    later = samples.START + dt.timedelta(minutes=1)
    await service.deliver(samples.arrived("live", arrived_at=later), spool="live", room="live")
    status, problem = await delete(service)
    assert (status, problem["code"]) == (409, "contact_in_call")
    assert (await service.public("/v1/calls"))[1]["items"][1]["voicemail"] is not None
    await service.deliver(samples.ENDED, spool="live", room="live", first=2)
    assert (await delete(service))[0] == 200


async def test_calls_from_before_there_were_contacts_go_too(service: conftest.Service) -> None:
    await talk(service)
    await talk(service, "other", caller=OTHER)
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.calls).values(contact_id=None))
    assert (await delete(service))[1]["calls"] == 1
    _, page = await service.public("/v1/calls")
    assert [call["from"] for call in page["items"]] == [OTHER]


async def test_a_number_of_ours_that_called_us_takes_nobody_elses_calls_along(service: conftest.Service) -> None:
    await talk(service, "theirs", caller=OTHER)
    await talk(service, "ours", caller=doubles.DIALED)
    assert (await delete(service, doubles.DIALED))[1]["calls"] == 1
    _, page = await service.public("/v1/calls")
    assert [call["from"] for call in page["items"]] == [OTHER]


async def sent_on(service: conftest.Service, room: str, *, is_over: bool = True) -> str:
    """Somebody else's call that was sent on to this person, after a colleague was asked."""
    await talk(service, room, caller=OTHER)
    async with service.store.writing() as tx:
        (call_id,) = (await tx.execute(sa.select(tables.calls.c.id).where(tables.calls.c.room_name == room))).scalars()
        theirs, colleague = ({"to": to, "label": name} for to, name in ((CALLER, "Ada"), (COLLEAGUE, "Bob")))
        values = {
            "id": f"tr_{room}",
            "call_id": call_id,
            "kind": "warm",
            "state": "bridged",
            "attempts": [colleague | {"result": "busy"}, theirs | {"result": "answered"}],
            "wish": {
                "destinations": [colleague, theirs],
                "summary": f"Ada is at {DIGITS.decode()}.",
                "headers": {"X-For": CALLER},
            },
            "created_at": samples.START,
            "updated_at": samples.START,
        }
        await tx.execute(sa.insert(tables.transfers).values(values))
        plan = f'{{"to": "{CALLER}"}}'
        status = "ended" if is_over else "in_progress"
        await tx.execute(sa.update(tables.calls).where(tables.calls.c.id == call_id).values(plan=plan, status=status))
        body = f'{{"call_id":"{call_id}","transfers":[{{"to":"{COLLEAGUE}"}},{{"to":"{CALLER}"}}]}}'
        await tx.execute(sa.update(tables.reports).where(tables.reports.c.call_id == call_id).values(body=body))
    return str(call_id)


async def test_calls_of_others_that_were_sent_on_to_it_stay_without_its_number(service: conftest.Service) -> None:
    await talk(service)
    call_id = await sent_on(service, "theirs")
    assert {"calls", "reports", "transfers"} <= set(await in_rows(service, DIGITS))
    status, gone = await delete(service)
    assert (status, gone["calls"]) == (200, 1)
    assert await in_rows(service, DIGITS) == []
    _, call = await service.public(f"/v1/calls/{call_id}")
    (transfer,) = call["transfers"]
    tried = [(attempt["to"], attempt["label"], attempt["result"]) for attempt in transfer["attempts"]]
    assert tried == [(COLLEAGUE, "Bob", "busy"), ("", None, "answered")]
    async with service.store.reading() as tx:
        (report,) = (await tx.execute(sa.select(tables.reports.c.body))).scalars()
    assert json.loads(report)["transfers"] == [{"to": COLLEAGUE}, {"to": ""}]


async def test_nobody_is_deleted_while_somebody_is_sent_on_to_them(service: conftest.Service) -> None:
    await talk(service)
    call_id = await sent_on(service, "theirs", is_over=False)
    status, problem = await delete(service)
    assert (status, problem["code"]) == (409, "contact_in_call")
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.calls).where(tables.calls.c.id == call_id).values(status="ended"))
    assert (await delete(service))[0] == 200


async def test_files_that_cannot_be_deleted_keep_the_rows(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise PermissionError(13, "no")

    await talk(service)
    with monkeypatch.context() as broken:
        broken.setattr("shutil.rmtree", refuses)
        status, problem = await delete(service)
        assert (status, problem["code"]) == (503, "recordings_unavailable")
    assert await count(service, tables.recordings) == 1
    assert (await delete(service))[0] == 200
    assert await count(service, tables.recordings) == 0


async def test_sound_that_comes_in_after_that_is_not_kept(service: conftest.Service, tmp_path: pathlib.Path) -> None:
    await talk(service)
    await delete(service)
    label = contract.AudioLabel(room_name=ROOM, duration_s=1, recorded_at=samples.START)
    headers = {"Authorization": f"Bearer {conftest.SECRET}", "Content-Type": "audio/wav"}
    params = {name: str(value) for name, value in label.model_dump(mode="json").items()}
    async with service.client.put(
        "/internal/audio/voicemail", params=params, data=io.BytesIO(WAVE), headers=headers
    ) as response:
        assert response.status == 404
    assert list(tmp_path.rglob("*.wav")) == []
