"""The help desk in pure values: no clock, no randomness, no SQL, no I/O."""
