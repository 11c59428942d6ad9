"""What stands in for Azure on this machine, and the command line that runs it.

Nothing of it is deployed, and nothing of the app imports it. Reading order: `__main__` (the
commands), `stack` (Azurite and the host together), `processes` (how they are started and stopped),
`setup` (how `dev.py` makes the environment first).
"""
