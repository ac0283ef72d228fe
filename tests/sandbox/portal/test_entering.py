"""Handing in a reading, and all that is refused."""

from __future__ import annotations

import pytest

from tests.sandbox.portal.browser import GAS, POWER, Browser, Clock


def test_the_form(customer: Browser) -> None:
    """Each field has its label; the date is today's, where the utility is."""
    page = customer.open("/readings/new")
    assert page.labels == {
        "Meter number": "meter",
        "Reading date": "reading-date",
        "Meter reading": "reading-value",
    }
    form = page.form("/readings/new")
    assert form.fields["reading_date"] == "2026-11-22"
    assert form.options == ["", POWER, "1EMH0087654321", GAS]


def test_shortly_before_midnight_in_london(customer: Browser, clock: Clock) -> None:
    """It is tomorrow already in Berlin."""
    clock.at(2026, 11, 22, 23, 30)
    assert customer.open("/readings/new").form("/readings/new").fields["reading_date"] == (
        "2026-11-23"
    )


def test_the_way_from_the_account(customer: Browser) -> None:
    """The meter is chosen already."""
    page = customer.open(f"/readings/new?meter={GAS}")
    assert page.form("/readings/new").fields["meter"] == GAS


def test_a_choice_by_buttons(customer: Browser) -> None:
    """A radio button for each meter, with its number."""
    customer.switch(meter_choice="radio")
    form = customer.open("/readings/new").form("/readings/new")
    assert (form.types["meter"], form.options) == ("radio", [POWER, "1EMH0087654321", GAS])
    assert customer.submit().heading == "Thank you for your meter reading"


def test_a_reading(customer: Browser) -> None:
    """Checked, submitted, confirmed with a receipt, and to be seen in the history."""
    page = customer.enter("142.30")
    assert (page.path, page.heading) == ("/readings/confirm", "Check your meter reading")
    assert page.terms == {
        "Meter number": POWER,
        "Kind": "Electricity",
        "Reading date": "22/11/2026",
        "Meter reading": "142.30 kWh",
    }
    assert customer.saved() == []
    page = customer.send(page, "/readings/confirm")
    assert (page.path, page.heading) == ("/readings/done", "Thank you for your meter reading")
    assert page.roles["status"] == ["Your meter reading was saved."]
    assert page.terms["Receipt number"] == "MR-2026-000001"
    assert customer.saved() == [
        {
            "meter": POWER,
            "date": "2026-11-22",
            "value": "142.30",
            "receipt": "MR-2026-000001",
            "at": "2026-11-22T12:00:00.000Z",
        }
    ]
    assert customer.history() == [["22/11/2026", "142.30 kWh", "Customer", "MR-2026-000001"]]
    assert customer.history(GAS) == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        pytest.param({"value": "abc"}, "Please enter the reading as digits", id="no value"),
        pytest.param({"value": "142,3"}, "Please enter the reading as digits", id="a comma"),
        pytest.param({"value": "-1"}, "Please enter the reading as digits", id="negative"),
        pytest.param({"value": "1.2345"}, "At most 3 decimals", id="decimals"),
        pytest.param({"value": "1234567890"}, "too many digits", id="digits"),
        pytest.param({"meter": ""}, "Please choose a meter", id="no meter"),
        pytest.param({"meter": "4711"}, "Please choose a meter", id="another's meter"),
        pytest.param({"day": "22.11.2026"}, "Please enter a date", id="no date"),
        pytest.param({"day": "2026-02-30"}, "Please enter a date", id="no such day"),
        pytest.param({"day": "2026-11-23"}, "in the future", id="tomorrow"),
        pytest.param({"day": "2026-12-01"}, "in the future", id="next month"),
    ],
)
def test_what_cannot_be(customer: Browser, fields: dict[str, str], wrong: str) -> None:
    """The form again, as it was filled in, with what is wrong; status 200."""
    page = customer.enter(**fields)
    assert (page.status, page.heading) == (200, "Enter a meter reading")
    (alert,) = page.roles["alert"]
    assert wrong in alert
    assert page.form("/readings/new").fields["reading_value"] == fields.get("value", "142.3")
    assert customer.saved() == []


def test_all_that_is_wrong_at_once(customer: Browser) -> None:
    """An alert for each field."""
    assert len(customer.enter("", "", "").roles["alert"]) == 3


def test_a_second_reading_in_a_month(customer: Browser) -> None:
    """A page that shows the first one, whatever the value; another meter is free."""
    customer.submit("142.3", day="2026-11-02")
    for value in ("142.3", "150"):
        page = customer.enter(value)
        assert (page.status, page.heading) == (200, "Already entered this month")
        assert page.terms["Meter reading"] == "142.3 kWh"
        assert page.terms["Reading date"] == "02/11/2026"
        assert page.terms["Receipt number"] == "MR-2026-000001"
    assert customer.submit("10", GAS).path == "/readings/done"
    assert customer.values() == ["142.3", "10"]


