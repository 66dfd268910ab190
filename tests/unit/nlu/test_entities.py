"""Entities on a fixed day (Saturday, 21 November 2026): each sentence with exactly the values it holds."""

from __future__ import annotations

from datetime import date

import pytest

from bot.nlu.entities import EntityFinder

TODAY = date(2026, 11, 21)
FINDER = EntityFinder()

# sentence => "entity=value; ..." in the order of the text
SENTENCES = """
Meine Kundennummer ist 2048173 => customer_number=2048173
2048173 => customer_number=2048173
kundennr. 204 8173 => customer_number=2048173
my customer number is 2048173 => customer_number=2048173
Vertrag V-204817 => contract_number=V-204817
v204817 => contract_number=V-204817
Vertragsnummer 204817 => contract_number=V-204817
Rechnung R-2026-10-204817 bitte => invoice_number=R-2026-10-204817
R 2026 10 204817 => invoice_number=R-2026-10-204817
Was macht T-104817? => ticket_number=T-104817
ticketnummer 104817 => ticket_number=T-104817
mein Fall KT-26-000123 => ticket_number=KT-26-000123
Auftrag B-204817 => order_number=B-204817
482913 => code=482913
der Code ist 482 913 => code=482913
06110 => postcode=06110
06110 Halle => postcode=06110; place=Halle (Saale)
D-06217 Merseburg => postcode=06217; place=Merseburg
12345 Euro =>
06110 2048173 => postcode=06110; customer_number=2048173
Lindenstr. 12a, 06110 Halle (Saale) => street=Lindenstraße; house_number=12a; postcode=06110; place=Halle (Saale)
lindenstrasse 5 => street=Lindenstraße; house_number=5
gibt es in der Lindenstrase 5 Glasfaser => street=Lindenstraße; house_number=5
Am Markt 3 in Naumburg => street=Am Markt; house_number=3; place=Naumburg
wohne am sportplatz 4 in leuna => street=Am Sportplatz; house_number=4; place=Leuna
Merseburger Straße 40 => street=Merseburger Straße; house_number=40
große ulrichstraße 7 => street=Große Ulrichstraße; house_number=7
in der Großen Ulrichstraße 12 => street=Große Ulrichstraße; house_number=12
wohne in der Weißen Mauer 3 => street=Weiße Mauer; house_number=3
Am Alten Markt 5 => street=Am Alten Markt; house_number=5
Willy-Brandt-Str. 3 => street=Willy-Brandt-Straße; house_number=3
An der Kirche 2 => street=An der Kirche; house_number=2
Weiße Mauer 12 => street=Weiße Mauer; house_number=12
Is there fibre in Kurallee? => street=Kurallee
Domplatz 3 => street=Domplatz; house_number=3
Hausnummer 12a => house_number=12a
in unserer Straße ist kein Netz =>
mein Arbeitsplatz 12 ist offline =>
Bad Duerrenberg => place=Bad Dürrenberg
in weissenfels ist alles tot => place=Weißenfels
0151 23456789 => phone=+4915123456789
+49 345 1234567 => phone=+493451234567
0049 345 1234567 => phone=+493451234567
Rufen Sie mich unter 0345/1234567 an => phone=+493451234567
Anna.Schmidt@Example.org => email=anna.schmidt@example.org
my mail is a.b@mail.example.com. => email=a.b@mail.example.com
Meine IBAN ist DE89 3704 0044 0532 0130 00 => iban=DE** **** 3000
de89370400440532013000 => iban=DE** **** 3000
AT611904300234573201 => iban=AT** **** 3201
übermorgen zwischen 10 und 12 => date=2026-11-23; time_span=10:00-12:00
morgen früh => date=2026-11-22; time_span=06:00-10:00
Guten Morgen =>
Guten Abend =>
am Montag um 15 Uhr => date=2026-11-23; time_span=15:00
seit Freitag => date=2026-11-20
3. November => date=2026-11-03
am 3.12. => date=2026-12-03
am 24.12.2026 => date=2026-12-24
31.02. =>
2026-12-01 => date=2026-12-01
on December 3rd between 2 and 4 pm => date=2026-12-03; time_span=14:00-16:00
tomorrow after 4 pm => date=2026-11-22; time_span=16:00-
Rechnung vom Oktober => date=2026-10
the October invoice => date=2026-10
letzten Monat => date=2026-10
may I ask something =>
in 3 Tagen => date=2026-11-24
vor 2 Wochen => date=2026-11-07
bis 12 Uhr => time_span=-12:00
zwischen zehn und zwölf => time_span=10:00-12:00
nachmittags => time_span=12:00-17:00
zwei fünfzig =>
250 Mbit/s => speed=250
ich hab 1 Gbit gebucht => speed=1000
die 500er Leitung => speed=500
FritzBox 7590 AX => device=FritzBox 7590 AX
die frtizbox spinnt => device=FritzBox
mein ONT blinkt => device=ONT
Ich möchte Glas 300 => tariff=Glas 300
192.168.178.1 =>
""".strip("\n").splitlines()


@pytest.mark.parametrize("line", SENTENCES)
def test_entities(line):
    sentence, _, expected = line.partition(" =>")
    found = FINDER.find(sentence, "de", TODAY)
    assert "; ".join(f"{entity.entity}={entity.value}" for entity in found) == expected.strip()
    assert all(0 <= entity.start < entity.end <= len(sentence) for entity in found)


def test_no_value_carries_a_whole_iban():
    for text in ("DE89370400440532013000", "DE89 3704 0044 0532 0130", "IBAN: DE89-3704-0044-0532-0130-00, danke"):
        values = [entity.value for entity in FINDER.find(text, "de", TODAY)]
        assert values and all(sum(map(str.isdigit, value)) <= 4 for value in values)


def test_postcode_knows_its_place():
    assert FINDER.place_of("06217") == "Merseburg"
    assert FINDER.place_of("10115") is None


def test_invisible_characters_do_not_move_offsets():
    text = "\u200bMeine\u00a0Nummer: ２０４８１７３"
    (found,) = FINDER.find(text, "de", TODAY)
    assert (found.value, text[found.start : found.end]) == ("2048173", "２０４８１７３")


@pytest.mark.parametrize("text", ["", " ", "1" * 100_000, "Straße-" * 20_000, "😀" * 500, "Привет 06110", "a@" * 9_000])
def test_odd_texts_are_read_quickly(text):
    FINDER.find(text, "xx", TODAY)
