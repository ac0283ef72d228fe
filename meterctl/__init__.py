"""meterctl: meter readings that are never lost, never doubled, never wrong."""

__version__ = "0.1.0"
