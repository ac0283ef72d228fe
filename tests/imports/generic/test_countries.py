"""Exports of many countries, which no module of ours knows, as the generic reader takes them."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.formats import Options
from meterctl.imports.layout import Label
from meterctl.imports.series import Commodity, Series
from tests.imports.vendors.structured import Read, generic

FROM, TO = Direction.FROM_GRID, Direction.TO_GRID
SOLAR, USED = Direction.GENERATION, Direction.CONSUMPTION
KWH = Options(unit="kWh")


def only(found: Read) -> Series:
    """The one series of a file."""
    (series,) = found.series.values()
    return series


def qualities(found: Read) -> list[Quality]:
    """What is said of each value."""
    return [claim.quality for claim in found.claims]


def spans(minutes: int, dash: str) -> list[str]:
    """The columns of a day's pieces, from `00:00-00:15` on."""
    clocks = [f"{m // 60 % 24:02}:{m % 60:02}" for m in range(0, 1441, minutes)]
    return [dash.join(pair) for pair in pairwise(clocks)]


def test_austria_ends_and_codes() -> None:
    """Each value has its own column of codes behind it: L1 is measured, L2 is not."""
    found = generic(
        "Messzeitpunkt;Verbrauch (kWh);Qualität;Restnetzbezug (kWh);Qualität EG;\n"
        "01.01.2025 00:15;0,250000;L1;0,100000;L2;\n"
        "01.01.2025 00:30;0,500000;L1;;;\n"
    )
    first, second = found.claims[:2]
    assert (first.value, first.start, first.code) == ("0,250000", "01.01.2025 00:15", "L1")
    assert (second.quality, second.code) == (Quality.ESTIMATED, "L2")
    assert [one.direction for one in found.series.values()] == [USED, FROM]
    assert found.layout.facts.label is None  # found out from the times themselves


def test_austria_a_direction_above_the_table() -> None:
    """The lines above say of which meter the values are, and which way they went."""
    found = generic(
        "Kundennummer;1001\nKundenname;Muster\nZP-Nummer;AT0010000000000000000001234567890\n"
        "Beginn;06.05.2024\nEnde;07.05.2024\nEnergierichtung;Netzbezug\n\n"
        "Datum;Zeit;kWh;Status\n"
        "06.05.2024;00:00:00;0,25;gemessen\n"
        "06.05.2024;00:15:00;0,5;berechnet\n",
        Options(kind=Kind.INTERVAL),
    )
    series = only(found)
    assert (series.direction, series.unit, series.kind) == (FROM, "kWh", Kind.INTERVAL)
    assert series.serial == "AT0010000000000000000001234567890"
    assert qualities(found) == [Quality.ACTUAL, Quality.ESTIMATED]
    assert found.claims[0].start == "06.05.2024 00:00:00"


def test_austria_two_tables_with_one_header() -> None:
    """What stands above each tells them apart: 1.9.0 came from the grid, 2.9.0 went to it."""
    above = (
        "Zählpunktbezeichnung;Kennzahl;Zählernummer;Exportiere ab;Exportiere bis\n"
        "{};{};;06.05.2024;31.05.2024\n"
    )
    header = "Startdatum;Startuhrzeit;Enddatum;Enduhrzeit;Verbrauch (in kWh);Status\n"
    row = "06.05.2024;{};06.05.2024;{};{};VALID\n"
    found = generic(
        above.format("AT0010000000000000000001234567891", "1-1:1.9.0 P.01")
        + header
        + row.format("00:00", "00:15", "0,05")
        + row.format("00:15", "00:30", "0,06")
        + above.format("AT0010000000000000000001234567892", "1-1:2.9.0 P.01")
        + header
        + row.format("00:00", "00:15", "0,00")
        + row.format("00:15", "00:30", "0,01")
    )
    first, second = found.series.values()
    assert (first.direction, first.obis) == (FROM, "1-1:1.9.0")
    assert (second.direction, second.obis) == (TO, "1-1:2.9.0")
    assert (first.serial, second.serial) == (
        "AT0010000000000000000001234567891",
        "AT0010000000000000000001234567892",
    )
    assert found.values(second.name) == ["0,00", "0,01"]
    assert (found.claims[0].start, found.claims[0].end) == ("06.05.2024 00:00", "06.05.2024 00:15")


