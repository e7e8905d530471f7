"""Secrets that cannot sign, and webhooks that nothing signs, are mistakes of the files, told without the secret."""

from __future__ import annotations

import pathlib

import pytest

from callcore import signing
from sip_config import loading
from sip_config.reading import environments
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

GOOD, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SHORT, NOT_BASE64 = "whsec_AAECAwQFBgcICQoL", "correct horse battery staple in the open"
ENVIRONMENT = {
    **samples.ENVIRONMENT,
    "GOOD": GOOD,
    "SAME": GOOD.removeprefix("whsec_"),
    "OTHER": OTHER,
    "SHORT": SHORT,
    "WORDS": NOT_BASE64,
    "TINY": "tiny",
    "BROKEN": "whsec_!!!!!!!!!!!!!!!!",
}
AGENT = samples.FILES["agents/front-desk.yaml"]
STATUS = 'webhooks:\n  status: {url: "https://acme.example/status"}\n'


def told(folder: pathlib.Path, organization: str = "", agent: str = "") -> list[str]:
    """What is said of secrets. The addresses that webhooks go to are another matter."""
    files = {
        "organization.yaml": samples.FILES["organization.yaml"] + organization,
        "agents/front-desk.yaml": AGENT + agent,
    }
    examined = loading.examine(samples.write(folder, files), ENVIRONMENT)
    return [str(problem) for problem in examined.found]


def test_secrets_that_are_right(tmp_path: pathlib.Path) -> None:
    assert told(tmp_path, 'webhooks: {secrets: ["${GOOD}", "${OTHER}"]}\n', STATUS) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("SHORT", "the secret is 12 bytes, and must be 24 to 64 when decoded"),
        ("TINY", "the secret is 3 bytes, and must be 24 to 64 when decoded"),
        ("WORDS", "the secret is not base64, with or without `whsec_` before it"),
        ("BROKEN", "the secret is not base64, with or without `whsec_` before it"),
    ],
)
def test_a_secret_that_cannot_sign(tmp_path: pathlib.Path, name: str, message: str) -> None:
    (problem,) = told(tmp_path, f'webhooks:\n  secrets:\n    - "${{GOOD}}"\n    - "${{{name}}}"\n')
    assert problem == f"organization.yaml:9:7 webhooks.secrets.1: {message}"
    assert ENVIRONMENT[name] not in problem


def test_a_secret_that_stands_there_twice(tmp_path: pathlib.Path) -> None:
    (problem,) = told(tmp_path, 'webhooks:\n  secrets:\n    - "${GOOD}"\n    - "${OTHER}"\n    - "${SAME}"\n')
    assert problem == "organization.yaml:10:7 webhooks.secrets.2: the same secret as in line 8"


def test_a_webhook_that_nothing_signs(tmp_path: pathlib.Path) -> None:
    (problem,) = told(tmp_path, agent=STATUS)
    assert problem.startswith("agents/front-desk.yaml:8:3 webhooks.status: nothing signs it: ")
    (problem,) = told(tmp_path, "webhooks: {secrets: []}\n", STATUS)
    assert "nothing signs it" in problem


@pytest.mark.parametrize("name", ["WORDS", "SHORT", "GOOD"])
def test_a_secret_of_before_signs_its_own_webhook(tmp_path: pathlib.Path, name: str) -> None:
    own = STATUS.replace("}", f', secret: "${{{name}}}"}}')
    assert told(tmp_path, agent=own) == []
    other = own + '  post_call: {url: "https://acme.example/post"}\n'
    (problem,) = told(tmp_path, agent=other)
    assert problem.startswith("agents/front-desk.yaml:9:3 webhooks.post_call: nothing signs it: ")


@pytest.mark.parametrize(
    ("name", "message"), [("TINY", "4 bytes, and must be 8 at least"), ("BROKEN", "the secret is not base64")]
)
def test_a_secret_of_before_that_is_none(tmp_path: pathlib.Path, name: str, message: str) -> None:
    (problem,) = told(tmp_path, agent=STATUS.replace("}", f', secret: "${{{name}}}"}}'))
    assert problem.startswith("agents/front-desk.yaml:8:")
    assert "webhooks.status.secret: " in problem
    assert message in problem


@pytest.mark.parametrize(
    ("organization", "agent"),
    [
        ('webhooks: {secrets: ["${NOWHERE}"]}\n', STATUS),
        (f'webhooks: {{secrets: ["{GOOD}"]}}\n', STATUS),
        ("webhooks: {secrets: words}\n", STATUS),
        ("webhooks: words\n", ""),
        ('webhooks: {secrets: ["${GOOD}"]}\n', "webhooks: {status: words}\n"),
        ('webhooks: {secrets: ["${GOOD}"]}\n', "webhooks: words\n"),
        ("", STATUS.replace("}", f', secret: "{GOOD}"}}')),
        ("", STATUS.replace("}", ', secret: "${NOWHERE}"}')),
    ],
)
def test_what_others_tell_is_not_told_again(tmp_path: pathlib.Path, organization: str, agent: str) -> None:
    (problem,) = told(tmp_path, organization, agent)
    assert "nothing signs" not in problem
    assert GOOD not in problem


def test_secrets_are_in_no_repr_of_a_configuration(tmp_path: pathlib.Path) -> None:
    files = {
        "organization.yaml": samples.FILES["organization.yaml"] + 'webhooks: {secrets: ["${GOOD}"]}\n',
        "agents/front-desk.yaml": AGENT + STATUS.replace("}", ', secret: "${WORDS}"}'),
    }
    loaded = loading.load(samples.write(tmp_path, files), ENVIRONMENT)
    assert GOOD not in repr(loaded)
    assert NOT_BASE64 not in repr(loaded)
    assert loaded.webhooks.secrets[0].get_secret_value() == GOOD


def test_another_secret_is_another_version(tmp_path: pathlib.Path) -> None:
    versions = set()
    for named in ('"${GOOD}"', '"${OTHER}", "${GOOD}"', '"${OTHER}"'):
        files = {"organization.yaml": samples.FILES["organization.yaml"] + f"webhooks: {{secrets: [{named}]}}\n"}
        versions.add(loading.load(samples.write(tmp_path, files), ENVIRONMENT).version)
    assert len(versions) == 3


def test_secrets_change_over_by_reading_the_files_and_env_anew(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    new, old = signing.Secret.parse(OTHER), signing.Secret.parse(GOOD)
    accepting = []
    for named, variables in (
        ("${OLD}", f"OLD={GOOD}"),
        ('${NEW}", "${OLD}', f"OLD={GOOD}\nNEW={OTHER}"),
        ("${NEW}", f"NEW={OTHER}"),
    ):
        (tmp_path / ".env").write_text(variables)
        organization = samples.FILES["organization.yaml"] + f'webhooks: {{secrets: ["{named}"]}}\n'
        folder = samples.write(tmp_path, {"organization.yaml": organization})
        loaded = loading.load(folder, {**environments.read(), **samples.ENVIRONMENT})
        secrets = [signing.Secret.parse(secret.get_secret_value()) for secret in loaded.webhooks.secrets]
        headers = signing.sign("evt_1", samples.NOW, b"{}", secrets)
        accepting.append([_accepts(secret, headers) for secret in (old, new)])
    assert accepting == [[True, False], [True, True], [False, True]]


def _accepts(secret: signing.Secret, headers: dict[str, str]) -> bool:
    try:
        return signing.verify(headers, b"{}", [secret], samples.NOW) == "evt_1"
    except signing.SignatureRefused:
        return False
