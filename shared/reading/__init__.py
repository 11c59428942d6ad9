"""The text of an event to ``Envelope``, and its data to payload structs. Pure."""
