"""What `trunkline webhooks endpoints`, `enable` and `test` do."""

from __future__ import annotations

from collections.abc import Mapping

from cli import api, asking, delivering, failing, screen

_ENDPOINTS = "/v1/webhooks/endpoints"
_TEST_S = 90.0  # dispatch gives each endpoint 15 s, and asks some at once


def list_endpoints(*, url: str | None, as_json: bool) -> None:
    """Every endpoint, by URL."""
    found = asking.ask_all(url, _ENDPOINTS)
    found["items"].sort(key=lambda endpoint: endpoint["url"])
    asking.show(found, as_json, lambda: _print(found["items"]))


def enable(endpoint: str, *, url: str | None, as_json: bool) -> None:
    """Use one again."""
    answer = asking.ask(url, lambda client: client.ask("POST", f"{_ENDPOINTS}/enable", body={"url": endpoint}))
    asking.show(answer, as_json, lambda: screen.print_line(f"{screen.plain(answer['url'])} is in use"))


def try_out(wanted: Mapping[str, str | None], *, url: str | None, as_json: bool) -> int:
    """Send samples; the exit code."""
    body = {name: value for name, value in wanted.items() if value is not None}
    done = asking.ask(url, lambda client: client.ask("POST", "/v1/webhooks/test", body=dict(body), timeout_s=_TEST_S))
    asking.show(done, as_json, lambda: _print_trials(done))
    return 0 if done["ok"] else failing.EXIT_FAILED


def _print(endpoints: list[api.Json]) -> None:
    headings = ("endpoint", "agents", "health", "failures", "since", "waiting", "oldest")
    screen.print_table(headings, [_row(endpoint) for endpoint in endpoints])


def _row(endpoint: api.Json) -> tuple[str, ...]:
    why = f" ({endpoint['disabledBecause']})" if endpoint["disabledBecause"] else ""
    return (
        endpoint["url"],
        ", ".join(endpoint["agentIds"]) or "-",
        endpoint["health"] + why,
        str(endpoint["failures"]),
        endpoint["disabledAt"] or endpoint["failingSince"] or endpoint["firstFailureAt"] or "-",
        str(endpoint["pending"]),
        endpoint["oldestPendingAt"] or "-",
    )


def _print_trials(done: api.Json) -> None:
    rows = [
        (
            trial["kind"],
            trial["url"],
            ", ".join(trial["agentIds"]) or "-",
            "ok" if trial["ok"] else "FAIL",
            delivering.answer_of(trial["statusCode"], trial["error"]),
            f"{trial['latencySeconds'] * 1000:.0f} ms",
        )
        for trial in done["results"]
    ]
    screen.print_table(("kind", "endpoint", "agents", "", "answer", "after"), rows)
    for trial in done["results"]:
        where = f"{trial['kind']} to {trial['url']}"
        if trial["problem"]:
            screen.print_line(screen.plain(f"{where}: {trial['problem']}"))
        if trial["ignored"]:
            screen.print_line(screen.plain(f"{where}: its answer has keys of no effect: {', '.join(trial['ignored'])}"))