def test_austria_lines_above_without_keys() -> None:
    """An id alone and a unit alone say what they are; an end one second short is left as it is."""
    found = generic(
        "AT001000000000000000000123456789A;;\nAT001000000000000000000123456789A;;\n"
        "Wirkenergie;;\nkWh;;\nDATE_FROM;DATE_TO;VALUE\n"
        "06.05.2024 00:00:00;06.05.2024 00:14:59;0,05\n"
        "06.05.2024 00:15:00;06.05.2024 00:29:59;0,06\n"
    )
    assert (only(found).unit, only(found).serial) == ("kWh", "AT001000000000000000000123456789A")
    assert found.claims[0].end == "06.05.2024 00:14:59"


def test_austria_a_sum_in_the_heading() -> None:
    """It is no value; the unit is behind it, and a sentence says that the value is good."""
    found = generic(
        '"Datum und Uhrzeit";"Lastgänge (123,456 kWh)";"Status"\n'
        '"2024-05-06 00:00:00";0.25;"Wert ist gültig"\n"2024-05-06 00:15:00";0.5;"Ersatzwert"\n'
    )
    assert (only(found).unit, only(found).kind) == ("kWh", Kind.INTERVAL)
    assert qualities(found) == [Quality.ACTUAL, Quality.ESTIMATED]


def test_austria_readings_at_midnight() -> None:
    """A dial's column beside the amounts has a value once a day, at the end of the last row."""
    found = generic(
        "Start;Ende;Vorschub (kWh) - Verbrauch;Zählerstand (kWh) - Verbrauch\n"
        " 01.04.2024 23:30:00; 01.04.2024 23:45:00;0,250000000000001;-\n"
        " 01.04.2024 23:45:00; 02.04.2024 00:00:00;0,5;1000,5\n"
    )
    amount, dial = found.series.values()
    assert (amount.kind, dial.kind) == (Kind.INTERVAL, Kind.REGISTER)
    assert (found.claims[-1].start, found.claims[-1].end) == ("02.04.2024 00:00:00", None)


def test_austria_ends_with_a_length() -> None:
    """The heading says that a time ends its interval; a column says how long each one is."""
    found = generic(
        "Ende Ablesezeitraum;Messintervall;Abrechnungsmaßeinheit;"
        "Wohnung - AT0010000000000000000001234567890 (0000000000) - Verbrauch [kWh]\n"
        "2024-05-06T00:15+02:00;QH;KWH;0,25\n2024-05-06T00:30+02:00;QH;KWH;0,5\n"
    )
    assert found.layout.facts.label is Label.ENDS
    assert only(found).serial == "AT0010000000000000000001234567890"
    assert {claim.span for claim in found.claims} == {900_000}


def test_czechia_times_of_day_from_and_to() -> None:
    """Two times of day are from and to in any language; an id may be the heading."""
    found = generic(
        "Datum;Cas od;Cas do;100000000000000001-100000000000000002\n"
        "06.05.2024;00:00;00:15;0,25;\n06.05.2024;00:15;00:30;0,5;\n",
        KWH,
    )
    assert (found.claims[0].start, found.claims[0].end) == ("06.05.2024 00:00", "06.05.2024 00:15")
    assert only(found).serial == "100000000000000001-100000000000000002"


def test_switzerland_three_ways() -> None:
    """Names of ways in German; a column of zeros is of the kind of those beside it."""
    found = generic(
        "Zeitstempel;Verbrauch (kWh);Produktion (kWh);Einspeisung (kWh)\n"
        "06.05.2024 00:15;0,25;0,00;0,00\n06.05.2024 00:30;0,50;0,00;0,00\n"
    )
    assert [one.direction for one in found.series.values()] == [USED, SOLAR, TO]
    assert {one.kind for one in found.series.values()} == {Kind.INTERVAL}


