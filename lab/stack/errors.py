"""What can go wrong with a lab.

LabError
├── NotInstalled      a program the lab starts is missing: run the set-up
├── PortTaken         a port that was asked for by number is in use: choose another
├── ComponentFailed   a component ended, or was not ready in time
└── GuardLost         the keeper is gone, and with it every component
"""

from __future__ import annotations

from callcore import errors


class LabError(errors.TrunklineError):
    """The lab cannot run."""

    public_code = "lab_failed"


class NotInstalled(LabError):
    """A program the lab starts is not installed."""


class PortTaken(LabError):
    """A port that was asked for is in use."""


class GuardLost(LabError):
    """The lab's keeper process has ended, and every component with it."""


class ComponentFailed(LabError):
    """A component ended when it should run, or was not ready in time.

    Attributes:
        component: its name, such as `livekit`.
        log: the last lines of its output.
    """

    def __init__(self, component: str, what: str, log: str) -> None:
        super().__init__(f"{component} {what}" + (f"; its last lines:\n{log}" if log else "; it printed nothing"))
        self.component = component
        self.log = log

    @property
    def lost_its_port(self) -> bool:
        """Whether it could not listen because another process had taken its port in the meantime."""
        return "address already in use" in self.log.lower()
