"""Submission to a utility: the port, and the adapters behind it. The only home of httpx."""