def test_spain_hours_that_are_numbered() -> None:
    """Hour 1 begins at midnight; on the day of 25 hours the third and fourth are both at two."""
    rows = "".join(f"ES00210000X;27/10/2024;{n};0,{n:02d}1;0;R\n" for n in range(1, 26))
    rows += "".join(f"ES00210000X;28/10/2024;{n};0,2;0;E\n" for n in range(1, 25))
    found = generic("CUPS;Fecha;Hora;AE_kWh;AS_KWh;REAL/ESTIMADO\n" + rows)
    drawn = [claim for claim in found.claims if claim.series.name == "AE_kWh"]
    assert [claim.start for claim in drawn[:5]] == [
        "27/10/2024 00:00",
        "27/10/2024 01:00",
        "27/10/2024 02:00",
        "27/10/2024 02:00",
        "27/10/2024 03:00",
    ]
    assert drawn[24].start == "27/10/2024 23:00"
    assert drawn[25].start == "28/10/2024 00:00"
    assert {claim.span for claim in drawn} == {3_600_000}
    assert (found.series["AE_kWh"].direction, found.series["AS_KWh"].direction) == (FROM, TO)
    assert drawn[-1].quality is Quality.ESTIMATED


def test_spain_a_day_of_23_hours() -> None:
    """Numbers to 23 count what passed: the third hour is from three to four."""
    rows = "".join(f"ES00210000X;31/03/2024;{n};0,1{n:02d};R\n" for n in range(1, 24))
    rows += "".join(f"ES00210000X;01/04/2024;{n};0,2;R\n" for n in range(1, 25))
    found = generic("CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\n" + rows)
    assert [claim.start for claim in found.claims[:4]] == [
        "31/03/2024 00:00",
        "31/03/2024 01:00",
        "31/03/2024 03:00",
        "31/03/2024 04:00",
    ]
    assert found.claims[22].start == "31/03/2024 23:00"


def test_spain_an_hour_that_no_day_has() -> None:
    """A 25th hour on a usual day is told, with its place."""
    rows = "".join(f"X1234;28/10/2024;{n};0,1{n:02d}\n" for n in range(1, 26))
    found = generic("CUPS;Fecha;Hora;Consumo_kWh\n" + rows)
    assert found.problems == [(26, 18, "there is no hour 25 on 28/10/2024 here")]


def test_spain_hours_as_spans() -> None:
    """Lines with keys above, a span in each row, prices that are no energy, and a total below."""
    found = generic(
        "CUPS: ES0021000000000001JN0F\nFecha inicio: 01/01/2024\nTarifa: 2.0TD\n"
        "Fecha,Hora,Consumo (Wh),Precio (€/kWh),Coste por hora (€)\n"
        "01/01/2024,00:00-01:00,250,0.200,0.05\n"
        "01/01/2024,23:00-00:00,150,0.200,0.03\n"
        "Total (Wh):,,400,,0.08\n"
    )
    series = only(found)
    assert (series.unit, series.serial) == ("Wh", "ES0021000000000001JN0F")
    assert [(c.start, c.end) for c in found.claims] == [
        ("01/01/2024 00:00", "01/01/2024 01:00"),
        ("01/01/2024 23:00", "01/01/2024 00:00"),
    ]
    assert not found.problems


def test_spain_end_labels() -> None:
    """Times to 24:00 are left as they stand: the clockwork sees that they are ends."""
    found = generic(
        "cups;fecha;hora;consumo_kWh;metodoObtencion;energiaVertida_kWh\n"
        "ES0021X;2024/05/06;01:00;0,25;Real;0\nES0021X;2024/05/06;24:00;0,5;Estimada;0\n"
    )
    assert found.claims[-1].start == "2024/05/06 24:00"
    assert found.series["energiaVertida_kWh"].direction is TO


def test_italy_quarters_across() -> None:
    """A row for each day, a column for each quarter, values in quotes."""
    values = ";".join(f'"0,{n:03d}"' for n in range(96))
    found = generic(f'"Giorno";{";".join(spans(15, "-"))}\n"01/01/2023";{values}\n', KWH)
    assert len(found.claims) == 96
    assert [claim.start for claim in found.claims[:2]] == ["01/01/2023 00:00", "01/01/2023 00:15"]
    assert found.claims[-1].start == "01/01/2023 23:45"
    assert (found.claims[-1].value, found.claims[-1].cell) == ("0,095", 96)
    assert {claim.span for claim in found.claims} == {900_000}
    assert only(found).kind is Kind.INTERVAL


