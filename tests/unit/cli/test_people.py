"""`trunkline contacts` and `trunkline dnc`: what is there is shown whole, and files come in row by row."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any

import pytest
from aiohttp import web

from tests.unit.cli import conftest, doubles

pytestmark = pytest.mark.unit

ADA = "ct_01k8r3v5m2c4d6e8f0g1h2j3k4"
CONTACT = {
    "id": ADA,
    "e164": doubles.CALLER,
    "name": "Ada [bold]",
    "fields": {"plan": "gold", "city": "London"},
    "status": "contacted",
    "isTest": True,
    "doNotCall": True,
    "calls": 2,
    "lastCallAt": "2026-01-02T03:04:05.000Z",
    "createdAt": "2026-01-02T03:04:05.000Z",
    "updatedAt": "2026-01-02T03:04:05.000Z",
}
ENTRY = {
    "e164": doubles.CALLER,
    "source": "agent",
    "reason": None,
    "callId": doubles.ENDED,
    "createdAt": "2026-01-02T03:04:05.000Z",
}


@dataclasses.dataclass
class People:
    """The routes of contacts and of the list; remembers what came."""

    asked: list[tuple[str, str, dict[str, str], Any]] = dataclasses.field(default_factory=list)
    refuses: set[int] = dataclasses.field(default_factory=set)
    """Rows of each import that are refused."""
    next_cursor: str | None = None
    contacts: list[Any] = dataclasses.field(default_factory=lambda: [CONTACT])

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.method, request.path, dict(request.query), body))
        rows = next((value for value in (body or {}).values() if isinstance(value, list)), [])
        invalid = [{"index": index, "message": "no"} for index in sorted(self.refuses) if index < len(rows)]
        taken = len(rows) - len(invalid)
        match request.method, request.path.removeprefix("/v1/").split("/"):
            case "GET", ["contacts"]:
                return web.json_response({"items": self.contacts, "nextCursor": self.next_cursor})
            case "GET", ["do-not-call"]:
                return web.json_response({"items": [ENTRY], "nextCursor": None})
            case "POST", ["contacts", "import"]:
                return web.json_response({"created": taken, "updated": 0, "contacts": [], "invalid": invalid})
            case "POST", ["do-not-call", "import"]:
                return web.json_response({"added": taken, "present": 0, "invalid": invalid})
            case "POST", ["do-not-call"]:
                return web.json_response(ENTRY)
            case "DELETE", ["do-not-call", _]:
                return web.Response(status=204)
            case "DELETE", ["contacts", _]:
                return web.json_response({"id": ADA, "calls": 2, "recordings": 1})
        return web.json_response(CONTACT)


@pytest.fixture
def people(dispatch: doubles.Dispatch) -> People:
    made = People()
    for path in ("/v1/contacts{rest:.*}", "/v1/do-not-call{rest:.*}"):
        dispatch.app.router.add_route("*", path, made.answer)
    return made


async def test_contacts_are_listed_whole(people: People, trunkline: conftest.Trunkline) -> None:
    shown = await trunkline("contacts", "list", "--status", "contacted")
    assert shown.exit_code == 0
    head, ada = shown.stdout.splitlines()
    assert head.split("  ")[0] == "contact"
    moment = "2026-01-02T03:04:05.000Z"
    assert ada.split() == [ADA, doubles.CALLER, "Ada", "[bold]", "contacted", "2", moment, "yes"]
    assert people.asked == [("GET", "/v1/contacts", {"status": "contacted", "limit": "50"}, None)]


async def test_a_contact_is_found_by_its_number(people: People, trunkline: conftest.Trunkline) -> None:
    shown = await trunkline("contacts", "show", doubles.CALLER)
    assert shown.exit_code == 0
    assert shown.stdout.endswith("city: London\nplan: gold\n")
    assert people.asked[-1][1] == f"/v1/contacts/{ADA}"
    people.contacts = []
    shown = await trunkline("contacts", "show", "+12015550199")
    assert (shown.exit_code, shown.stderr) == (1, "There is no such contact.\n")


async def test_a_contact_is_deleted_after_a_yes(people: People, trunkline: conftest.Trunkline) -> None:
    assert (await trunkline("contacts", "delete", ADA)).exit_code == 1
    assert people.asked == []
    shown = await trunkline("contacts", "delete", ADA, "--yes")
    assert (shown.exit_code, shown.stdout) == (0, "deleted, with 2 calls and 1 recordings\n")
    assert people.asked == [("DELETE", f"/v1/contacts/{ADA}", {}, None)]


async def test_the_list_is_shown_and_changed(people: People, trunkline: conftest.Trunkline) -> None:
    shown = await trunkline("dnc", "list")
    assert shown.stdout.splitlines()[1].split() == [
        doubles.CALLER,
        "2026-01-02T03:04:05.000Z",
        "agent",
        doubles.ENDED,
        "-",
    ]
    shown = await trunkline("dnc", "add", doubles.CALLER, "--reason", "wrote", "--json")
    assert json.loads(shown.stdout) == ENTRY
    assert people.asked[-1][3] == {"e164": doubles.CALLER, "reason": "wrote"}
    shown = await trunkline("dnc", "remove", doubles.CALLER)
    assert (shown.exit_code, shown.stdout) == (0, f"{doubles.CALLER} may be called again\n")
    assert people.asked[-1][:2] == ("DELETE", f"/v1/do-not-call/{doubles.CALLER}")


async def test_an_import_sends_rows_and_tells_the_lines_that_are_wrong(
    people: People, trunkline: conftest.Trunkline, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(
        b'\xef\xbb\xbfPhone,Name,First Seen,\r\n+12015550101,"Ada, Countess",2026,x\r\n\r\n'
        b'nonsense,,,\r\n+12015550102,"two\r\nlines",,\r\n'
    )
    people.refuses = {1}
    shown = await trunkline("contacts", "import", str(file))
    assert (shown.exit_code, shown.stdout) == (1, "2 created, 0 updated, 1 invalid\n")
    assert shown.stderr == "line 4: no\n"
    ((_, path, _, body),) = people.asked
    assert path == "/v1/contacts/import"
    assert body == {
        "contacts": [
            {"e164": "+12015550101", "name": "Ada, Countess", "fields": {"First_Seen": "2026"}},
            {"e164": "nonsense"},
            {"e164": "+12015550102", "name": "two\nlines"},
        ]
    }


async def test_a_long_import_goes_in_batches(
    people: People, trunkline: conftest.Trunkline, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("number\n" + "".join(f"+120155{number:05}\n" for number in range(1201)))
    people.refuses = {300}
    shown = await trunkline("contacts", "import", str(file), "--json")
    done = json.loads(shown.stdout)
    assert (done["created"], [row["line"] for row in done["invalid"]]) == (1199, [302, 802])
    assert [len(body["contacts"]) for *_, body in people.asked] == [500, 500, 201]


async def test_large_rows_make_small_batches(
    people: People, trunkline: conftest.Trunkline, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "people.csv"
    note = "x" * 90_000
    file.write_text("number,note\n" + "".join(f"+1201555010{number},{note}\n" for number in range(9)))
    assert (await trunkline("contacts", "import", str(file))).exit_code == 0
    assert [len(body["contacts"]) for *_, body in people.asked] == [5, 4]


LISTS = (
    ("+12015550101\n\n201 555 0102\n", [{"e164": "+12015550101"}, {"e164": "201 555 0102"}]),
    (
        "reason,Number\nwrote,+12015550101\n,+12015550102\n",
        [{"e164": "+12015550101", "reason": "wrote"}, {"e164": "+12015550102"}],
    ),
)


@pytest.mark.parametrize(("content", "sent"), LISTS)
async def test_numbers_come_in_with_and_without_a_header(
    people: People, trunkline: conftest.Trunkline, tmp_path: pathlib.Path, content: str, sent: list[Any]
) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text(content)
    shown = await trunkline("dnc", "import", str(file))
    assert (shown.exit_code, shown.stdout) == (0, "2 added, 0 present, 0 invalid\n")
    assert people.asked[0][3] == {"entries": sent}


@pytest.mark.parametrize("delimiter", [";", "\t"])
async def test_spreadsheets_may_put_something_else_than_commas(
    people: People, trunkline: conftest.Trunkline, tmp_path: pathlib.Path, delimiter: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f'number{delimiter}name\n+12015550101{delimiter}"Ada, Countess"\n')
    assert (await trunkline("contacts", "import", str(file))).exit_code == 0
    assert people.asked[0][3] == {"contacts": [{"e164": "+12015550101", "name": "Ada, Countess"}]}


WRONG_ROWS = (
    (
        "contacts",
        "number,name\n+12015550101,Countess, Ada\n,nobody\n+12015550102,,\n",
        {"contacts": [{"e164": "+12015550102"}]},
        "line 2: There are more cells than the first line has columns; text with a comma in it belongs in quotes.\n"
        "line 3: There is no number.\n",
    ),
    (
        "dnc",
        "+12015550101,wrote to us\n+12015550102\n",
        {"entries": [{"e164": "+12015550102"}]},
        "line 1: There is more than a number; name the columns in the first line: number,reason.\n",
    ),
)


@pytest.mark.parametrize(("group", "content", "sent", "told"), WRONG_ROWS)
async def test_rows_in_which_something_would_be_lost_are_told_and_not_sent(
    people: People,
    trunkline: conftest.Trunkline,
    tmp_path: pathlib.Path,
    group: str,
    content: str,
    sent: dict[str, Any],
    told: str,
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(content)
    shown = await trunkline(group, "import", str(file))
    assert (shown.exit_code, shown.stderr) == (1, told)
    assert [body for *_, body in people.asked] == [sent]


async def test_a_list_tells_how_to_go_on(people: People, trunkline: conftest.Trunkline) -> None:
    people.next_cursor = "c_2"
    shown = await trunkline("contacts", "list", "--cursor", "c_1")
    assert shown.stderr == "There are more: --cursor c_2\n"
    assert people.asked[-1][2] == {"limit": "50", "cursor": "c_1"}
    assert (await trunkline("contacts", "list", "--json")).stderr == ""


BAD_FILES = (
    (b"name,plan\nAda,gold\n", "the first line must name the columns, one of them number or e164 or phone\n"),
    (b"number,plan,plan\n+12015550101,a,b\n", "two columns are plan\n"),
    (
        b"number,9lives\n+12015550101,a\n",
        "no field can have the name of the column '9lives': begin with a letter, 64 at most\n",
    ),
    (b"number\n\xff\xfe\n", "{file} is not in UTF-8: save it as such\n"),
    (b'number\n"+1201555\n', "{file} is no CSV file: line 2: unexpected end of data\n"),
)


async def test_a_file_that_cannot_be_read_sends_nothing(
    people: People, trunkline: conftest.Trunkline, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "people.csv"
    for content, sentence in BAD_FILES:
        file.write_bytes(content)
        shown = await trunkline("contacts", "import", str(file))
        assert (shown.exit_code, shown.stderr) == (1, sentence.format(file=file))
    assert people.asked == []
