"""Recognition, a scripted model and a voice that need no account, no download and no network.

Recognition needs the optional dependency `[offline]` (pocketsphinx) and the voice Debian's package flite, so none of
these modules is imported before an agent asks for it.
"""

from __future__ import annotations

import importlib.util

NO_RECOGNITION = "offline recognition needs pocketsphinx: pip install 'trunkline[offline]'"
ENGLISH_ONLY = "offline recognition and the offline voice know English only"


def can_recognise() -> bool:
    """Whether the optional dependency is installed."""
    return importlib.util.find_spec("pocketsphinx") is not None
