"""Measurements: ratios and distributions taken in one run. No test depends on them."""
