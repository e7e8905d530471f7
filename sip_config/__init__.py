"""What the operator wrote in YAML, checked, and what follows from it: who takes a call, and what LiveKit must know.

`loading.load` reads a folder into a `configurations.Configuration`; `routing.decide` and `snapshots.take` answer from
it without input or output; `apply` carries it to LiveKit.

    reading ─▶ checking against schema ─▶ configurations ─▶ routing ─▶ plans, with templates filled in
                                                        └─▶ apply ─▶ LiveKit's trunks and rules
"""