def test_italy_bands() -> None:
    """Three bands and their sum: the sum counts nothing of its own."""
    found = generic(
        "Mese;F1 (kWh);F2 (kWh);F3 (kWh);Totale (kWh)\n"
        "01/2024;50;30;40;120\n02/2024;52;31;38;121\n",
        Options(kind=Kind.INTERVAL),
    )
    assert [one.part for one in found.series.values()] == ["f1", "f2", "f3", ""]
    total = found.series["Totale (kWh)"]
    assert total.only_if_mapped == "the sum of `F1 (kWh)` and `F2 (kWh)` and `F3 (kWh)`"
    assert found.claims[0].start == "01/2024"


def test_france_indexes() -> None:
    """A row of keys above a row of values says the unit; each index stands there three times."""
    found = generic(
        "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;"
        "Grandeur metier;Etape metier;Unite\n"
        "00000000000000;Index;06/05/2024;08/05/2024;Energie active;Consommation;Brut;Wh\n\n"
        "Horodate;Type de releve;EAS F1;EAS F2;EAS F10;EAS D1;EAS T\n"
        "2024-05-06T00:00:00+02:00;Arrêté quotidien;1000000;2000000;;1000000;3000000\n"
        "2024-05-07T00:00:00+02:00;Arrêté quotidien;1000500;2000000;;1000500;3000500\n\n"
        "Periode;Identifiant calendrier fournisseur;Libelle calendrier fournisseur\n"
        "Du 2024-05-06T00:00:00+02:00 au;AA000000;Option Heures Creuses\n"
    )
    first = found.series["EAS F1"]
    assert (first.kind, first.direction, first.unit) == (Kind.REGISTER, FROM, "Wh")
    assert (first.part, first.serial, first.only_if_mapped) == ("f1", None, None)
    assert found.series["EAS T"].only_if_mapped == "the same energy, in all"
    assert found.series["EAS D1"].only_if_mapped == "the same energy, by the grid's tariff"
    assert not found.problems


def test_france_gas() -> None:
    """The same gas in m³ and in kWh: what the meter measures is kept."""
    found = generic(
        "N° PCE;Date de relevé;Volume consommé (m3);Energie consommée (kWh);"
        "Coefficient de conversion;Température locale (°C)\n"
        "GI123456;06/05/2024;10;110;11;3\nGI123456;07/05/2024;12;132;11;4\n"
    )
    volume, energy = found.series.values()
    assert (volume.unit, volume.commodity, volume.only_if_mapped) == ("m³", Commodity.GAS, None)
    assert energy.only_if_mapped == "the same gas, in kWh"
    assert volume.serial == "GI123456"


def test_france_water() -> None:
    """The day's amount is what the index beside it says already; a word tells how it was read."""
    found = generic(
        "Date de relevé;Index relevé (litres);Consommation du jour (litres);Index Mesuré/Estimé\n"
        "06/05/2024 12:00;1000000;70;Mesuré\n07/05/2024 12:00;1000100;100;Estimé\n"
    )
    (index,) = found.series.values()
    assert (index.kind, index.commodity, index.unit) == (Kind.REGISTER, Commodity.WATER, "l")
    assert found.layout.notes[0] == (
        "left out: `Consommation du jour (litres)`: the differences of the readings in"
        " `Index relevé (litres)`; --map keeps it"
    )
    assert qualities(found) == [Quality.ACTUAL, Quality.ESTIMATED]


def test_denmark_a_unit_in_each_row() -> None:
    """From and to, the unit in a column of its own."""
    found = generic(
        "\ufeffMålepunktsID;Fra_dato;Til_dato;Mængde;Måleenhed;Kvalitet;Type\n"
        "571300000000000001;06-05-2024 00:00:00;06-05-2024 01:00:00;0,25;KWH;Målt;Tidsserie\n"
        "571300000000000001;06-05-2024 01:00:00;06-05-2024 02:00:00;0,5;KWH;Estimeret;Tidsserie\n"
    )
    series = only(found)
    assert (series.name, series.unit, series.serial) == ("Mængde", "kWh", "571300000000000001")
    assert found.claims[1].end == "06-05-2024 02:00:00"
    assert found.claims[1].quality is Quality.ESTIMATED


