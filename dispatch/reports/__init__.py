"""Reports: what is told of a call when it is over, once.

    call ends ──▶ row, due when all is known ──▶ made, with its webhooks, in one transaction ──▶ made anew on demand

The row comes into being in the transaction that ends the call (`scheduling`). Where the end is certain it is due at
once; where the end was inferred, or where the sound of a message is on its way, a little later, so that what comes
belated is in it. What comes still later changes the call, and the report only when somebody has it made anew
(`service`). A process that makes one holds the call's row, so that no other makes it too.
"""
