"""The names of months and days of the week, as files in two dozen languages write them."""

from __future__ import annotations

# Folded as `words.fold` does: small letters, no accents. Names and their usual abbreviations in
# English, German, French, Dutch, Italian, Spanish, and where they differ Portuguese and Nordic.
_MONTHS = (
    "jan january januar janner jaenner janv janvier januari gen genn gennaio ene enero janeiro",
    "feb febr february februar feber fev fevr fevrier februari febbraio febrero fevereiro",
    "mar march marz maerz mrz mars mrt maart marzo marco",
    "apr april avr avril aprile abr abril",
    "may mai mei mag magg maggio mayo maj maio",
    "jun june juni juin giu giugno junio junho",
    "jul july juli juil juillet lug luglio julio julho",
    "aug august aout augustus ago agosto augusti",
    "sep sept september septembre set sett settembre septiembre setiembre setembro",
    "oct october okt oktober octobre ott ottobre octubre out outubro",
    "nov november novembre noviembre novembro",
    "dec december dez dezember decembre dic dicembre diciembre dezembro des desember",
)
# In Polish, Czech, Hungarian, Romanian, Finnish, Turkish and Russian.
_MORE = (
    "sty styczen stycznia leden ledna ian ianuarie tammikuu tammikuuta ocak янв январь января",
    "lut luty lutego unor unora februarie helmikuu helmikuuta subat фев февраль февраля",
    "marzec marca brezen brezna marcius martie maaliskuu maaliskuuta mart мар март марта",
    "kwi kwiecien kwietnia duben dubna aprilis aprilie huhtikuu huhtikuuta nisan апр апрель апреля",
    "maja kveten kvetna majus toukokuu toukokuuta mayis may\u0131s маи мая",
    "cze czerwiec czerwca cerven cervna junius iun iunie kesakuu kesakuuta haziran июн июнь июня",
    "lip lipiec lipca cervenec cervence julius iul iulie heinakuu heinakuuta temmuz июл июль июля",
    "sie sierpien sierpnia srpen srpna augusztus elokuu elokuuta agustos авг август августа",
    "wrz wrzesien wrzesnia zari szept szeptember septembrie syyskuu syyskuuta eylul сен сентября",
    "paz pazdziernik pazdziernika rijen rijna octombrie lokakuu lokakuuta ekim окт октябрь октября",
    "lis listopad listopada listopadu noiembrie marraskuu marraskuuta kasim kas\u0131m ноя ноября",
    "gru grudzien grudnia prosinec prosince decembrie joulukuu joulukuuta aralik aral\u0131k дек",
)
MONTHS = {
    name: number
    for all_names in (_MONTHS, _MORE)
    for number, names in enumerate(all_names, 1)
    for name in names.split()
} | {"сентябрь": 9, "ноябрь": 11, "декабрь": 12, "декабря": 12}

_WEEKDAYS = (
    "mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday "
    "sun sunday mo montag di dienstag mi mittwoch do donnerstag fr freitag sa samstag sonnabend "
    "so sonntag lun lundi mar mardi mer mercredi jeu jeudi ven vendredi sam samedi dim dimanche "
    "ma maandag din dinsdag wo woe woensdag don donderdag vr vrij vrijdag za zat zaterdag zo zon "
    "zondag lunedi martedi mercoledi gio giovedi venerdi sab sabato dom domenica lunes martes mie "
    "miercoles jue jueves vie viernes sabado domingo"
)
WEEKDAYS = frozenset(_WEEKDAYS.split())

# Small words that stand between a date's parts, or between a date and a time; endings of numbers.
_FILLERS = "de del den der le la el il di on the st nd rd th er o t"
FILLERS = frozenset(_FILLERS.split())