def test_finland_times_in_utc() -> None:
    """A start label with Z, an id of a product that is no meter's."""
    found = generic(
        "Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Lukeman tyyppi;"
        "Alkuaika;Määrä;Laatu\n"
        "643000000000000001;8716867000030;PT15M;kWh;BN01;2024-05-06T22:00:00Z;2,500000;OK\n"
        "643000000000000001;8716867000030;PT15M;kWh;BN01;2024-05-06T22:15:00Z;1,250000;OK\n"
    )
    assert only(found).serial == "643000000000000001"
    assert found.layout.facts.label is Label.STARTS
    assert found.values("Määrä") == ["2,500000", "1,250000"]


def test_norway_from_and_to() -> None:
    """Two words for from and to, values in quotes."""
    found = generic('Fra,Til,KWH 60 Forbruk\n06.05.2024 00:00,06.05.2024 01:00,"1,5"\n')
    assert only(found).direction is USED
    assert found.claims[0].end == "06.05.2024 01:00"


def test_ireland_ways_in_each_row() -> None:
    """The texts of a column say the unit, the way and the kind; the newest row comes first."""
    found = generic(
        "MPRN,Meter Serial Number,Read Value,Read Type,Read Date and End Time\n"
        "10000000001,12345678,0.25,Active Import Interval (kWh),06-05-2024 00:30\n"
        "10000000001,12345678,0.0,Active Export Interval (kWh),06-05-2024 00:30\n"
        "10000000001,12345678,0.5,Active Import Interval (kWh),06-05-2024 00:00\n"
    )
    drawn, fed = found.series.values()
    assert (drawn.direction, drawn.unit, drawn.kind) == (FROM, "kWh", Kind.INTERVAL)
    assert (fed.direction, fed.serial) == (TO, "12345678")
    assert found.layout.facts.label is Label.ENDS


def test_australia_half_hours_across() -> None:
    """Spans across with spaces, a flag for estimates, two ways in the rows of one day."""
    found = generic(
        f"METER SERIAL NUMBER,CON/GEN,DATE,ESTIMATED?,{','.join(spans(30, ' - '))}\n"
        f"000123456,Consumption,2024-05-06,No,{','.join(['0.05'] * 48)}\n"
        f"000123456,Generation,2024-05-06,Yes,{','.join(['0.01'] * 48)}\n",
        KWH,
    )
    used, made = found.series.values()
    assert (used.direction, made.direction, used.serial) == (USED, SOLAR, "000123456")
    assert len(found.claims) == 96
    assert found.claims[-1].quality is Quality.ESTIMATED
    assert found.claims[-1].start == "2024-05-06 23:30"


def test_united_kingdom_half_hours_across() -> None:
    """`HH1` to `HH48`: cut after 46 on the short day, they count what passed; no total beside."""
    names = ",".join(f"HH{n:02}" for n in range(1, 49))
    found = generic(
        f"MPAN,Measurement,Date,Total kWh,{names}\n"
        f"1200023305967,kWh,30/03/2024,4.8,{','.join(['0.1'] * 48)}\n"
        f"1200023305967,kWh,31/03/2024,4.6,{','.join(['0.1'] * 46)},,\n",
        Options(zone=ZoneInfo("Europe/London")),
    )
    assert len(found.claims) == 94
    assert [claim.start for claim in found.claims[49:52]] == [
        "31/03/2024 00:30",
        "31/03/2024 02:00",
        "31/03/2024 02:30",
    ]
    assert "left out: `Total kWh`: beside the pieces of its day" in found.layout.notes


def test_united_kingdom_settlement_periods() -> None:
    """`Period` 1 to 48 down a column: 46 on the short day, counted as they pass."""
    rows = [f"1200023305967,2024-03-30,{n},0.5,A,KWH\n" for n in range(1, 49)]
    rows += [f"1200023305967,2024-03-31,{n},0.4,A,KWH\n" for n in range(1, 47)]
    options = Options(unit="kWh", zone=ZoneInfo("Europe/London"))
    found = generic(f"MPAN,Date,Period,HHC,AEI,QtyId\n{''.join(rows)}", options)
    assert (only(found).serial, len(found.claims)) == ("1200023305967", 94)
    assert [claim.start for claim in found.claims[47:51]] == [
        "2024-03-30 23:30",
        "2024-03-31 00:00",
        "2024-03-31 00:30",
        "2024-03-31 02:00",
    ]


