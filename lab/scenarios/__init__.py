"""Whole phone calls written down: what the caller says and when, and what must be heard and kept.

A scenario is a YAML file beside this one or anybody's own. `callers` plays it on a softphone, `verdicts` judges it by
the phone's recording and by what dispatch's public API says, never by the word of the worker.
"""
