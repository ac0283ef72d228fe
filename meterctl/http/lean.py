"""uvicorn without its command line; to be imported before it.

`import uvicorn` loads that too: click, and what watches files and starts processes. Nothing here
uses it, and the first answer waits for it.
"""

from __future__ import annotations

import sys
from types import ModuleType


class _Absent(ModuleType):
    """In its place; whatever uvicorn names of it for others is nothing."""

    def __getattr__(self, name: str) -> None:
        return None


sys.modules.setdefault("uvicorn.main", _Absent("uvicorn.main"))
