"""Recordings of calls, once they can be fetched.

Fields: learn.microsoft.com/azure/event-grid/communication-services-voice-video-events; contents are
kept for 24 hours: learn.microsoft.com/azure/communication-services/concepts/voice-video-calling/
call-recording. The subject has had a ``serverCallId`` since 2022-12.
"""

import re
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from shared.families.calls import conversation_of
from shared.families.route import OPEN, Route
from shared.reading.envelope import Envelope, provenance
from shared.reading.fields import read
from shared.reading.values import Number, Text, instant, later, moment, number, text
from shared.records.facts import Call, Fact
from shared.records.parts import Recording, RecordingChunk

_KEPT_FOR = 24 * 3600
"""Seconds from when the recording is ready, which is when the event is published."""
_SUBJECT = re.compile(
    r"/?recording/call/(?P<call>[^{]+?)(?:/serverCallId/(?P<server>[^{]+?))?"
    r"/recordingId/(?P<recording>[^{]+?)/?",
    re.IGNORECASE,
)
"""Ids may hold a slash; placeholders of samples, in braces, are none."""


class RecordingFileStatus(Struct, frozen=True, rename="camel"):
    """``AcsRecordingFileStatusUpdatedEventData``."""

    recording_storage_info: dict[str, Any] | None = None
    recording_start_time: Number = None
    recording_duration_ms: Number = None
    recording_content_type: str | None = None
    recording_channel_type: str | None = None
    recording_format_type: str | None = None
    session_end_reason: str | None = None


class _StorageInfo(Struct, frozen=True, rename="camel"):
    """``AcsRecordingStorageInfoProperties``."""

    recording_chunks: list[dict[str, Any]] | None = None


class _Chunk(Struct, frozen=True, rename="camel"):
    """``AcsRecordingChunkInfoProperties``; ``deleteLocation`` since 2021-11."""

    document_id: Text = None
    index: Number = None
    end_reason: str | None = None
    content_location: str | None = None
    metadata_location: str | None = None
    delete_location: str | None = None


def available(payload: RecordingFileStatus, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A recording can be fetched, for a day."""
    named = _SUBJECT.fullmatch(unquote(envelope.subject or ""))
    call_id = (named["server"] or named["call"]) if named else None
    published = instant(envelope.time)
    recording = Recording(
        id=named["recording"] if named else None,
        started_at=moment("recordingStartTime", payload.recording_start_time, extra),
        duration_ms=number("recordingDurationMs", payload.recording_duration_ms, extra),
        content_type=text(payload.recording_content_type),
        channel_type=text(payload.recording_channel_type),
        format_type=text(payload.recording_format_type),
        end_reason=text(payload.session_end_reason),
        fetch_by=later(published, _KEPT_FOR) if published else None,
        chunks=_chunks(payload.recording_storage_info, extra),
    )
    return Fact(
        channel="call",
        event=provenance(envelope),
        conversation=conversation_of(call_id),
        call=Call(id=call_id) if call_id else None,
        recording=recording,
        extra=extra,
    )


def _chunks(wire: dict[str, Any] | None, extra: dict[str, Any]) -> tuple[RecordingChunk, ...]:
    info, rest = read(_StorageInfo, wire or {})
    if rest:
        extra["recordingStorageInfo"] = rest
    return tuple(_chunk(chunk, extra) for chunk in info.recording_chunks or ())


def _chunk(wire: dict[str, Any], extra: dict[str, Any]) -> RecordingChunk:
    chunk, rest = read(_Chunk, wire)
    index = number("index", chunk.index, rest)
    if rest:
        extra.setdefault("recordingChunks", []).append(rest)
    return RecordingChunk(
        id=text(chunk.document_id),
        index=index,
        end_reason=text(chunk.end_reason),
        content_location=text(chunk.content_location),
        metadata_location=text(chunk.metadata_location),
        delete_location=text(chunk.delete_location),
    )


# fmt: off
ROWS = (
    Route("Microsoft.Communication.RecordingFileStatusUpdated",
        "call_events", RecordingFileStatus, available, "communication.recording.available", OPEN,
        notify=None),
)
