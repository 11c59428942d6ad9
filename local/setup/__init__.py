"""Makes the environment in .venv, with the standard library only.

`environment` lists the steps, `steps` does those that are due.
"""
