"""A stand-in for Azure Resource Manager on loopback: the real az talks to it.

Every request is kept: it proves what would be sent and in which order, never that Azure accepts it.
Read ``server`` for the recording, ``azure`` for what there is, ``routes`` for which request is
answered by what.
"""
