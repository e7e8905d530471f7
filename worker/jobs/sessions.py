"""A livekit AgentSession set up for the telephone."""

from __future__ import annotations

from livekit import agents

from callcore import contract
from worker.jobs.speech import pronouncing
from worker.providers import registry

_LAST_WORDS_S = 0.5  # for the transcript of what somebody was saying when the session ended


def new(plan: contract.AgentPlan, providers: registry.Providers) -> agents.AgentSession[None]:
    """One that listens, thinks and speaks with these providers, as the plan has it; not started."""
    taking, pronouncer = plan.turns, pronouncing.Pronouncer(plan.pronunciations)
    return agents.AgentSession(
        stt=providers.stt,
        llm=providers.llm,
        tts=providers.tts,
        vad=providers.vad,
        tts_text_transforms=["filter_markdown", "filter_emoji", pronouncer.stream],
        turn_handling={
            "turn_detection": providers.turn_detection,
            "endpointing": {"mode": "fixed", "min_delay": taking.min_delay_s, "max_delay": taking.max_delay_s},
            # The adaptive mode would ask a cloud service.
            "interruption": {
                "enabled": taking.interruptions,
                "mode": "vad",
                "min_duration": taking.interruption_min_s,
            },
        },
        # The telephone network cancels its own echo; the default would make the agent deaf for its first 3 s.
        aec_warmup_duration=None,
        session_close_transcript_timeout=_LAST_WORDS_S,
        conn_options=agents.voice.agent_session.SessionConnectOptions(
            stt_conn_options=registry.ATTEMPT,
            llm_conn_options=registry.ATTEMPT,
            tts_conn_options=registry.ATTEMPT,
        ),
    )
