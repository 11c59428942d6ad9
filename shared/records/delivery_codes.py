"""What the providers' statuses and codes of a delivery mean.

Statuses: learn.microsoft.com/azure/event-grid/communication-services-{telephony-sms,email,
advanced-messaging}-events. SMS codes: learn.microsoft.com/azure/communication-services/resources/
troubleshooting/voice-video-calling/troubleshooting-codes (SMS), as of 2024-07.
"""

from msgspec import Struct

from shared.records.facts import DeliveryStatus, FailureReason


class Outcome(Struct, frozen=True):
    """What a provider's word or code stands for."""

    status: DeliveryStatus
    reason: FailureReason | None = None


STATUSES = {
    "queued": Outcome("queued"),
    "sent": Outcome("sent"),
    "outfordelivery": Outcome("sent"),
    "expanded": Outcome("sent"),
    "delivered": Outcome("delivered"),
    "read": Outcome("read"),
    "failed": Outcome("failed", "unknown"),
    "dropped": Outcome("failed", "unknown"),
    "bounced": Outcome("failed", "bounced"),
    "suppressed": Outcome("failed", "suppressed"),
    "quarantined": Outcome("failed", "quarantined"),
    "filteredspam": Outcome("failed", "spam"),
}
"""The providers' words, lower-cased, without blanks. Any other is ``unknown``."""

FINAL: frozenset[DeliveryStatus] = frozenset({"delivered", "read", "failed"})


class SmsCode(Struct, frozen=True):
    """A code of an SMS delivery report."""

    meaning: str
    reason: FailureReason | None
    """None where the code does not stand for a failure."""


SMS_CODES = {
    "2000": SmsCode("Delivered.", None),
    "4000": SmsCode("Blocked by fraud detection.", "blocked"),
    "4001": SmsCode("The sender's number has a bad format.", "misconfigured"),
    "4002": SmsCode("The recipient's number has a bad format.", "invalidRecipient"),
    "4003": SmsCode("The destination is not supported.", "misconfigured"),
    "4004": SmsCode("The recipient's number does not exist.", "invalidRecipient"),
    "4005": SmsCode("Blocked by the carrier.", "blocked"),
    "4006": SmsCode("The recipient cannot be reached now; try again later.", "unreachable"),
    "4007": SmsCode("The recipient has opted out.", "optedOut"),
    "4008": SmsCode("The sender is over the limit of its messaging profile.", "throttled"),
    "4009": SmsCode("The resource is not entitled to send this.", "misconfigured"),
    "4010": SmsCode("The toll-free number is not verified.", "misconfigured"),
    "4020": SmsCode("Too many messages in a short time.", "throttled"),
    "5000": SmsCode("Failed; contact support.", "unknown"),
    "5001": SmsCode("The service was unavailable for a moment.", "unknown"),
    "5002": SmsCode("The carrier sends no delivery reports; the message may have arrived.", None),
    "9999": SmsCode("Unknown error.", "unknown"),
}
