"""Transfers: a call is connected with another phone.

    forward   the number's work mode sends the caller on; its plan is the wish
    blind     the caller's carrier is asked to connect them (REFER); where it takes none, dispatch dials into the room
    warm      dispatch dials into the room, and the call's agent speaks with the destination before it connects them

A transfer is a row (`dispatch.store.transfers`) that changes by `callcore.transfer_steps` alone, each time in one
transaction with the events that tell of it (`records`, `taking`). Dispatch decides: who is tried, when, and what
becomes of the caller where nobody takes the call (`driving`, `ringing`, `consulting`). The job in the room plays and
listens; it asks for the row and says what it saw (`operating`). So either side may die at any moment, and goes on from
the row: an attempt that is in it was begun by somebody, and is never begun again, only looked at.

    service      one task for each transfer, here or in another process (`claims`), from the wish to the end of the call
    admitting    whether a transfer may begin
    permits      whether, how and as whom a destination may be dialed (`destinations`, the gate)
    bridges      after the job has left, dispatch ends the call: `partings` says when
    summoning    has the job take part where an operator wants a transfer

A call that ends winds its transfer up in the same transaction (`dispatch.ledger.unfinished`).
"""
