"""Recordings on their way to dispatch.

A job writes one into the worker's folder; the worker's main process sends what lies there, as soon as its job is done
or dead, until dispatch has it.
"""
