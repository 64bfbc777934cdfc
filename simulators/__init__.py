"""A city of field devices. Shares no code with the decoders it tests (import-linter and tests/simulators hold this)."""