def test_australia_labels_that_end() -> None:
    """Columns from 0:30 to 0:00 are the pieces of the day in order, whatever they are called."""
    names = [f"{m // 60}:{m % 60:02}" for m in range(30, 1440, 30)] + ["0:00"]
    found = generic(
        "Solar home half-hour data - 1 July 2024 to 30 June 2025\n"
        "Customer,Generator Capacity,Postcode,Consumption Category,date,"
        f"{','.join(names)},Row Quality\n"
        f"1,5.00,9999,GC,1-Jul-24,{','.join(['0.1'] * 48)},NA\n"
        f"1,5.00,9999,GG,1-Jul-24,{','.join(['0.2'] * 48)},\n",
        KWH,
    )
    used, made = found.series.values()
    assert (used.direction, made.direction) == (USED, SOLAR)
    assert [found.claims[0].start, found.claims[47].start] == ["1-Jul-24 00:00", "1-Jul-24 23:30"]


def test_australia_registers_suffix() -> None:
    """E1 came from the grid, B1 went to it; the account is no meter's number."""
    row = "1000000001,41000000001,4100000001#{},{},6/05/2024 {},6/05/2024 {},{},A\n"
    found = generic(
        "AccountNumber,NMI,RegisterCode,RateTypeDescription,StartDate,EndDate,Value,QualityFlag\n"
        + row.format("E1", "Usage", "12:00:00 AM", "12:29:59 AM", "0.1")
        + row.format("B1", "Solar", "12:00:00 AM", "12:29:59 AM", "0.0")
        + row.format("E1", "Usage", "12:30:00 AM", "12:59:59 AM", "0.2"),
        KWH,
    )
    drawn, fed = found.series.values()
    assert (drawn.direction, drawn.kind, drawn.serial) == (FROM, Kind.INTERVAL, "41000000001")
    assert fed.direction is TO
    assert found.claims[-1].end == "6/05/2024 12:59:59 AM"


def test_britain_half_hours_with_a_null() -> None:
    """A heading with `KWH/hh`, spaces around values, seconds with seven digits, a Null."""
    found = generic(
        "LCLid,stdorToU,DateTime,KWH/hh (per half hour) ,Acorn,Acorn_grouped\n"
        "MAC000000,Std,2024-05-06 00:30:00.0000000, 0 ,ACORN-A,Affluent\n"
        "MAC000000,Std,2024-05-06 01:00:00.0000000, 0.25 ,ACORN-A,Affluent\n"
        "MAC000000,Std,2024-05-06 01:30:00.0000000,Null,ACORN-A,Affluent\n"
    )
    assert (only(found).unit, only(found).kind) == ("kWh", Kind.INTERVAL)
    assert found.values("KWH/hh (per half hour)") == ["0", "0.25", "Null"]


def test_britain_utc_in_the_heading() -> None:
    """A heading that says UTC is worth a Z."""
    found = generic("timestamp (UTC),energyConsumption (kWh)\n2024-05-06 00:00,0.1\n")
    assert found.claims[0].start == "2024-05-06 00:00Z"


def test_america_a_zone_in_the_heading() -> None:
    """A monitor of circuits: a zone in the heading, `kWhs`, and a column of power."""
    found = generic(
        "Time Bucket (America/Denver),1234-Mains (kWhs),1234-Pump (kWatts)\n"
        "05/06/2024 12:00:00,1.5,2\n05/06/2024 13:00:00,NaN,3\n",
        Options(kind=Kind.INTERVAL),
    )
    assert only(found).unit == "kWh"
    assert str(found.layout.facts.zone) == "America/Denver"
    assert "left out: `1234-Pump (kWatts)`: power, not energy" in found.layout.notes


