"""Getting in: a fresh tab for each login, and once more where the portal forgets us."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from meterctl.utility.port import Refused
from meterctl.utility.portal.description import Login
from meterctl.utility.portal.tab import BY_HAND, Expired, NotSeen, Tab
from meterctl.utility.portal.window import Ended

T = TypeVar("T")

_LOGINS = 2  # for one thing that is done
_CHECK = "check METERCTL_PORTAL_USER and METERCTL_PORTAL_PASSWORD"


class Entrance:
    """The door of one portal, for one customer.

    Args:
        login: How it opens.
        user: Who goes in.
        password: And with what.
        fresh: Makes a tab that nothing has been done in.
    """

    def __init__(self, login: Login, user: str, password: str, fresh: Callable[[], Tab]) -> None:
        self._login = login
        self._user = user
        self._password = password
        self._fresh = fresh
        self._tab: Tab | None = None
        self._is_in = False

    @property
    def is_open(self) -> bool:
        """Whether there is a tab at all."""
        return self._tab is not None

    @property
    def tab(self) -> Tab:
        """The one that is worked in."""
        if self._tab is None:
            raise RuntimeError("nothing has been opened")
        return self._tab

    def within(self, do: Callable[[Tab], T]) -> T:
        """Do something logged in; anew, from its beginning, where the portal forgets us.

        Raises:
            Ended: it does not let us in, or what is done ended.
        """
        logins = 0
        while True:
            if not self._is_in:
                if logins == _LOGINS:
                    raise Ended(Refused("it asks to log in again and again", BY_HAND))
                logins += 1
                self._enter()
            self.tab.turn()
            try:
                return do(self.tab)
            except Expired:
                self._is_in = False

    def close(self) -> None:
        """Log in anew next time."""
        tab, self._tab, self._is_in = self._tab, None, False
        if tab is not None:
            tab.close()

    def _enter(self) -> None:
        self.close()
        login = self._login
        tab = self._tab = self._fresh()
        tab.open("")
        tab.go(login.open, "", is_in=False)
        if tab.see([login.shown, login.user], is_in=False) != login.shown:
            tab.fill(login.user, self._user, is_in=False)
            if login.next is not None:
                tab.click(login.next, is_in=False)
            tab.fill(login.password, self._password, is_in=False)
            tab.click(login.submit, is_in=False)
            self._check_let_in(tab)
        self._is_in = True

    def _check_let_in(self, tab: Tab) -> None:
        login = self._login
        try:
            seen = tab.await_one([login.shown, *login.wrong], is_in=False)
        except NotSeen:
            if tab.first(login.password) is None:
                tab.see([login.shown], is_in=False)
            why = "its login leads to the login again, and does not say why"
            raise Ended(Refused(why, BY_HAND)) from None
        if seen != login.shown:
            why = f"it does not let us in: {tab.said([seen]) or seen.text}"
            raise Ended(Refused(why, _CHECK))
