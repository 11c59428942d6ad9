"""Records to show on somebody's devices: kept, then sent."""

import azure.functions as func

from desk import application, intake, outbox


def main(message: func.QueueMessage) -> None:
    """Keep one record and send it. While a device has to wait for it, the message comes again."""
    desk = application.desk()
    push = intake.take(desk, message.get_body())
    if push is not None:
        outbox.send(desk, push)
