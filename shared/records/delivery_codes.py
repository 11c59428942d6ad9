"""What the providers' statuses and codes of a delivery mean.

Statuses: learn.microsoft.com/azure/event-grid/communication-services-{telephony-sms,email,
advanced-messaging}-events. SMS codes: learn.microsoft.com/azure/communication-services/resources/
troubleshooting/voice-video-calling/troubleshooting-codes (SMS), as of 2024-07.
"""

from shared.records.facts import DeliveryStatus

STATUSES: dict[str, DeliveryStatus] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "expanded": "expanded",
    "failed": "failed",
    "bounced": "bounced",
    "suppressed": "suppressed",
    "quarantined": "quarantined",
    "filteredspam": "filteredSpam",
    "dropped": "failed",
    "outfordelivery": "sent",
}
"""The providers' words, lower-cased, without blanks. Any other is ``unknown``."""

FAILURES: frozenset[DeliveryStatus] = frozenset(
    {"failed", "bounced", "suppressed", "quarantined", "filteredSpam"}
)
FINAL = FAILURES | {"delivered", "read"}

SMS_CODES = {
    "2000": "Delivered.",
    "4000": "Blocked by fraud detection.",
    "4001": "The sender's number has a bad format.",
    "4002": "The recipient's number has a bad format.",
    "4003": "The destination is not supported.",
    "4004": "The recipient's number does not exist.",
    "4005": "Blocked by the carrier.",
    "4006": "The recipient cannot be reached now; try again later.",
    "4007": "The recipient has opted out.",
    "4008": "The sender is over the limit of its messaging profile.",
    "4009": "The resource is not entitled to send this.",
    "4010": "The toll-free number is not verified.",
    "4020": "Too many messages in a short time.",
    "5000": "Failed; contact support.",
    "5001": "The service was unavailable for a moment.",
    "5002": "The carrier sends no delivery reports; the message may have arrived.",
    "9999": "Unknown error.",
}
