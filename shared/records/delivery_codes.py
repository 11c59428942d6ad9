"""What the providers' statuses and codes of a delivery mean.

Statuses: learn.microsoft.com/azure/event-grid/communication-services-{telephony-sms,email,
advanced-messaging}-events. SMS codes: learn.microsoft.com/azure/communication-services/resources/
troubleshooting/voice-video-calling/troubleshooting-codes (SMS), as of 2024-07.
"""

from msgspec import Struct

from shared.records.parts import DeliveryStatus, FailureReason


class Outcome(Struct, frozen=True):
    """What a provider's word or code stands for."""

    status: DeliveryStatus
    reason: FailureReason | None = None
    meaning: str | None = None
    """For people, where the provider's word is more exact than the status."""


STATUSES = {
    "queued": Outcome("queued"),
    "sent": Outcome("sent"),
    "outfordelivery": Outcome("sent"),
    "expanded": Outcome("sent"),
    "warning": Outcome("sent"),
    "delivered": Outcome("delivered"),
    "read": Outcome("read"),
    "failed": Outcome("failed", "unknown"),
    "dropped": Outcome("failed", "unknown"),
    "expired": Outcome("failed", "expired", "It could not be delivered in time."),
    "bounced": Outcome("failed", "bounced", "The recipient's mail server refused it."),
    "suppressed": Outcome(
        "failed", "suppressed", "Not sent: mail to this address has bounced before."
    ),
    "quarantined": Outcome("failed", "quarantined", "Held in quarantine as spam or phishing."),
    "filteredspam": Outcome("failed", "spam", "Rejected as spam."),
}
"""The providers' words, lower-cased, letters only; any other, and WhatsApp's own ``unknown``, is
``unknown``. WhatsApp's ``warning`` is a message that left, unless an error code comes with it."""

FINAL: frozenset[DeliveryStatus] = frozenset({"delivered", "read", "failed"})


class Code(Struct, frozen=True):
    """What a code of a delivery report stands for."""

    meaning: str
    reason: FailureReason | None
    """None where the code does not stand for a failure."""


SMS_CODES = {
    "2000": Code("Delivered.", None),
    "4000": Code("Blocked by fraud detection.", "blocked"),
    "4001": Code("The sender's number has a bad format.", "misconfigured"),
    "4002": Code("The recipient's number has a bad format.", "invalidRecipient"),
    "4003": Code("The destination is not supported.", "misconfigured"),
    "4004": Code("The recipient's number does not exist.", "invalidRecipient"),
    "4005": Code("Blocked by the carrier.", "blocked"),
    "4006": Code("The recipient cannot be reached now; try again later.", "unreachable"),
    "4007": Code("The recipient has opted out.", "optedOut"),
    "4008": Code("The sender is over the limit of its messaging profile.", "throttled"),
    "4009": Code("The resource is not entitled to send this.", "misconfigured"),
    "4010": Code("The toll-free number is not verified.", "misconfigured"),
    "4020": Code("Too many messages in a short time.", "throttled"),
    "5000": Code("Failed; contact support.", "unknown"),
    "5001": Code("The service was unavailable for a moment.", "unknown"),
    "5002": Code("The carrier sends no delivery reports; the message may have arrived.", None),
    "9999": Code("Unknown error.", "unknown"),
}
