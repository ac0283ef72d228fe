"""Google's errors, in Google's words: what a client reads when a request is refused."""

from __future__ import annotations

from typing import Any

from meterctl.sandbox.message import Response, as_json

ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
}
# Drive tells the same in a second, older shape; both are sent.
REASON = {
    400: "badRequest",
    401: "authError",
    403: "insufficientFilePermissions",
    404: "notFound",
    429: "rateLimitExceeded",
}


class ApiError(Exception):
    """A refused request: the HTTP status, Google's sentence, and its machine-readable details."""

    def __init__(
        self,
        code: int,
        message: str,
        details: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
        *,
        reason: str = "",
        location: str = "",
        status: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details or []
        self.headers = headers or {}
        self.reason = reason or REASON.get(code, "badRequest")
        self.location = location
        self.status = status or STATUS.get(code, "UNKNOWN")

    def within(self, place: str) -> ApiError:
        """The same error, said of one request among several."""
        return ApiError(self.code, f"Invalid {place}: {self.message}", self.details, self.headers)

    def sheets_answer(self) -> Response:
        """As the Sheets API says it."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return as_json(self.code, {"error": error}, **self._headers())

    def drive_answer(self) -> Response:
        """As the Drive API says it."""
        domain = "usageLimits" if self.reason == "rateLimitExceeded" else "global"
        one = {"message": self.message, "domain": domain, "reason": self.reason}
        if self.location:
            one |= {"location": self.location, "locationType": "parameter"}
        error: dict[str, Any] = {"code": self.code, "message": self.message, "errors": [one]}
        if self.code in (401, 403) and self.details:
            error |= {"status": self.status, "details": self.details}
        return as_json(self.code, {"error": error}, **self._headers())

    def _headers(self) -> dict[str, str]:
        return {name.replace("-", "_"): text for name, text in self.headers.items()}


def invalid(message: str) -> ApiError:
    """The request is wrong, and would be wrong again."""
    return ApiError(400, message)


def bad_field(violations: list[tuple[str, str]]) -> ApiError:
    """The request's body does not have the documented form."""
    return ApiError(
        400,
        "\n".join(text for _, text in violations),
        [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": field, "description": text} if field else {"description": text}
                    for field, text in violations
                ],
            }
        ],
    )


def not_found() -> ApiError:
    """No such spreadsheet, or no such part of it."""
    return ApiError(404, "Requested entity was not found.")


def forbidden() -> ApiError:
    """The account has no such right on this spreadsheet."""
    return ApiError(403, "The caller does not have permission")


def not_supported() -> ApiError:
    """The file is there, but it is no spreadsheet."""
    message = "This operation is not supported for this document"
    return ApiError(400, message, status="FAILED_PRECONDITION")


def protected() -> ApiError:
    """The cells are protected, and the account is none of their editors."""
    return invalid(
        "You are trying to edit a protected cell or object. Please contact the spreadsheet owner "
        "to remove protection if you need to edit."
    )


def too_many_columns(limit: int) -> ApiError:
    """The sheet is as wide as sheets get."""
    return invalid(
        "This action would increase the number of columns in the sheet above the limit of "
        f"{limit} columns."
    )


def too_many_cells(limit: int) -> ApiError:
    """The workbook is full."""
    return invalid(
        "This action would increase the number of cells in the workbook above the limit of "
        f"{limit} cells."
    )
