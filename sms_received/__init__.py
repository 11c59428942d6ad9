"""Inbound SMS messages."""

import azure.functions as func

from shared.pipeline import handle


async def main(event: str, context: func.Context) -> None:
    """Handle one event, as the JSON text that Event Grid delivered."""
    await handle(event, context.function_name, context.trace_context.trace_parent)
