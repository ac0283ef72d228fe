"""Google, as far as a program that keeps readings in a Sheet meets it: one HTTP service."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import parse_qs

from meterctl.sandbox.google import methods, peek
from meterctl.sandbox.google.accounts import KEYED, PROJECT, Accounts, Caller, keys_refused
from meterctl.sandbox.google.drive import Drive
from meterctl.sandbox.google.drive_access import AUTH
from meterctl.sandbox.google.errors import ERROR_INFO, ApiError
from meterctl.sandbox.google.files import Files
from meterctl.sandbox.google.quota import Quota
from meterctl.sandbox.message import Request, Response, as_json

SHEETS_WRITE = {f"{AUTH}spreadsheets", f"{AUTH}drive", f"{AUTH}drive.file"}
SHEETS_WRITE |= {"https://spreadsheets.google.com/feeds"}  # of version 3, still honoured
SHEETS_READ = SHEETS_WRITE | {f"{AUTH}spreadsheets.readonly", f"{AUTH}drive.readonly"}


class Google:
    """A service: the token endpoint, the Sheets API v4 and the Drive API v3 under one address.

    It is asked by many threads at once. Each request sees a spreadsheet as it was or as it will
    be, never half changed; those that change the same one take turns.
    """

    def __init__(
        self,
        *,
        quota: bool = True,
        duplicate_ids: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """A world without any spreadsheet.

        Args:
            quota: Whether requests are counted, and refused when there are too many a minute.
            duplicate_ids: Whether developer metadata may be created under an id that is taken,
                which Google refuses: how a client behaves that relies on it can be tried so.
            clock: The time, in seconds.
        """
        self._accounts = Accounts(clock)
        self._files = Files(clock, duplicate_ids=duplicate_ids)
        self._drive = Drive(self._files)
        self._quota = Quota(clock) if quota else None

    def new_account(self, token_uri: str, name: str = "sandbox") -> dict[str, str]:
        """A service account's JSON; its key is known here, so its signatures are checked."""
        return self._accounts.new(token_uri, name)

    def new_spreadsheet(self, owner_email: str, title: str) -> str:
        """The id of a new, empty spreadsheet of an account's own."""
        project = owner_email.partition("@")[2].partition(".")[0] or PROJECT
        return self._files.new(title, owner_email, project).book.id

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        path = request.path
        if path in ("/token", "/oauth2/v4/token") and request.method == "POST":
            return self._accounts.token(request)
        if path == peek.PATH and request.method == "GET":
            return peek.answer(self._files)
        if path.startswith(("/drive/", "/upload/drive/", "/spreadsheets/d/")):
            return self._ask_drive(request)
        if path == "/v4/spreadsheets" or path.startswith(("/v4/spreadsheets/",)):
            return self._ask_sheets(request)
        return ApiError(404, "Requested entity was not found.").sheets_answer()

    def _ask_sheets(self, request: Request) -> Response:
        try:
            request = _overridden(request)
            method, names = methods.find(request)
            reads = method.rpc in methods.READING  # other reads take more rights than that
            caller = self._accounts.caller(request, keyed=reads)
            _check_scopes(
                caller,
                SHEETS_READ if reads else SHEETS_WRITE,
                "sheets.googleapis.com",
                f"google.apps.sheets.v4.SpreadsheetsService.{method.rpc}",
            )
            if self._quota is not None:
                self._quota.spend(method.kind, caller, request)
            return as_json(200, methods.answer(method, names, request, self._files, caller))
        except ApiError as error:
            return error.sheets_answer()

    def _ask_drive(self, request: Request) -> Response:
        try:
            caller = self._accounts.caller(request)
            wanted = self._drive.scopes(request.method, request.path)
            _check_scopes(caller, wanted, "drive.googleapis.com", "google.apps.drive.v3")
            if self._quota is not None:
                self._quota.spend("Drive", caller, request)
            return self._drive.answer(request, caller)
        except ApiError as error:
            return error.drive_answer()


def _overridden(request: Request) -> Request:
    """A GET that is too long for its address comes as a POST, says so, and has a form as body."""
    verb = request.headers.get("x-http-method-override", "").upper()
    if request.method != "POST" or not verb:
        return request
    if verb == "GET":
        query = parse_qs(request.body.decode(), keep_blank_values=True)
        return request._replace(method=verb, query={**request.query, **query}, body=b"")
    return request._replace(method=verb)


def _check_scopes(caller: Caller, wanted: set[str], service: str, method: str) -> None:
    if caller.scopes & wanted or (caller.scopes == KEYED and wanted == SHEETS_READ):
        return
    if caller.scopes == KEYED:
        raise keys_refused(service, method)
    raise ApiError(
        403,
        "Request had insufficient authentication scopes.",
        [
            {
                "@type": ERROR_INFO,
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {"method": method, "service": service},
            }
        ],
        {
            "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", '
            f'error="insufficient_scope", scope="{" ".join(sorted(wanted))}"'
        },
        reason="insufficientPermissions",
    )
