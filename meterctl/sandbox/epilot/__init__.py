"""epilot's metering API, as its OpenAPI document describes it."""

from meterctl.sandbox.epilot.service import Epilot

__all__ = ["Epilot"]
