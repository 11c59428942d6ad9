"""CPU time from the text of one event, as the host hands it over, to the encoded records.

The *floor* is msgspec decoding the same bytes into typed structs and encoding the same records:
no logic at all. The others are what people write instead: `json.loads`, dicts and `json.dumps`;
pydantic v2 models; the event class of `azure.eventgrid`. They understand only events exactly as
documented, and give the very same records, which is checked before they are timed. A variant's
burst stands between two bursts of the app.
"""

from bench.normalizing.measurement import measure

__all__ = ["measure"]
