"""The errors of the API: GraphQL's own, and Kraken's with their codes."""

from __future__ import annotations

from collections.abc import Sequence

from meterctl.sandbox.kraken.tokens import Place

# What each code says: the kind of error, its message.
CODES = {
    "KT-CT-1112": ("AUTHORIZATION", "'Authorization' header not provided."),
    "KT-CT-1120": ("APPLICATION", "The Kraken Token has expired."),
    "KT-CT-1124": ("APPLICATION", "Signature of the JWT has expired."),
    "KT-CT-1134": ("VALIDATION", "Invalid data."),
    "KT-CT-1135": ("VALIDATION", "Invalid data."),
    "KT-CT-1138": ("VALIDATION", "Invalid data."),
    "KT-CT-1139": ("AUTHORIZATION", "Authentication failed."),
    "KT-CT-1142": ("VALIDATION", "Invalid data."),
    "KT-CT-1199": ("APPLICATION", "Too many requests."),
    "KT-CT-4177": ("AUTHORIZATION", "Unauthorized."),
    "KT-DE-6411": ("VALIDATION", "Could not create meter readings."),
    "KT-DE-6412": ("VALIDATION", "Invalid reading date."),
    "KT-DE-6413": ("NOT_FOUND", "Meter not found."),
    "KT-DE-6414": ("VALIDATION", "Invalid register."),
    "KT-GB-6411": ("VALIDATION", "Could not create electricity meter reading."),
    "KT-GB-6412": ("VALIDATION", "Could not create gas meter reading."),
}


class Faulty(Exception):
    """Something in a request that cannot be answered."""

    def __init__(self, message: str, *places: Place) -> None:
        super().__init__(message)
        self.places = places

    def fields(self, path: Sequence[str | int] = ()) -> dict[str, object]:
        """The error as JSON shows it."""
        shown: dict[str, object] = {"message": str(self)}
        if self.places:
            shown["locations"] = [one._asdict() for one in self.places]
        if path:
            shown["path"] = list(path)
        return shown


class Coded(Faulty):
    """One of Kraken's own errors."""

    def __init__(self, code: str, description: str = "") -> None:
        self._kind, message = CODES[code]
        super().__init__(message)
        self._code = code
        self._description = description

    def fields(self, path: Sequence[str | int] = ()) -> dict[str, object]:
        """The error as JSON shows it, with its code."""
        extensions = {
            "errorType": self._kind,
            "errorDescription": self._description,
            "errorCode": self._code,
        }
        return {**super().fields(path), "extensions": extensions}
