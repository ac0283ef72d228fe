"""Files to rehearse with; invented."""

from __future__ import annotations

from pathlib import Path

YEAR = Path(__file__).with_name("home-2025.csv")
PORTAL = Path(__file__).with_name("portal.toml")  # the sandbox's, described
