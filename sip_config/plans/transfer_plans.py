"""An agent's transfers as a call's plan has them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from callcore import contract, transfer_wishes, transfers
from sip_config import configurations, schema

_KINDS: dict[schema.TransferMode, Literal[transfers.Kind.WARM, transfers.Kind.BLIND]] = {
    schema.TransferMode.WARM: transfers.Kind.WARM,
    schema.TransferMode.BLIND: transfers.Kind.BLIND,
}


def options(agent: configurations.Agent, names: Collection[str] | None = None) -> tuple[contract.TransferOption, ...]:
    """To whom an agent may hand a caller over, in the order of its file.

    Args:
        agent: as one call has it.
        names: those that are there in this call; None: all of them.
    """
    named = agent.settings.transfers
    return tuple(_option(agent.settings, name, named[name]) for name in named if names is None or name in names)


def settings(agent: configurations.Agent, offered: tuple[contract.TransferOption, ...]) -> contract.TransferSettings:
    """How an agent goes about transfers, and those that it is offered."""
    return contract.TransferSettings(
        options=offered,
        fallback=agent.settings.transfer_fallback,
        texts=contract.TransferTexts.model_validate(agent.settings.transfer_texts.model_dump()),
        keys=agent.settings.transfer_keys,
    )


def limited(plan: contract.TransferSettings, longest_s: float) -> contract.TransferSettings:
    """The same, with caller and colleague connected for so many seconds at most."""
    shorter = tuple(
        option.model_copy(
            update={"wish": option.wish.model_copy(update={"longest_s": min(option.wish.longest_s, longest_s)})}
        )
        for option in plan.options
    )
    return plan.model_copy(update={"options": shorter})


def _option(agent: schema.Agent, name: str, transfer: schema.Transfer) -> contract.TransferOption:
    detection = transfer.voicemail_detection
    wish = transfer_wishes.Wish(
        destinations=tuple(map(_destination, transfer.destinations)),
        screening=transfer.screening,
        fallback=transfer.fallback or agent.transfer_fallback,
        voicemail_detection=transfer_wishes.VoicemailDetection(
            enabled=detection.enabled, timeout_s=detection.timeout.total_seconds()
        ),
        headers=dict(transfer.headers),
        longest_s=agent.max_duration.after_transfer.total_seconds(),
    )
    return contract.TransferOption(name=name, label=transfer.label, kind=_KINDS[transfer.mode], wish=wish)


def _destination(phone: schema.Destination) -> transfer_wishes.Destination:
    return transfer_wishes.Destination(
        to=phone.to,
        label=phone.label,
        ringing_timeout_s=phone.ringing_timeout.total_seconds() if phone.ringing_timeout is not None else None,
        extension=phone.extension,
    )
