"""`trunkline webhooks`: a fresh secret, the verdict on a saved webhook, and a receiver on this machine."""

from __future__ import annotations

import datetime as dt
import json
import pathlib

import pytest

from callcore import clock, signing
from cli import failing
from tests.unit.cli import conftest

pytestmark = pytest.mark.unit

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = signing.Secret.parse(SECRET)
BODY = (
    '{"type":"call.status","event_type":"call.ringing","call_id":"call_1","sequence":2,'
    '"status":"ringing","from":"+12015550123","note":"say 2015550123 to Zoë"}'
).encode()


@pytest.fixture
def trunkline(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> conftest.Trunkline:
    """In a folder of its own, with the secret at hand."""
    monkeypatch.chdir(tmp_path)
    return conftest.Trunkline({"TRUNKLINE_WEBHOOK_SECRET": SECRET})


def signed(body: bytes = BODY, age_s: int = 0, message_id: str = "evt_1") -> dict[str, str]:
    at = clock.SystemClock().now() - dt.timedelta(seconds=age_s)
    return signing.sign(message_id, at, body, [KEY])


def options(headers: dict[str, str]) -> list[str]:
    return [word for name, value in headers.items() for word in (f"--{name.removeprefix('webhook-')}", value)]


async def test_a_fresh_secret_is_one_that_signs(trunkline: conftest.Trunkline) -> None:
    made = (await trunkline("webhooks", "secret")).stdout
    assert made.startswith("whsec_")
    assert len(signing.Secret.parse(made).key) == 32
    assert json.loads((await trunkline("webhooks", "secret", "--json")).stdout)["secret"] != made.strip()


async def test_a_saved_webhook_that_holds(trunkline: conftest.Trunkline, tmp_path: pathlib.Path) -> None:
    body = tmp_path / "body.json"
    body.write_bytes(BODY)
    done = await trunkline("webhooks", "verify", *options(signed()), str(body))
    assert (done.exit_code, done.stdout) == (0, "valid: evt_1\n")
    as_json = await trunkline("webhooks", "verify", *options(signed()), "--json", str(body))
    assert json.loads(as_json.stdout) == {"valid": True, "id": "evt_1"}


@pytest.mark.parametrize("as_json", [True, False])
async def test_headers_come_from_a_file(trunkline: conftest.Trunkline, tmp_path: pathlib.Path, as_json: bool) -> None:
    body, saved = tmp_path / "body.json", tmp_path / "headers"
    body.write_bytes(BODY)
    headers = {name.title(): value for name, value in signed().items()}
    lines = ["POST /hook HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "Host: a:1", ""]
    saved.write_text(json.dumps({**headers, "other": 1}) if as_json else "\r\n".join(lines))
    done = await trunkline("webhooks", "verify", "--headers", str(saved), str(body))
    assert (done.exit_code, done.stdout) == (0, "valid: evt_1\n")
    done = await trunkline("webhooks", "verify", "--headers", str(saved), "--id", "evt_2", str(body))
    assert done.exit_code == failing.EXIT_FAILED


async def test_a_header_that_stands_in_its_file_twice_is_refused(
    trunkline: conftest.Trunkline, tmp_path: pathlib.Path
) -> None:
    body, saved = tmp_path / "body.json", tmp_path / "headers"
    body.write_bytes(BODY)
    saved.write_text("\n".join(f"{name}: {value}" for name, value in [*signed().items(), ("Webhook-Id", "evt_2")]))
    done = await trunkline("webhooks", "verify", "--headers", str(saved), "--json", str(body))
    assert (done.exit_code, json.loads(done.stdout)["reason"]) == (failing.EXIT_FAILED, "repeated_header")


async def test_why_a_signature_is_refused(trunkline: conftest.Trunkline, tmp_path: pathlib.Path) -> None:
    body = tmp_path / "body.json"
    body.write_bytes(BODY)

    async def refused(headers: dict[str, str], content: bytes = BODY, **changes: str) -> tuple[str, str | None]:
        body.write_bytes(content)
        done = await trunkline("webhooks", "verify", *options(headers), "--json", str(body), **changes)
        assert done.exit_code == failing.EXIT_FAILED, done.output
        told = json.loads(done.stdout)
        assert told["valid"] is False
        return told["reason"], told["hint"]

    good = signed()
    assert await refused({}) == ("missing_header", None)
    reason, hint = await refused(signed(age_s=400))
    assert (reason, "--any-age" in str(hint)) == ("too_old", True)
    reason, hint = await refused(signed(age_s=-400))
    assert (reason, "clock" in str(hint)) == ("too_new", True)
    reason, hint = await refused(good, BODY + b"\n")
    assert (reason, "line break at the end" in str(hint)) == ("mismatch", True)
    reason, hint = await refused(good, json.dumps(json.loads(BODY), indent=2).encode())
    assert (reason, "written anew" in str(hint)) == ("mismatch", True)
    other = signing.Secret.fresh().reveal()
    reason, hint = await refused(good, TRUNKLINE_WEBHOOK_SECRET=other)
    assert (reason, "another secret" in str(hint)) == ("mismatch", True)
    plain = await trunkline("webhooks", "verify", *options(good), str(body), TRUNKLINE_WEBHOOK_SECRET=other)
    assert plain.stdout.startswith("refused: no signature is one of this body")
    assert other not in plain.output


async def test_one_that_was_kept_for_longer(trunkline: conftest.Trunkline, tmp_path: pathlib.Path) -> None:
    body = tmp_path / "body.json"
    body.write_bytes(BODY)
    old = options(signed(age_s=10**6))
    assert (await trunkline("webhooks", "verify", *old, str(body))).exit_code == failing.EXIT_FAILED
    assert (await trunkline("webhooks", "verify", *old, "--any-age", str(body))).exit_code == 0
    body.write_bytes(BODY + b" ")
    assert (await trunkline("webhooks", "verify", *old, "--any-age", str(body))).exit_code == failing.EXIT_FAILED


async def test_secrets_come_from_files_and_other_variables(
    trunkline: conftest.Trunkline, tmp_path: pathlib.Path
) -> None:
    body, file = tmp_path / "body.json", tmp_path / "secret"
    body.write_bytes(BODY)
    file.write_text(f"{SECRET}\n")
    unset = {"TRUNKLINE_WEBHOOK_SECRET": ""}
    words = ("webhooks", "verify", *options(signed()), str(body))
    assert (await trunkline(*words, "--secret-file", str(file), **unset)).exit_code == 0
    assert (await trunkline(*words, "--secret-env", "OLD", OLD=SECRET, **unset)).exit_code == 0
    other = ("--secret-env", "OLD", "--secret-file", str(file))
    assert (await trunkline(*words, *other, OLD="a legacy secret", **unset)).exit_code == 0
    (tmp_path / ".env").write_text(f"FROM_FILE={SECRET}\n")
    assert (await trunkline(*words, "--secret-env", "FROM_FILE", **unset)).exit_code == 0


async def test_a_legacy_secret_is_tried_as_it_stands(trunkline: conftest.Trunkline, tmp_path: pathlib.Path) -> None:
    body = tmp_path / "body.json"
    body.write_bytes(BODY)
    old = "0123456789abcdef0123456789abcdef"  # could be base64
    headers = signing.sign("evt_1", clock.SystemClock().now(), BODY, [signing.Secret.legacy(old)])
    done = await trunkline("webhooks", "verify", *options(headers), str(body), TRUNKLINE_WEBHOOK_SECRET=old)
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("words", "changes", "message"),
    [
        ((), {"TRUNKLINE_WEBHOOK_SECRET": ""}, "TRUNKLINE_WEBHOOK_SECRET is not set; "),
        (("--secret-env", "NOWHERE"), {}, "NOWHERE is not set; "),
        ((), {"TRUNKLINE_WEBHOOK_SECRET": "tiny"}, "TRUNKLINE_WEBHOOK_SECRET: the secret is 4 bytes"),
        (("--secret-file", "long"), {}, "long: over 1000 characters"),
        (("--secret-file", "bytes"), {}, "bytes is not in UTF-8"),
        (("--headers", "bytes"), {}, "bytes is not in UTF-8"),
        (("--headers", "half.json"), {}, "half.json: no JSON"),
        (("--headers", "empty"), {}, "empty: no headers"),
        (("missing.json",), {}, ""),
    ],
)
async def test_what_cannot_be_is_a_sentence(
    trunkline: conftest.Trunkline, tmp_path: pathlib.Path, words: tuple[str, ...], changes: dict[str, str], message: str
) -> None:
    (tmp_path / "body.json").write_bytes(BODY)
    (tmp_path / "long").write_text("x" * 2000)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe" * 20)
    (tmp_path / "empty").touch()
    (tmp_path / "half.json").write_text('{"a": ')
    done = await trunkline("webhooks", "verify", *words, "body.json", **changes)
    assert done.exit_code in (failing.EXIT_FAILED, 2)
    assert done.stdout == ""
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.output
