"""One module for each family of event types: payload structs, normalizers, rows. Pure."""
