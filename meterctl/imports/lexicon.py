"""Phrases of meter files, in Europe and elsewhere, folded; `*` stands for any letters.

One entry a concept, so that a word that was missing is added in one place. They are matched as
whole words, and only against headings, labels and codes: never against what a person wrote.
"""

from __future__ import annotations

from typing import Final

TIME: Final = """
ts godzina hodina saat *時刻* *時間* *时间* *시간* час время
moment moment?date cas czas
time timestamp datetime date?time date?and?time date?/?time utc local?time interval read?time
zeit zeitpunkt zeitstempel uhrzeit messzeitpunkt ablesezeitpunkt datum?uhrzeit datum?und?uhrzeit
zeitraum messzeit zeitintervall ablesung?am ablesedatum ablesetag erfasst?am datum?und?zeit
horodate horodatage heure date?et?heure date?heure date?de?releve
tijd tijdstip tijdstempel datum?tijd datum?en?tijd opnamedatum meetdatum
ora orario data?ora data?e?ora data?lettura hora fecha?hora fecha?y?hora fecha?lectura hora?fecha
tid tidspunkt tidpunkt klokkeslett aika aikaleima alkuaika loppuaika kellonaika hour hours hourly
stunde uur start?time end?time when period periode periodo periode?de?consommation time?period
interval?start interval?end hour?start reading?time measured?at recorded?at logged?at
"""
DATE: Final = """
tarih dzien miesiac 日付* 日期 年月* *計測日 対象日 月份 *날짜* дата
date day month year datum tag monat jahr jour mois annee dag maand giorno data mese anno fecha dia
mes ano read?date reading?date usage?date dato maned paivamaara paiva kuukausi ar datumuhrzeit
week woche kalendertag tagesdatum rechnungsmonat messdatum dtm
"""
TIME_OF_DAY: Final = """
godzina hodina saat *時刻* *時間* *时间* *시간* час
time hour hours zeit uhrzeit stunde heure tijd tijdstip uur ora orario hora tid kellonaika kello
klokkeslett start?time end?time zeit?von zeit?bis startzeit endzeit startuhrzeit enduhrzeit
"""
START: Final = """
start starts from begin beginn beginning beginnt von ab vom startdatum startzeit startuhrzeit
debut du depuis van vanaf begindatum begintijd da dal inizio inicio desde fra alkuaika starttid
interval?start od date?from start?date start?time anfang usage?start?time starttime startdate
fra?dato period?start verbrauchszeitraum?beginn starting
"""
END: Final = """
end ends ending to until till bis ende enddatum endzeit enduhrzeit fin jusqu?a tot do tot?en?met
einddatum eindtijd al fine hasta til loppuaika sluttid interval?end date?to end?date end?time
usage?end?time endtime enddate til?dato thru through period?end fin?de?pas
"""
# Ways of the energy: words that settle it, before those that are used for more than one way.
SETTLED_FROM: Final = """
from?grid from?the?grid from?utility netzbezug *netzbezug netzimport grid?import grid?imports
grid?consumption grid?to?consumer* grid?to?load grid?to?home grid?to?battery
netzverbrauch vom?netz?bezogen aus?dem?netz bezogene?energie de?la?red prelevata?dalla?rete
delivered?to?you delivered?to?client delivered?to?customer 1.8.* 1.9.* imported?from?grid
from?supplier kwh?181 kwh?182 fra?net pobran*?z?sieci
"""
SETTLED_TO: Final = """
to?grid to?the?grid grid?export grid?exports ins?netz netzeinspeisung surplus?generation
back?to?grid to?utility 2.8.* 2.9.* exported?to?grid a?la?red immessa?in?rete fed?into fed?back
delivered?by?client delivered?by?customer energieruckspeisung injected?into kwh?281 kwh?282 gelvr
leveret?til?net oddan*?do?sieci
"""
TO: Final = """
sell sales venda oddanie oddana wprowadzon* veris verilen *売電* *余剰* *上网* *卖电*
einspeis* *einspeisung *einspeiser eingespeist* rucklieferung* ruecklieferung* ruckspeisung
ruckeinspeisung uberschuss* ueberschuss* lieferung?ins?netz abgabe netzabgabe
teruglever* teruggelever* invoeding teruggevoed*
terug retour injectie injection* injecte* injectee* injecao
immission* immess* vertid* vertimiento excedent* cedida eai inyect* saliente salida
export* feed?in feedin feed?ins returned return received surplus sold as overskud eksport*
reverse outflow* inmatning utmatning ylijaama surplusgeneration terugl el?3 el?4
"""
FROM: Final = """
buy compra comprada pobor pobran* odber cekis cekilen vetel* *買電* *購入* *购电* *买电*
bezug *bezug bezogen* bezugs?zahler bezugszahler import* imported purchas* bought delivered inflow*
delivery afname afgenomen levering geleverd soutirage soutire* prelievo preliev* prelevat*
entrante eas ae offtake withdrawal netzstrom zukauf el?1 el?2 uttak uttag achat achete*
"""
GENERATION: Final = """
*発電* *发电* produkcja wyprodukowan* vyroba uretim termeles*
erzeug* *erzeugung produktion *produktion produktions?zahler production produced produce
produzione prodott* produit* generat* generacion generada* energia?generada
pv solar solarstrom solaire photovolta* fotovolta* yield ertrag *ertrag opwek* opgewekt* opbrengst
wechselrichter inverter produksjon tuotanto produccion producida producao ac?energy wind gg
"""
CONSUMPTION: Final = """
zuzycie spotreba fogyasztas tuketim *消費* *消费* *使用* *用电* *用電* *사용* in?house
verbrauch* *verbrauch verbraucht* eigenverbrauch eigendeckung consumption consumed consume
consumo consumos consumida consumi consommation consommations conso consomme* autoconsumo
autoconsommation verbruik *verbruik verbruikt* zelfverbruik usage used use load last hausverbrauch
verbr home house haushalt maison casa huis forbruk forbrug forbrukning kulutus self?consumption
demand?energy usage?kwh gc cl cons controlled?load mains
"""
REGISTER: Final = """
reading1 reading2 reading3 reading4 meter?start meter?stop
meter?value current?reading odczyt* stav stav?elektromeru endeks allas oraallas показани*
*指針* *检针* *検針*
zahlerstand* zahlerstaende zaehlerstand* zaehlerstande stand *stand stande reading meter?reading
meter?readings readout read?value dial register registers index indices releve?d?index
meterstand* *meterstand stand?oud kwh?181 kwh?182 kwh?281 kwh?282
lettura letture lectura lecturas counter counters compteur
cumulative cumul* kumul* lifetime total?energy?counter malerstand* matarstallning avlasning
lukema zahlwerkstand odometer since?installation contador telwerk
"""
# Of these none is ever used for an amount, whatever stands beside it.
DIAL: Final = """
zahlerstand* zaehlerstand* meterstand* *meterstand meter?reading meter?readings malerstand* lettura
letture lectura lecturas index?releve register?read register?reading
"""
# Words of amounts. Those of a way alone (`Bezug`, `Import`, `Ertrag`) are a dial's as well.
INTERVAL: Final = """
usage1 usage2 usage3 usage4 productie quotidienne
zuzycie spotreba fogyasztas tuketim *消費電力量* *使用量* *用电量* *사용량*
verbrauch* *verbrauch consumption consumed consumo consumos consumida consommation conso
consommee verbruik *verbruik usage used energie?consommee energiemenge
quantity quantite menge hoeveelheid mangde maara volume?consomme forbruk forbrug forbrukning kulutus
interval per?day per?hour daily hourly autoconsumo mesure differenz difference increment delta
eigendeckung mensuelle journaliere per?half?hour half?hour* halfhour* taglich* dagelijks*
giornaliero diario mensual monatlich* monthly curva?di?carico curva?de?carga lastgang* lastprofil
load?profile profile* self?consumption tagesertrag monatsertrag jahresertrag
"""
TOTAL: Final = """
total totals totaal totale totali totaux gesamt gesamtsumme summe sum somme suma som samlet
yhteensa grand?total subtotal zwischensumme insgesamt totalt summa
"""
AVERAGE: Final = "average mean durchschnitt mittelwert moyenne gemiddelde media promedio max* min*"
COST: Final = """
*料金* *金額* *金额* *电费* *電費* *電気代* koszt kwota cena castka
osszeg tutar ucret bedel zl kc ft lei huf pln czk inr
cost costs price tariff?rate amount energy?charge energy?charges service?charge* delivery?charge*
bill?amount
kosten preis preise betrag gebuhr
gebuhren cout couts prix montant tarief?prijs prijs bedrag costo prezzo importo coste precio
importe kostnad pris kr eur euro usd gbp chf dkk sek nok eur/kwh ct/kwh ct cent cents pence
value?eur spend savings kostprijs vergutung erlos unit?rate standing?charge rate hinta dollars
"""
TEMPERATURE: Final = """
temp temperature temperatur temperatura humidity luftfeuchte weather wetter degree*
hgt degree?day heating?degree?days c °c °f irradiation irradiance einstrahlung wind?speed co2
"""
BATTERY: Final = """
battery batterie battery?charge battery?discharge batterij accu speicher *speicher akku batteria
bateria powerwall storage charged discharged discharge discharging speicherladung speicherentladung
charge?discharge soc
"""
POWER: Final = """
power wattage kwatts kwatt leistung puissance vermogen potenza potencia effekt teho watt watts
moc demand peak?demand lastspitze max?power peak?power maximum?demand *leistung potencia?maxima
puissance?maximale
"""
FACTOR: Final = "factor faktor facteur fattore multiplier"
MEASURE: Final = f"""
{FACTOR}
odometer km kilometerstand
voltage spannung tension spanning tensione
frequency frequenz frequence power?factor intensity
intensite intensita intensidad ampere amps current cos?phi cosphi v hz phase?angle react
reactive?energy fundamental fund
jalova reaktiv* reactive bierna
capacity rssi wifi uptime efficiency coefficient koeffizient umrechnungsfaktor brennwert
zustandszahl
"""
PERCENT: Final = "% percent prozent pourcentage soc ladestand autarkie* autarky degree?of?autarky"
SERIAL: Final = """
meter?number meter?no meter?nr meter?serial meter?serial?number serial serial?number serial?no
meter?id meterid metering?point metering?point?id mpan mpan?core mprn nmi icp esiid esi?id
usage?point service?point service?point?id sdp zahlernummer *zahlernummer zahlernr zahler?nr
zahler?nummer zahlpunkt zahlpunktnummer zahlpunktbezeichnung zaehlpunkt zaehlpunktnummer
zp?nummer zahler?id zaehler?id zaehlernummer
messstelle messlokation marktlokation malo melo messpunkt messpunktbezeichnung metering?code
pdl prm pce identifiant?prm point?de?livraison numero?pdl n?pce n?pdl no?pdl numero?compteur
numero?de?compteur n?compteur n?de?compteur matricule ean ean?code eancode ean?nummer meternummer
meter?nummer aansluiting pod matricola numero?contatore contatore?n codice?pod
cups contador?numero numero?contador n?contador malepunktid malepunktsid malepunkt?id malepunkts?id
maalepunkt malernummer anlaggnings?id anlaggningsid mittauspisteen?tunnus kayttopaikka
gsrn eancode* device?serial?number device?id deviceid device?row?id sn inverter?serial
zahlerkennung geratenummer gerate?id
"""
# Ids of a person or a contract: never a device's, and nothing that belongs into a ledger.
PRIVATE: Final = """
account account?number account?no account?id customer* name address adresse kundennummer kundenname
kunde vertragskonto vertragsnummer contract contract?number contrat client titulaire cliente
indirizzo direccion titular nombre klant klantnummer postcode plz zip zip?code
anlagennummer anlage service?address email
abrechnungseinheit liegenschaft liegenschaftsnummer nutzer nutzernummer nutzeinheit mieter tenant
"""
NAME: Final = "name device?name"
METER_NAME: Final = """
meter zahler zaehler compteur teller contatore contador register device gerat sensor entity
entity?id meter?name zahlername zaehlername zahlerbezeichnung site standort location channel kanal
messgerat bezeichnung kennzahl datenquelle source?id suffix nmi?suffix register?id register?name
telwerk registre meetpunt circuit plug ort raum room
"""
TARIFF: Final = """
tariff tarif tarief tariffa tarifa tariefgroep tarifzone zahlwerk rate?period time?of?use tou
tou?period periodo?tarifario fascia franja period?name
"""
COMMODITY: Final = """
commodity service energy?type energietrager energieart energieform type utility fuel fuel?type
medium sparte metertype meter?type energie?type verbrauchsart art typ tipo fluide energiesoort
product resource service?type energy?source zahlerart zaehlerart
zahlertyp zaehlertyp gerateart geratetyp type?de?donnees
"""
UNIT: Final = """
unit units uom unit?of?measure einheit einheiten unite unites eenheid unita unita?di?misura unidad
maleenhed maaleenhed enhed enhet yksikko yksikkotyyppi messeinheit usage?units consumption?units
"""
QUALITY: Final = """
geschaetzt estime estimee geschat stimato stimata estimada
quality qualite qualitat qualitaet kvalitet laatu kwaliteit qualita calidad status statut estado
stato estimated?actual actual?estimated estimated estimate is?estimated reading?quality read?type
reading?type read?quality validation?status validatiestatus metodo?obtencion metodoobtencion
metodo?de?obtencion real?estimado lectura?real?estimada ersatzwert ablesung ableseart ablesegrund
messwertstatus messwert plausibilitat nature indice?de?vraisemblance quality?flag flag flags
mesure?estime index?mesure?estime type?de?releve origine method quality?method qualitat?eg
messwertqualitat tilstand geschatzt geschatzt?flag
"""
DIRECTION: Final = """
direction richtung energierichtung flow flow?direction sens energy?direction richting direzione
direccion consumption?surplusgeneration consumption?generation sens?de?l?energie grandeur?metier
con?gen consumption?category
"""
OBIS: Final = "obis obis?code obis?kennzahl obiscode kennzahl obis?kennziffer obis?id zahlwerk?obis"
DURATION: Final = """
duration interval?length length dauer duree resolution resoluutio opplosning pas pas?en?minutes
intervalllange interval?minutes minutes period?length messintervall granularity
"""
NOTE: Final = """
note notes comment comments kommentar bemerkung bemerkungen notiz notizen remark remarks opmerking
opmerkingen commentaire commentaires nota note? osservazioni comentario observaciones description
"""
YEAR: Final = "year jahr annee jaar anno ano"
MONTH: Final = "month monat mois maand mese mes maned kuukausi"
UTC: Final = "utc gmt?time zulu"
# What a dial showed the time before, or a day's amount told a day later: in another row too.
BEFORE: Final = """
previous?reading previous?meter?reading prev?reading last?reading alter?zahlerstand alter?stand
vorheriger?zahlerstand vorheriger?stand letzter?zahlerstand ancien?index index?precedent
lectura?anterior leitura?anterior lettura?precedente vorige?stand vorige?meterstand oude?stand
yesterday gestern
"""
ENERGY: Final = "energy energie energia energi"
RUNNING: Final = "today daily heute day tages* dagens giornalier* diari* journalier* oggi hoy"
NET: Final = "net net?usage net?consumption netto saldo solde neto balance"
PRODUCT_ID: Final = """
table result
id row unnamed idx rowid nr no number lfd?nr index?no # revision?date revision created created?at
updated updated?at tuotteen?tyyppi lukeman?tyyppi contract?id weekday wochentag
jour?de?la?semaine dag?van?de?week
last?updated export?date gesamtdauer season saison day?of?week dst timezone time?zone zeitzone
"""

