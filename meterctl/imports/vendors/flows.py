"""Where a solar home's energy flows, as its portals say it in their users' languages.

The words of SolarEdge, Fronius Solar.web and SMA's Sunny Portal in English, German, French, Dutch,
Italian, Spanish and Portuguese, folded. The first role whose words are in a heading is meant, so
the order matters: `Energie vom Netz an Wattpilot` is the car's, not the grid's.
"""

from __future__ import annotations

from meterctl.domain.meters import Direction
from meterctl.imports.vendors.headings import BATTERY, role

_PER_SIZE = "energy for each kWp is no energy of its own; --map keeps it"
_PART_OF_INVERTER = "a part of what the inverter counts; --map keeps it"
_LIMITED = "energy that was not made; --map keeps it"

_BATTERY = r"batter|bateri|\bakku|\baccu(?!m)|accumul|speicher|storage|powerwall"
_INTO = r"charg(?!.*dis)|ladung|\blad|in (die )?batter|to (the )?batter|\ba (la )?bateri"
_OUT_OF = (
    r"discharg|entlad|decharg|scaric|descarg|ontlad|"
    r"aus (der )?batter|from (the )?batter|(uit|van) (de )?batter|"
    r"von (der )?batter|de (la )?(batter|bateri)|d(alla|ella|a) batter|bezogen"
)
_CAR = r"wattpilot|wallbox|vehicle|fahrzeug|voiture|\bev\b|ev charg|e-auto|laadpaal"

FLOWS = (
    role(r"ohmpilot|heizstab", Direction.CONSUMPTION, "heater"),
    role(r"\bkwp\b", Direction.GENERATION, "per-kwp", _PER_SIZE),
    role(r"limit|abregel|abgeregel|curtail", Direction.GENERATION, "limited", _LIMITED),
    role(rf"({_CAR}).*\b(pv|solar)|\b(pv|solar).*({_CAR})", Direction.CONSUMPTION, "vehicle-pv"),
    role(
        rf"({_CAR}).*(netz|grid|reseau|rete|\bred\b|\bnet\b)|"
        rf"(netz|grid|reseau|rete|\bred\b|\bnet\b).*({_CAR})",
        Direction.CONSUMPTION,
        "vehicle-grid",
    ),
    role(
        rf"({_CAR}).*({_BATTERY})|({_BATTERY}).*({_CAR})", Direction.CONSUMPTION, "vehicle-battery"
    ),
    role(_CAR, Direction.CONSUMPTION, "vehicle"),
    role(rf"(?=.*({_BATTERY})).*({_OUT_OF})", Direction.GENERATION, "battery-discharge", BATTERY),
    role(rf"(?=.*({_BATTERY})).*({_INTO})", Direction.CONSUMPTION, "battery-charge", BATTERY),
    role(_BATTERY, Direction.CONSUMPTION, "battery", BATTERY),
    role(
        r"eigenverbrauch|eigen ?verbruik|direkt ?verbrauch|direct(ly)? (consum|verbruik|used)|"
        r"consumed directly|zelf ?(verbruik|consum)|self[- ]?(consum|use)|own consum|"
        r"auto-?(consum|consomm)|"
        r"(consommation|consumo) (direct|propri|inmedi)|consommation propre|eigen gebruik",
        Direction.CONSUMPTION,
        "self-use",
    ),
    role(
        r"ins? (das )?netz|einspei|eingespei|ruckspei|rucklief|to (the )?grid|"
        r"fed[- ]?(in|to)|feed[- ]?in|feedin|\bexport|exportad|suministrada|inyec|vertid|excedent|"
        r"inject|injet|injec|immess|immiss|cedut|\b(a|in|alla) rete\b|verso (la )?rete|uitvoer|"
        r"(naar|aan) (het )?net\b|terug ?(ge)?lev|(vers|dans) (le )?reseau|esporta|"
        r"\ba (la )?red\b|a la rede|para a rede|netzabgabe",
        Direction.TO_GRID,
    ),
    role(
        r"netzbezug|(vom|aus (dem)?) ?netz|bezug|bezogen|from (the )?grid|purchas|\bimport|invoer|"
        r"external energy supply|grid (supply|consum)|bought|drawn|"
        r"obtenida|tomada|comprad|de (la )?red\b|da rede|soutir|prelev|preliev|acquis|achet|"
        r"(dalla|da) rete|(van|uit) (het )?net\b|du reseau|afgenomen|afname|netafname",
        Direction.FROM_GRID,
    ),
    role(r"\bmpp|\bstring\b", Direction.GENERATION, "string", _PART_OF_INVERTER),
    role(
        r"(zahler|meter|compteur|teller|contatore|contador).*"
        r"(produ|erzeug|ertrag|opwek|generac)|(produ|opwek|erzeug)\w*[- ]?(meter|zahler|teller)",
        Direction.GENERATION,
        "meter",
    ),
    role(
        r"produ|produz|erzeug|ertrag|generat|generac|\bpv\b|solar|[pf]h?otovolt|yield|opwek|opgewek|rendement|"
        r"rendimento|rendimiento|opbrengst|wechselrichter|inverter|onduleur|omvormer|inversor",
        Direction.GENERATION,
    ),
    role(r"verbrauch|consum|consomm|verbruik|\bload\b|\blast\b", Direction.CONSUMPTION),
)
