"""What the portal says, in English and in German."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """A text in both languages."""

    en: str
    de: str


UTILITY = "Stadtwerke Musterstadt"

TEXTS = {
    # headings, which are the pages' titles as well
    "start": Text("Welcome to your customer portal", "Willkommen im Kundenportal"),
    "log_in": Text("Log in", "Anmelden"),
    "two_factor": Text("Security code", "Sicherheitscode"),
    "account": Text("My account", "Mein Konto"),
    "new": Text("Enter a meter reading", "Zählerstand erfassen"),
    "confirm": Text("Check your meter reading", "Zählerstand prüfen"),
    "done": Text("Thank you for your meter reading", "Vielen Dank für Ihren Zählerstand"),
    "history": Text("Meter reading history", "Verlauf der Zählerstände"),
    "log_out": Text("Log out", "Abmelden"),
    "already": Text("Already entered this month", "In diesem Monat bereits erfasst"),
    "closed": Text("Readings are not taken at present", "Derzeit keine Erfassung möglich"),
    "maintenance": Text("Maintenance", "Wartungsarbeiten"),
    "forbidden": Text("Request refused", "Anfrage abgelehnt"),
    "not_found": Text("Page not found", "Seite nicht gefunden"),
    # links and buttons
    "overview": Text("Overview", "Übersicht"),
    "next": Text("Continue", "Weiter"),
    "submit": Text("Submit reading", "Zählerstand absenden"),
    "back": Text("Change the entry", "Eingabe ändern"),
    "enter": Text("Enter reading", "Stand erfassen"),
    "to_history": Text("See all readings", "Alle Stände ansehen"),
    "older": Text("Older readings", "Ältere Zählerstände"),
    "newer": Text("Newer readings", "Neuere Zählerstände"),
    "accept_all": Text("Accept all", "Alle akzeptieren"),
    "accept_few": Text("Only necessary cookies", "Nur notwendige Cookies"),
    "no_thanks": Text("No, thanks", "Nein, danke"),
    # fields and columns
    "username": Text("Email address", "E-Mail-Adresse"),
    "password": Text("Password", "Passwort"),
    "code": Text("Code from the text message", "Code aus der SMS"),
    "captcha": Text("Digits in the picture", "Ziffern im Bild"),
    "captcha_picture": Text("Picture with digits", "Bild mit Ziffern"),
    "meters": Text("Meters", "Zähler"),
    "choose": Text("Please choose", "Bitte wählen"),
    "number": Text("Meter number", "Zählernummer"),
    "kind": Text("Kind", "Art"),
    "date": Text("Reading date", "Ablesedatum"),
    "value": Text("Meter reading", "Zählerstand"),
    "source": Text("Source", "Herkunft"),
    "receipt": Text("Receipt number", "Vorgangsnummer"),
    "last": Text("Last reading", "Letzter Zählerstand"),
    "checked": Text(
        "I have checked the value, it is right", "Ich habe den Wert geprüft, er stimmt"
    ),
    "electricity": Text("Electricity", "Strom"),
    "feed_in": Text("Feed-in", "Einspeisung"),
    "gas": Text("Gas", "Gas"),
    "customer": Text("Customer", "Kunde"),
    "operator": Text("Grid operator", "Netzbetreiber"),
    # sentences
    "start_told": Text(
        "Hand in your meter readings and see what you have used.",
        "Melden Sie Ihre Zählerstände und sehen Sie Ihren Verbrauch ein.",
    ),
    "cookies": Text("Cookie settings", "Cookie-Einstellungen"),
    "cookies_told": Text("This site uses cookies.", "Diese Website verwendet Cookies."),
    "offer": Text("Bills without paper?", "Rechnung ohne Papier?"),
    "offer_told": Text(
        "From now on, have your bills by email.", "Erhalten Sie Ihre Rechnung per E-Mail."
    ),
    "code_sent": Text(
        "We have sent a code to your phone.", "Wir haben einen Code an Ihr Telefon gesendet."
    ),
    "check_told": Text(
        "Nothing is handed in until you submit it.",
        "Ihre Angaben werden erst mit dem Absenden übermittelt.",
    ),
    "done_told": Text("Your meter reading was saved.", "Ihr Zählerstand wurde gespeichert."),
    "closed_told": Text(
        "The portal takes meter readings at other times.",
        "Das Portal nimmt Zählerstände zu anderen Zeiten entgegen.",
    ),
    "maintenance_told": Text(
        "The portal is being worked on. Please come back later.",
        "Am Portal wird gearbeitet. Bitte versuchen Sie es später erneut.",
    ),
    "logged_out": Text("You are logged out.", "Sie sind abgemeldet."),
    "no_readings": Text("No readings yet", "Noch keine Zählerstände"),
    "not_found_told": Text("There is no such page.", "Diese Seite gibt es nicht."),
    # what is wrong
    "wrong_password": Text(
        "Email address or password is wrong.", "E-Mail-Adresse oder Passwort ist falsch."
    ),
    "wrong_code": Text("The code is wrong.", "Der Code ist falsch."),
    "wrong_captcha": Text(
        "These are not the digits in the picture.", "Das sind nicht die Ziffern im Bild."
    ),
    "expired": Text(
        "Your session has ended. Please log in again.",
        "Ihre Sitzung ist abgelaufen. Bitte melden Sie sich erneut an.",
    ),
    "form_sent": Text("This form was sent already.", "Dieses Formular wurde bereits abgesendet."),
    "form_invalid": Text(
        "This form is not valid any more.", "Dieses Formular ist nicht mehr gültig."
    ),
    "meter_missing": Text("Please choose a meter.", "Bitte wählen Sie einen Zähler."),
    "date_unreadable": Text("Please enter a date.", "Bitte geben Sie ein Datum ein."),
    "date_future": Text(
        "The reading date is in the future.", "Das Ablesedatum liegt in der Zukunft."
    ),
    "value_unreadable": Text(
        "Please enter the reading as digits, with a point before the decimals.",
        "Bitte geben Sie den Zählerstand in Ziffern ein, mit Komma vor den Nachkommastellen.",
    ),
    "value_too_long": Text("The reading has too many digits.", "Der Zählerstand ist zu lang."),
    "value_decimals": Text(
        "At most {decimals} decimals, please.", "Bitte höchstens {decimals} Nachkommastellen."
    ),
    "value_whole": Text(
        "Whole units only, please: no decimals.", "Bitte ohne Nachkommastellen eingeben."
    ),
    "value_lower": Text(
        "The reading is lower than the one before: {value} on {date}.",
        "Der Zählerstand ist niedriger als der vorige: {value} am {date}.",
    ),
    "value_higher": Text(
        "The reading is higher than the one after: {value} on {date}.",
        "Der Zählerstand ist höher als der folgende: {value} am {date}.",
    ),
    "already_entered": Text(
        "A reading of this meter was already entered this month.",
        "Für diesen Zähler wurde in diesem Monat bereits ein Zählerstand erfasst.",
    ),
    "jumps": Text(
        "This is much more than the reading before. Please check it.",
        "Das ist deutlich mehr als der vorige Zählerstand. Bitte prüfen Sie ihn.",
    ),
    "unchecked": Text(
        "Please confirm that you have checked the value.",
        "Bitte bestätigen Sie, dass Sie den Wert geprüft haben.",
    ),
    "line_lost": Text(
        "The connection was lost. Please look into the history.",
        "Die Verbindung wurde unterbrochen. Bitte prüfen Sie den Verlauf.",
    ),
}

# After the portal was made anew: `changed_page`.
CHANGED_TEXTS = {
    "log_in": Text("Sign in", "Einloggen"),
    "new": Text("Report a counter value", "Ablesung melden"),
    "confirm": Text("Please verify", "Bitte kontrollieren"),
    "done": Text("All done", "Alles erledigt"),
    "history": Text("Your values so far", "Bisherige Werte"),
    "next": Text("Go on", "Fortfahren"),
    "submit": Text("Send now", "Jetzt übermitteln"),
    "username": Text("User", "Benutzer"),
    "password": Text("Secret word", "Kennwort"),
    "number": Text("Device ID", "Gerätenummer"),
    "date": Text("Read on", "Abgelesen am"),
    "value": Text("Counter value", "Ablesewert"),
    "receipt": Text("Ticket", "Ticket"),
    "checked": Text("Yes, it is right", "Ja, das stimmt"),
}

NAMES = {
    "token": "csrf_token",
    "username": "username",
    "password": "password",
    "code": "code",
    "captcha": "captcha",
    "meter": "meter",
    "date": "reading_date",
    "value": "reading_value",
    "checked": "value_checked",
    "log_in": "log_in_button",
    "next": "continue_button",
    "submit": "submit_button",
    "receipt": "receipt",
}
CHANGED_NAMES = {
    "token": "form_key",
    "username": "login_user",
    "password": "login_secret",
    "code": "otp",
    "captcha": "picture",
    "meter": "device",
    "date": "read_on",
    "value": "counter_value",
    "checked": "verified",
    "log_in": "action_1",
    "next": "action_2",
    "submit": "action_3",
    "receipt": "ticket",
}