def test_a_reading_that_the_operator_took(customer: Browser) -> None:
    """It is one of the month as well; nobody has a receipt for it."""
    customer.operator("140", "2026-11-15")
    page = customer.enter()
    assert page.heading == "Already entered this month"
    assert page.terms["Source"] == "Grid operator"
    assert "Receipt number" not in page.terms
    assert customer.history() == [["15/11/2026", "140 kWh", "Grid operator", ""]]


def test_a_value_out_of_line(customer: Browser) -> None:
    """A dial only grows: neither lower than before, nor higher than after."""
    customer.operator("100", "2026-09-30")
    customer.operator("200", "2026-11-01")
    low = customer.enter("99.9", day="2026-10-15").roles["alert"]
    assert low == ["The reading is lower than the one before: 100 on 30/09/2026."]
    high = customer.enter("200.1", day="2026-10-15").roles["alert"]
    assert high == ["The reading is higher than the one after: 200 on 01/11/2026."]
    assert customer.submit("100", day="2026-10-15").path == "/readings/done"


def test_a_jump(customer: Browser) -> None:
    """It is saved once the customer says that the value was checked."""
    customer.operator("100", "2026-10-31")
    page = customer.enter("1100.5")
    assert "much more" in page.roles["alert"][0]
    assert page.labels == {"I have checked the value, it is right": "value-checked"}
    page = customer.send(page, "/readings/confirm")
    assert page.roles["alert"] == ["Please confirm that you have checked the value."]
    assert customer.saved() == []
    page = customer.send(page, "/readings/confirm", value_checked="yes")
    assert page.path == "/readings/done"
    assert customer.values() == ["1100.5"]


def test_no_jump(customer: Browser) -> None:
    """A thousand units more are believed."""
    customer.operator("100", "2026-10-31")
    page = customer.enter("1100")
    assert ("alert" in page.roles, page.labels) == (False, {})


@pytest.mark.parametrize("switches", [{"window": "23-25"}, {"window_closed": True}], ids=str)
def test_a_closed_window(customer: Browser, switches: dict[str, object]) -> None:
    """No form, and one that was shown before is not taken any more."""
    page, checked = customer.open("/readings/new"), customer.enter()
    customer.switch(**switches)
    closed = "Readings are not taken at present"
    assert customer.open("/readings/new").heading == closed
    assert customer.send(page, "/readings/new", meter=POWER, reading_value="1").heading == closed
    assert customer.send(checked, "/readings/confirm").heading == closed
    assert customer.saved() == []


def test_an_open_window(customer: Browser) -> None:
    """Its first and last day belong to it."""
    customer.switch(window="22-22")
    assert customer.submit().path == "/readings/done"


class TestAFormSentTwice:
    """By a double click, or by going back."""

    def test_guarded(self, customer: Browser) -> None:
        """403 for the second, and one reading."""
        page = customer.enter()
        assert customer.send(page, "/readings/confirm").path == "/readings/done"
        again = customer.send(page, "/readings/confirm")
        assert (again.status, again.roles["alert"]) == (403, ["This form was sent already."])
        assert customer.values() == ["142.3"]

    def test_naive(self, customer: Browser) -> None:
        """Two readings, each with a receipt."""
        customer.switch(double_click="naive")
        page = customer.enter()
        receipts = [
            customer.send(page, "/readings/confirm").terms["Receipt number"] for _ in range(2)
        ]
        assert receipts == ["MR-2026-000001", "MR-2026-000002"]
        assert customer.values() == ["142.3", "142.3"]
        assert len(customer.history()) == 2

    def test_two_forms_of_one_reading(self, customer: Browser) -> None:
        """Each has a token of its own, and the month is looked at once more."""
        first, second = customer.enter("142.3"), customer.enter("143")
        customer.send(first, "/readings/confirm")
        page = customer.send(second, "/readings/confirm")
        assert page.heading == "Already entered this month"
        assert customer.values() == ["142.3"]

    @pytest.mark.parametrize("action", ["/readings/new", "/readings/confirm"])
    @pytest.mark.parametrize("switch", ["guarded", "naive"])
    def test_a_token_that_is_none(self, customer: Browser, action: str, switch: str) -> None:
        """403, whatever the portal does about double clicks."""
        customer.switch(double_click=switch)
        customer.enter()
        page = customer.open(action, {"csrf_token": "x"})
        assert (page.status, page.roles["alert"]) == (403, ["This form is not valid any more."])

    def test_the_token_of_another_form(self, customer: Browser) -> None:
        """It confirms nothing."""
        token = customer.open("/readings/new").form("/readings/new").fields["csrf_token"]
        assert customer.open("/readings/confirm", {"csrf_token": token}).status == 403


def test_pages_out_of_order(customer: Browser) -> None:
    """Nothing to check leads to the form, no receipt to the account."""
    assert customer.open("/readings/confirm").path == "/readings/new"
    assert customer.open("/readings/done?receipt=MR-2026-000001").path == "/account"
