"""`trunkline reload`: puts changed files of the configuration in force, without a restart."""

from __future__ import annotations

from cli import failing, options


def run(as_json: options.AsJson = False, url: options.Url = None) -> None:
    """Have dispatch read its configuration anew. Calls go on; with mistakes in the files, the former one stays."""
    with failing.plainly():
        from cli import api, asking, screen

        try:
            done = asking.ask(url, lambda client: client.reload())
        except api.ConfigurationRefused as refused:
            if not as_json:
                raise
            screen.print_json(refused.body)
            raise SystemExit(failing.EXIT_CONFIG) from None
        asking.show(done, as_json, lambda: screen.print_line(_sentence(done)))


def _sentence(done: dict[str, object]) -> str:
    from cli import screen

    same = done["version"] == done["versionBefore"]
    what = f"version {done['version']} is in force, {'as before' if same else 'after ' + str(done['versionBefore'])}"
    pending = "" if done["applied"] else "; LiveKit's trunks and rules are still to follow"
    return screen.plain(f"{what}{pending}")
