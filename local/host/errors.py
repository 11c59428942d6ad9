"""What keeps the host from starting or a request from being understood.

HostError              the host cannot start; its text is the whole message to the user
MalformedPayloadError  a request body that the real host answers with an empty 500
"""


class HostError(Exception):
    """The host cannot start, for a reason that the user can change: one message, no traceback."""


class MalformedPayloadError(ValueError):
    """The body is not the JSON that Event Grid sends. Never quotes it: events stay private."""
