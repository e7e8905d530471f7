"""`trunkline trunks`: the connections to carriers, and what each is like."""

from __future__ import annotations

from cli import failing, options


def run(as_json: options.AsJson = False, url: options.Url = None) -> None:
    """List trunks, with what each did when it was asked by REFER to take a caller over."""
    with failing.plainly():
        from cli import trunk_lines

        trunk_lines.list_trunks(url=url, as_json=as_json)
