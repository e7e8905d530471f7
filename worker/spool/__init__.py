"""What jobs report on its way to dispatch: kept on disk by the worker's main process until dispatch has it.

    job ──unix socket──▶ hub ──▶ files ──▶ replay ──HTTP──▶ dispatch

A line is on disk before its job gets the receipt, so a killed job, a killed worker or an absent dispatch loses nothing.
"""
