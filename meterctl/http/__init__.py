"""The HTTP shim (extra `http`): a thin face on the same services, closed to strangers."""

from meterctl.http import lean as _lean  # noqa: F401 (before anything imports uvicorn)
