"""Calls that we place: accepted, claimed, prepared, dialed, and known how it ended.

    POST /v1/sessions/phone ──▶ accepting ──▶ the rows of call and dial, in one transaction
                                    │ at once, or at its time
                                 service ──▶ claims by lease, so each dial is in one hand
                                    │
                                 driving ──▶ gate again ─▶ room with a job ─▶ plan ─▶ job ready ─▶ dial ─▶ answer

What is to be done next is in the store before it is done. A dispatch that dies leaves a lease that runs out, and
whoever takes the row then goes on: a phone that was not dialed is prepared anew, one that may have been dialed never is
dialed again (`reconciling` asks the room what became of it). Once somebody has answered, the dial is over, and the call
is its job's and the reaper's as any other.
"""
