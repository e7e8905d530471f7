"""A spoken message where nobody takes the call: it is said to its end, then the line is closed."""

from __future__ import annotations

from callcore import contract, endings
from worker.jobs import endings as job_endings
from worker.jobs.speech import speaking


async def announce(plan: contract.Announce, speaker: speaking.Speaker, ending: job_endings.Ending) -> None:
    """Say the message and decide the ending.

    Raises:
        ProviderUnavailable: the message cannot be spoken.
    """
    await speaker.say(plan.text)
    ending.decide(endings.Reason.MESSAGE_PLAYED, endings.EndedBy.SYSTEM)
