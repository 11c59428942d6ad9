"""What a command prints when it cannot go on."""


class CommandError(Exception):
    """The text is for the user: what is wrong, and what to do next."""
