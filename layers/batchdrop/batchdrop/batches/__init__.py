"""A batch is a small state machine with an owner; its protocol as pure functions.

    planned → posting(owner) → created(ticket) → running → settled(completed | failed | stopped)
        any of them → parked(code), which waits for a person

`states` reads rows, `sending` decides the next move, `claims` makes the conditional writes, `accounting` counts.
"""
