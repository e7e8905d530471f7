"""How far a transfer has come, as its call's job is told: enough for a job that begins to look at any moment."""

from __future__ import annotations

from callcore import contract, transfers


def of(transfer: transfers.Transfer) -> contract.TransferProgress:
    """What a job needs to do its part. Pure."""
    latest = transfer.attempts[-1] if transfer.attempts else None
    progress = contract.TransferProgress(
        transfer_id=transfer.id,
        kind=transfer.kind,
        state=transfer.state,
        version=transfer.version,
        identity=transfer.identity,
        attempt=transfer.attempt,
        is_attempting=transfer.is_attempting,
        method=latest.method if latest is not None else None,
        label=latest.label if latest is not None else None,
        result=latest.result if latest is not None else None,
        requested_by=transfer.requested_by,
        is_accepted=transfer.accepted_at is not None,
    )
    wish = transfer.wish
    if wish is None:
        return progress
    return progress.model_copy(
        update={
            "label": latest.label if latest is not None else wish.destinations[0].label,
            "screening": wish.screening,
            "summary": wish.summary,
            "fallback": wish.fallback,
            "voicemail_detection": wish.voicemail_detection,
        }
    )
