"""The page at `/`, and what it asks of the server beyond the contract."""

from __future__ import annotations

from meterctl.http.dashboard import checking, events, importing, pages, views

ROUTES = [*pages.ROUTES, *views.ROUTES, *events.ROUTES, *checking.ROUTES, *importing.ROUTES]
