"""What a measurement says: a table for people, JSON for programs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence


def ms(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and maximum in milliseconds, and how many there were."""
    return {
        "median_ms": round(statistics.median(seconds) * 1000, 3),
        "p95_ms": round(statistics.quantiles(seconds, n=20, method="inclusive")[-1] * 1000, 3),
        "max_ms": round(max(seconds) * 1000, 3),
        "n": len(seconds),
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and greatest of one figure per round."""
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
        "rounds": len(values),
    }


def show(figures: Mapping[str, Mapping[str, float]], *, as_json: bool) -> None:
    """Print figures by name."""
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    width = max(len(name) for name in figures)
    for name, figure in figures.items():
        print(f"{name:{width}}  " + "  ".join(f"{key} {value:g}" for key, value in figure.items()))