ELECTRICITY_WORDS: Final = """
electricity electric electrical stromzahler
strom *strom elektri* electri* elettric* elektra elec luz el
strommessung stroom electricidad energia?electrica elektrizitat elstrom sahko wirkenergie
"""
GAS_WORDS: Final = (
    "gas erdgas natural?gas gaz aardgas metano gas?naturale *gas gasverbrauch gasstand gaszahler"
)
WATER_WORDS: Final = """
water wasser *wasser eau acqua agua vand vatten vesi warmwasser kaltwasser hot?water cold?water
wasserstand wasserverbrauch wasserzahler warmwasserzahler kaltwasserzahler
"""
HEAT_WORDS: Final = """
heat heating warme *warme waerme fernwarme heizung heizenergie chaleur warmte stadsverwarming calore
teleriscaldamento calefaccion fjernvarme fjarrvarme district?heating warmemenge
"""

ESTIMATED: Final = """
estimated estimate est e geschatzt geschaetzt geschat estime estimee stimato stimata stima estimada
estimado estimeret estimert beraknad rekenwaarde berekend ersatzwert ersatzwerte hochgerechnet
rechnerisch?ermittelt berechnet calculated substituted vorlaufig forecast arvioitu l2 l3
prognose projected interpolated beregnet interpoliert provisional valeur?estimee calcule
"""
ACTUAL: Final = """
actual a act r real read reel reelle releve relevee reale letto letta ok valid validated val
measured mesure mesuree gemessen abgelesen echt echtwert echte?waarde uitgelezen gemeten malt
misurato misurata medida medido uppmatt l1 w wahr wahrer?wert v true?value billing normal good
final customer?read self?read kundenablesung opgenomen mitattu raw tilgjengelig
gultig* wert?ist?gultig
arrete?quotidien
"""
QUESTIONABLE: Final = """
questionable suspect invalid epavarma uncertain fehlerhaft unplausibel ungultig error douteux
implausible
"""
EDITED: Final = "edited corrected korrigiert corrige gecorrigeerd corretto corregido korrigeret c"
YES: Final = "yes y true 1 x ja oui si sim j kylla wahr"
NO: Final = "no n false 0 nein non nee nej falsch ei"

