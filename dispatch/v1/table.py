"""The routes of version 1."""

from __future__ import annotations

from dispatch import routes
from dispatch.v1 import calls, events, hangup, schemas, transcripts

ROUTES: tuple[routes.AnyRoute, ...] = (
    routes.Route(
        method="GET",
        path="/v1/calls",
        handler=calls.index,
        summary="Calls, newest first.",
        query=calls.Filters,
        body=routes.Nothing,
        answers={200: schemas.CallPage},
    ),
    routes.Route(
        method="GET",
        path="/v1/calls/{id}",
        handler=calls.show,
        summary="One call with its transcript.",
        query=routes.Nothing,
        body=routes.Nothing,
        answers={200: schemas.Call},
    ),
    routes.Route(
        method="GET",
        path="/v1/calls/{id}/events",
        handler=events.index,
        summary="What happened in the call, gapless from 1.",
        query=routes.Nothing,
        body=routes.Nothing,
        answers={200: schemas.EventList},
    ),
    routes.Route(
        method="GET",
        path="/v1/calls/{id}/transcript",
        handler=transcripts.show,
        summary="What was said; with `Accept: text/event-stream` as a stream that goes on until the call ends.",
        query=routes.Nothing,
        body=routes.Nothing,
        answers={200: tuple[schemas.Turn, ...]},
    ),
    routes.Route(
        method="POST",
        path="/v1/calls/{id}/hangup",
        handler=hangup.hang_up,
        summary="Ends the call. Idempotent.",
        query=routes.Nothing,
        body=routes.Nothing,
        answers={200: schemas.Call},
    ),
)
