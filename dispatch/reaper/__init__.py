"""The reaper: no leg outlives its call, and no call outlives its leg, whatever was lost on the way.

Every other path to the end is faster. The reaper looks at LiveKit's rooms, the workers' reports and the ledger every
two seconds and mends what has been out of step for longer than a grace. It ends calls (`judging`) and closes rooms
(`clearing`).

A call that we place and nobody has answered is left to `dispatch.dialing`. One that goes on without an agent, as it is
transferred, is left to `dispatch.transfers` as long as its room is there and no operator has ended it.
"""
