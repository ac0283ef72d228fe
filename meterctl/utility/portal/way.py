"""The way to a utility over its web form, in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from meterctl.domain.quantity import format_quantity
from meterctl.errors import ConfigError
from meterctl.redact import mask_for
from meterctl.remote.tls import proxy_for
from meterctl.utility.port import Bounds, Lost, Misconfigured, NotTaken, Outcome, Request
from meterctl.utility.portal.elements import Place, Step
from meterctl.utility.portal.history import Task
from meterctl.utility.portal.orders import Job, Setup
from meterctl.utility.portal.session import Broken, Session

_LEAST_SECONDS = 1.0


class Portal:
    """The port `meterctl.utility.port.Utility` for one customer's account at a portal.

    Args:
        setup: All that is to be known of both.
    """

    channel = "portal"

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._description = setup.description
        self._mask = mask_for(setup.secrets)
        self._session: Session | None = None

    @property
    def bounds(self) -> Bounds:
        """What it takes at all."""
        return Bounds(
            oldest_days=None if self._description.form.date else 0,
            by_day=True,
            by_month=self._description.history.monthly,
            one_meter=not self._description.tells_meter,
            settles=self._description.settles,
            seconds=self._description.seconds,
        )

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Enter a reading in the form."""
        (request,) = requests
        task = self._task(request)
        if not isinstance(task, Task):
            return [task]
        today = datetime.now(UTC).astimezone(request.zone).date()
        if self._description.form.date is None and task.day != today:
            return [
                NotTaken(
                    f"its form asks for no day, and takes a reading of today alone: "
                    f"this one is of {task.day.isoformat()}",
                    alone=True,
                )
            ]
        return [self._run(Job(is_question=False, task=task, seconds=seconds))]

    def ask(self, request: Request, seconds: float) -> Outcome:
        """Look whether the portal's list has a reading."""
        task = self._task(request)
        if not isinstance(task, Task):
            return Lost(f"it cannot be looked up: {task.why}", nonsense=True)
        return self._run(Job(is_question=True, task=task, seconds=seconds))

    def probe(self, seconds: float) -> Outcome:
        """Log in, and read the list of the first meter that has a number of its own."""
        number = next((one for one in self._description.meters.values() if one), "")
        # No list has that day: its first page is enough.
        task = Task("meterctl-health", number, date.max, 0, "", "", newest_first=True)
        return self._run(Job(is_question=True, task=task if number else None, seconds=seconds))

    def objection(self, request: Request) -> NotTaken | None:
        """Why a reading cannot be told as the settings are; nobody is asked."""
        task = self._task(request)
        return None if isinstance(task, Task) else task

    def preview(self, requests: Sequence[Request]) -> str:
        """What would be typed and clicked."""
        return "\n\n".join(self._mask(self._shown(one)) for one in requests)

    def close(self) -> None:
        """End the browser."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _run(self, job: Job) -> Outcome:
        seconds = max(min(job.seconds, self._description.seconds), _LEAST_SECONDS)
        if self._session is None or not self._session.is_alive:
            self.close()
            try:
                proxy = proxy_for(self._description.start)
                self._session = Session(self._setup._replace(proxy=proxy))
            except ConfigError as error:
                return Misconfigured(error.message, error.hint)
            except OSError as error:
                why = f"the browser cannot be started: {error.strerror or error}"
                hint = "look at TMPDIR, and at what this machine still has room for"
                return NotTaken(why, hint, unreached=True)
        ending = self._session.run(job._replace(seconds=seconds))
        if not isinstance(ending, Broken):
            return ending
        self.close()
        if ending.had_left:
            return Lost(ending.why)
        return NotTaken(ending.why, unreached=True)

    def _task(self, request: Request) -> Task | NotTaken:
        """A reading as the portal is to have it; or why it cannot."""
        form = self._description.form
        number = self._description.meters.get(request.meter)
        if number is None:
            hint = f"add [meters.{request.meter}] to METERCTL_PORTAL_CONFIG"
            return NotTaken(f"the portal's meter {request.meter} is not named", hint, settings=True)
        number = number or request.serial or ""
        if not number:
            hint = f"set `number` of [meters.{request.meter}] in METERCTL_PORTAL_CONFIG"
            return NotTaken(f"meter {request.meter} has no serial number", hint, settings=True)
        try:
            amount = form.figures.fit(request.value, request.unit)
        except ValueError as error:
            return NotTaken(
                str(error), "set `unit` of [form] in METERCTL_PORTAL_CONFIG", settings=True
            )
        if amount is None:
            many = form.figures.decimals
            said = format_quantity(request.value)
            return NotTaken(
                f"the form takes {many or 'no'} decimals, and {said} has more",
                "set `rounding` of [form] in METERCTL_PORTAL_CONFIG",
                settings=True,
            )
        day = request.local.date()
        written = form.dates.write(day) if form.date else ""
        typed, ordered = form.figures.write(amount), self._description.history.newest_first
        return Task(request.key, number, day, amount, typed, written, ordered)

    def _shown(self, request: Request) -> str:
        task = self._task(request)
        if not isinstance(task, Task):
            return f"nothing: {task.why}"
        form, confirm = self._description.form, self._description.confirm
        lines = [f"open {self._description.start}, log in, look at the list of readings"]
        lines += [_way(step, task.number) for step in form.open]
        if form.meter is not None:
            choice = form.choice.replace("{meter}", task.number)
            lines.append(f"choose {choice} in {form.meter.of(task.number)}")
        if form.date is not None:
            lines.append(f"type {task.written} into {form.date}")
        lines.append(f"type {task.typed} into {form.value}")
        lines += [f"tick {one}" for one in form.tick]
        lines.append(f"click {form.submit}")
        if confirm is not None:
            lines += [f"tick {one}" for one in confirm.tick]
            lines.append(f"click {confirm.submit}")
        lines.append("look at the list of readings again")
        return "\n".join(lines)


def _way(step: Step, number: str) -> str:
    here = step.of(number)
    return f"open {here.path}" if isinstance(here, Place) else f"click {here}"
