"""Makes the environment in .venv, with the standard library only.

`environment` says which steps there are, `steps` does those that are due.
"""
