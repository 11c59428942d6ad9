"""A function that does nothing: what the host and the runtime cost alone."""


async def main(event: str) -> None:
    """Take the event."""
