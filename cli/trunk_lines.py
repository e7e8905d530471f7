"""What `trunkline trunks` does: fetch, and show."""

from __future__ import annotations

from cli import api, asking, screen

_HEADINGS = ("trunk", "calls", "REFER", "learned", "taken", "refused", "unknown", "last", "at")


def list_trunks(*, url: str | None, as_json: bool) -> None:
    """Every trunk, by name."""
    found = asking.ask_all(url, "/v1/trunks")
    asking.show(found, as_json, lambda: screen.print_table(_HEADINGS, [_row(trunk) for trunk in found["items"]]))


def _row(trunk: api.Json) -> tuple[str, ...]:
    refer = trunk["refer"]
    ways = [name for name, is_there in (("in", trunk["inbound"]), ("out", trunk["outbound"])) if is_there]
    since = f" since {refer['refusesSince']}" if refer["refusesSince"] else ""
    code = f" ({refer['lastSipStatusCode']})" if refer["lastSipStatusCode"] else ""
    return (
        trunk["name"],
        " and ".join(ways),
        "allowed" if refer["configured"] else "off",
        refer["learned"] + since,
        str(refer["taken"]),
        str(refer["refused"]),
        str(refer["unknown"]),
        f"{refer['lastResult']}{code}" if refer["lastResult"] else "-",
        refer["lastAt"] or "-",
    )
