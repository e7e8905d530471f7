"""The job's part of a transfer: it plays, listens and keeps apart; dispatch decides.

    desk ─▶ warm   hold ─▶ attempts: ring, consult, accept ─▶ merge ─▶ this job leaves, or the caller is back
         └▶ blind  quiet ─▶ the carrier takes the caller over, or both are in this room ─▶ as above

`following` tells how the transfer stands by dispatch and takes what the job saw; `partition` is the wall between
caller and destination; `bridges` sees to it that a call whose two sides hear each other is somebody's at any moment.
"""