def test_america_devices_in_rows() -> None:
    """A comment above, a series for each device, and the power beside its energy left out."""
    row = "2024-05-06 0{}:00:00,{},{},Light,Maker,Model 1,hall,12.5,{}\n"
    found = generic(
        "# Please note: these values, such as they are, may differ from a bill's\n"
        "DateTime,Device ID,Name,Device Type,Device Make,Device Model,Device Location,"
        "Avg Wattage,kWh\n"
        + row.format(0, "1a2b3c4d", "Lamp", "0.25")
        + row.format(0, "5e6f7a8b", "Dryer", "1.5")
        + row.format(1, "1a2b3c4d", "Lamp", "0.5"),
        Options(kind=Kind.INTERVAL),
    )
    assert found.values("1a2b3c4d kWh") == ["0.25", "0.5"]
    assert found.values("5e6f7a8b kWh") == ["1.5"]
    assert "left out: `Avg Wattage`: power, not energy" in found.layout.notes


def test_america_hours_beside_quarters() -> None:
    """The same energy twice in a row: the quarters are kept, each with its unit and its length."""
    found = generic(
        "Name,X,,,,,,\nCommodity,Electric,,,,,,\nMeter Number,12345678,,,,,,\n"
        "Start Date,05/06/2024,,,,,,\n,,,,,,,\n"
        "Start Interval Date/Time,Meter Id,Usage,Units,Interval,Usage,Units,Interval\n"
        "05/06/2024 00:00,12345678,2,kwh,60min,0.5,kwh,15min\n"
        "05/06/2024 00:15,12345678,-,-,-,0.25,kwh,15min\n"
    )
    hours, quarters = found.series.values()
    assert hours.only_if_mapped == "the same energy, in longer steps"
    assert (quarters.only_if_mapped, quarters.unit, quarters.serial) == (None, "kWh", "12345678")
    assert found.values(hours.name) == ["2", "-"]
    assert found.values(quarters.name) == ["0.5", "0.25"]
    assert [claim.span for claim in found.claims] == [3_600_000, 900_000, None, 900_000]
    assert found.layout.facts.label is Label.STARTS


def test_america_two_services_in_rows() -> None:
    """A type and a unit in each row: a series for each."""
    found = generic(
        "Service,Date,From,Until,Usage,Unit,Cost,Notes\n"
        "Electric usage,2024-05-06,00:00,00:59,1.25,kWh,$0.20,\n"
        "Natural gas usage,2024-05-06,00:00,00:59,0.5,therms,$0.60,cold\n"
    )
    power, gas = found.series.values()
    assert (power.unit, power.commodity) == ("kWh", Commodity.ELECTRICITY)
    assert (gas.unit, gas.commodity) == ("therm", Commodity.GAS)
    assert (found.claims[1].end, found.claims[1].note) == ("2024-05-06 00:59", "cold")


def test_netherlands_registers_newest_first() -> None:
    """Words in one heading without a space; a tariff's other dial is of the other way."""
    found = generic(
        "OpnameDatum;StandNormaal;StandDal;TerugleveringNormaal;TerugleveringDal\n"
        "2024-05-07;1010;505;2020;303\n2024-05-06;1005;500;2010;303\n",
        KWH,
    )
    assert [(s.kind, s.direction, s.part) for s in found.series.values()] == [
        (Kind.REGISTER, FROM, "normal"),
        (Kind.REGISTER, FROM, "offpeak"),
        (Kind.REGISTER, TO, "normal"),
        (Kind.REGISTER, TO, "offpeak"),
    ]


def test_netherlands_a_smart_meters_registers() -> None:
    """The numbers of the telegram say the way: one and two came, three and four went."""
    found = generic(
        "Datum,Meterstand laagtarief (El 1),Meterstand hoogtarief (El 2),"
        "Meterstand laagtarief (El 3),Meterstand hoogtarief (El 4)\n"
        "2024-01-01,1000.1,2000.2,10,20\n2024-01-02,1001.1,2002.2,10,20\n",
        KWH,
    )
    assert [(s.direction, s.part) for s in found.series.values()] == [
        (FROM, "low"),
        (FROM, "high"),
        (TO, "low"),
        (TO, "high"),
    ]
    assert {s.kind for s in found.series.values()} == {Kind.REGISTER}
