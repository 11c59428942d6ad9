"""Makes the environment in .venv, step by step, with the standard library only.

`environment` says which steps there are, `steps` runs those that are due and stamps them,
`progress` shows what goes on, `lock` keeps two set-ups apart.
"""
