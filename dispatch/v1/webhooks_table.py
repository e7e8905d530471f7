"""The routes of webhooks."""

from __future__ import annotations

from dispatch.access import scopes
from dispatch.http import routes
from dispatch.v1 import listing, webhook_deliveries, webhook_endpoints, webhook_shapes, webhook_testing

ROUTES: tuple[routes.AnyRoute, ...] = (
    routes.Route(
        method="GET",
        path="/v1/webhooks/deliveries",
        handler=webhook_deliveries.index,
        summary="Webhooks that we sent, or are to send, newest first.",
        query=webhook_shapes.Filters,
        body=routes.Nothing,
        scope=scopes.Scope.CONFIG_READ,
        answers={200: listing.Page[webhook_shapes.WebhookDelivery]},
    ),
    routes.Route(
        method="POST",
        path="/v1/webhooks/deliveries/replay",
        handler=webhook_deliveries.replay_many,
        summary="Sends webhooks again, those that failed if nothing else is asked for; a page at a time.",
        query=routes.Nothing,
        body=webhook_shapes.WebhookReplay,
        scope=scopes.Scope.CONFIG_WRITE,
        answers={202: webhook_shapes.WebhooksReplayed},
    ),
    routes.Route(
        method="GET",
        path="/v1/webhooks/deliveries/{id}",
        handler=webhook_deliveries.show,
        summary="One webhook with its body and every attempt.",
        query=routes.Nothing,
        body=routes.Nothing,
        scope=scopes.Scope.CONFIG_READ,
        answers={200: webhook_shapes.WebhookDeliveryDetail},
    ),
    routes.Route(
        method="POST",
        path="/v1/webhooks/deliveries/{id}/replay",
        handler=webhook_deliveries.replay,
        summary="Sends a webhook again, whatever became of it, with the same id and body.",
        query=routes.Nothing,
        body=routes.Nothing,
        scope=scopes.Scope.CONFIG_WRITE,
        answers={202: webhook_shapes.WebhookDelivery},
    ),
    routes.Route(
        method="GET",
        path="/v1/webhooks/endpoints",
        handler=webhook_endpoints.index,
        summary="Where webhooks go, and how it fares there.",
        query=listing.Paging,
        body=routes.Nothing,
        scope=scopes.Scope.CONFIG_READ,
        answers={200: listing.Page[webhook_endpoints.WebhookEndpoint]},
    ),
    routes.Route(
        method="POST",
        path="/v1/webhooks/endpoints/enable",
        handler=webhook_endpoints.enable,
        summary="Uses an endpoint again that was disabled. Idempotent.",
        query=routes.Nothing,
        body=webhook_endpoints.WebhookEndpointUse,
        scope=scopes.Scope.CONFIG_WRITE,
        answers={200: webhook_endpoints.WebhookEndpoint},
    ),
    routes.Route(
        method="POST",
        path="/v1/webhooks/test",
        handler=webhook_testing.run,
        summary="Sends samples of webhooks at once, and says whether each endpoint is there and answers correctly.",
        query=routes.Nothing,
        body=webhook_testing.WebhookTest,
        scope=scopes.Scope.CONFIG_WRITE,
        answers={200: webhook_testing.WebhookTestResult},
    ),
)
