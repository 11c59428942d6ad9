"""Records that somebody or something must act on: tickets of them."""

import azure.functions as func

from desk import application, intake


def main(message: func.QueueMessage) -> None:
    """Apply one record. The host deletes the message after this returns, so after the commit."""
    intake.take(application.desk(), message.get_body())
