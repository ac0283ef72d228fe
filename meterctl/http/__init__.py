"""The HTTP shim (extra `http`): a thin face on the same services, closed to strangers."""
