"""The document as a page for people. It needs nothing from elsewhere, and no script to be read."""

from __future__ import annotations

import json
from typing import Any

import jinja2
import markupsafe

from dispatch.openapi import noting, wording

Json = noting.Json


def render(document: Json) -> str:
    """The page, HTML."""
    chapters = [
        (tag["name"], [found for found in _operations(document) if found["tags"] == [tag["name"]]])
        for tag in document["tags"]
    ]
    template = _environment().get_template("docs.html")
    return template.render(
        info=document["info"],
        chapters=[(name, operations) for name, operations in chapters if operations],
        schemas=document["components"]["schemas"],
    )


def _operations(document: Json) -> list[Json]:
    """Every operation with its path, and with what it refers to in place; webhooks have the method `SENT`."""
    found = []
    sent = {name: {"sent": methods["post"]} for name, methods in document["webhooks"].items()}
    for path, methods in (document["paths"] | sent).items():
        for method, operation in methods.items():
            given = [_resolved(document, parameter) for parameter in operation["parameters"]]
            answers = {status: _resolved(document, answer) for status, answer in operation["responses"].items()}
            parts = {"path": path, "method": method.upper(), "parameters": given, "responses": answers}
            found.append(operation | parts)
    return found


def _resolved(document: Json, thing: Json) -> Json:
    if "$ref" not in thing:
        return thing
    _, *names = thing["$ref"].split("/")
    found: Json = document
    for name in names:
        found = found[name]
    return found


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dispatch.openapi", "assets"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": _prose, "pretty": _pretty}
    environment.globals |= {"fields_of": wording.fields, "parts_of": wording.parts, "limits_of": wording.limits}
    return environment


def _prose(text: str) -> markupsafe.Markup:
    """A text with `code` in it, in paragraphs."""
    made = []
    for paragraph in text.strip().split("\n\n"):
        pieces = [markupsafe.escape(piece) for piece in paragraph.split("`")]
        marked = [f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces)]
        made.append(f"<p>{''.join(marked)}</p>")
    return markupsafe.Markup("".join(made))  # noqa: S704 - every piece is escaped


def _pretty(value: Any) -> str:  # JSON of any shape
    return json.dumps(value, indent=2, ensure_ascii=False)