TARIFFS: Final[dict[str, str]] = {
    "high": "ht hochtarif hoch haupttarif hoog hoogtarief hoog?tarief tarif?haut high?tariff high",
    "low": "nt niedertarif nieder niedrigtarif nebentarif laag laagtarief laag?tarief tarif?bas"
    " low?tariff low",
    "peak": "hp heures?pleines piek piekuren peak on?peak punta ponta heure?pleine spitzentarif",
    "offpeak": "hc heures?creuses dal daluren off?peak offpeak valle vazio heure?creuse"
    " super?off?peak",
    "normal": "normaal normaaltarief normal?tariff llano cheias shoulder mid?peak einheitstarif"
    " standard part?peak",
    "day": "day?tariff tagtarif tagstrom tag jour dag dagtarief giorno dia day",
    "night": "night night?tariff nachttarif nachtstrom nacht nuit nachttarief notte noche",
    **{f"t{n}": f"t{n} tarif?{n} tariff?{n} tarief?{n} el?{n}" for n in range(1, 5)},
    **{f"f{n}": f"f{n} fascia?{n} fascia?f{n}" for n in range(10, 0, -1)},
    **{f"p{n}": f"p{n} periodo?{n} periodo?p{n}" for n in range(1, 7)},
}

# A handful of words by which a file's language shows; they decide hints only.
LANGUAGES: Final[dict[str, str]] = {
    "de": "datum zeit uhrzeit zahlerstand verbrauch zahler einheit von bis bezug einspeisung *stand"
    " zeitstempel zahlpunkt messzeitpunkt zahlernummer bemerkung strom wert ablesedatum ertrag"
    " erzeugung und kommentar energiemenge wasser kaltwasser warmwasser warme heizung monat jahr",
    "fr": "horodate valeur date?de?releve consommation energie unite heure jour mois relevee"
    " compteur puissance index?releve consommee debut fin commentaire",
    "nl": "datum tijd meterstand* verbruik eenheid van tot afname injectie levering teruglevering"
    " opmerking tijdstip stand verbr gelvr",
    "it": "giorno ora data lettura consumo energia prelevata immessa fascia unita valore mese",
    "es": "fecha hora consumo lectura energia unidad metodo mes dia valor contador",
    "en": "date time reading usage consumption meter start end unit notes value energy import"
    " export",
    "da": "dato malepunktid malepunktsid mangde maleenhed kvalitet tid forbrug fra til",
    "fi": "mittauspisteen?tunnus maara laatu alkuaika kulutus yksikko yksikkotyyppi",
    "sv": "datum tid forbrukning energi matarstallning",
    "no": "fra til forbruk dato",
}
COMMA_LANGUAGES: Final = frozenset(("de", "fr", "nl", "it", "es", "da", "fi", "sv", "no"))
