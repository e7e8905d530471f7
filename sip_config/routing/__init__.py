"""Who takes a call. Pure: the same answer for dispatch, for a worker on its own, and for an explanation.

`decide(configuration, live_objects, intake, now)` walks from the dialed number to the plan, and tells each step.
"""

from sip_config.routing.agents import possible as possible_agents
from sip_config.routing.deciding import decide
from sip_config.routing.lines import dialed_number
from sip_config.routing.steps import Decision, RingBack, Step, StepName, Taken

__all__ = ["Decision", "RingBack", "Step", "StepName", "Taken", "decide", "dialed_number", "possible_agents"]
