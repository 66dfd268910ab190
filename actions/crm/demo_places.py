"""Where the demo's people live: places with their real postcodes, and streets as such places have them.

Guarantee: constants only. No street or house is meant to be a real customer's.
"""

from __future__ import annotations

# Streets that every place has; which of them have fibre is decided by the build areas below.
_EVERYWHERE = ("Lindenstraße", "Bahnhofstraße", "Gartenstraße", "Schillerstraße", "Am Sportplatz", "Ringstraße")

# postcode, place, streets of its own
PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("06108", "Halle (Saale)", ("Große Ulrichstraße", "Kleine Klausstraße", "Geiststraße", "Leipziger Straße")),
    ("06110", "Halle (Saale)", ("Merseburger Straße", "Liebenauer Straße", "Willy-Brandt-Straße")),
    ("06114", "Halle (Saale)", ("Reilstraße", "Mozartstraße", "Händelstraße", "Richard-Wagner-Straße")),
    ("06120", "Halle (Saale)", ("Heideallee", "Weinbergweg", "Blücherstraße")),
    ("06217", "Merseburg", ("Geusaer Straße", "König-Heinrich-Straße", "Weiße Mauer", "Christianenstraße")),
    ("06237", "Leuna", ("Rudolf-Breitscheid-Straße", "Spergauer Straße", "Kirchgasse")),
    ("06667", "Weißenfels", ("Nikolaistraße", "Jüdenstraße", "Große Kalandstraße", "Naumburger Straße")),
    ("06618", "Naumburg", ("Jakobsstraße", "Domplatz", "Kösener Straße", "Bürgergartenstraße")),
    ("06231", "Bad Dürrenberg", ("Kurallee", "Fährstraße", "Ostrauer Straße")),
    ("06188", "Landsberg", ("Hallesche Straße", "Kapellenweg", "Köthener Straße")),
    ("06258", "Schkopau", ("Hohendorfer Straße", "Schulweg", "Am Elsterufer")),
    ("06268", "Querfurt", ("Nebraer Straße", "Burgring", "Klosterstraße")),
    ("06295", "Lutherstadt Eisleben", ("Freistraße", "Lutherstraße", "Plan", "Sangerhäuser Straße")),
)

# Common streets that are left out in some places, so that "Lindenstraße" means several, yet not all.
_MISSING = {
    "Lindenstraße": {"06108", "06110", "06114", "06120", "06188", "06231", "06268", "06667"},
    "Schillerstraße": {"06108", "06110", "06120", "06258"},
    "Ringstraße": {"06108", "06114", "06618"},
    "Bahnhofstraße": {"06108", "06110", "06114", "06120"},
    "Gartenstraße": {"06110"},
    "Am Sportplatz": {"06108", "06110", "06114", "06667"},
}


def streets_of(postcode: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """Every street of a postcode, its own first."""
    return own + tuple(name for name in _EVERYWHERE if postcode not in _MISSING[name])


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """
    Andrea Anke Anja Annett Astrid Beate Birgit Carola Claudia Cornelia Daniela Doreen Elke Eva Franziska
    Gabriele Gisela Heike Helga Ines Ingrid Jana Jutta Karin Kathrin Kerstin Kristin Lena Lisa Mandy Manuela
    Marie Marlies Monika Nadine Nicole Petra Ramona Regina Sabine Sandra Silke Simone Sophie Steffi Susanne
    Sylvia Ulrike Ursula Yvonne Andreas Axel Bernd Christian Daniel David Detlef Dieter Dirk Enrico Falk Felix
    Frank Gerd Hans Heiko Holger Ingo Jan Jens Jörg Jürgen Kai Karsten Klaus Lars Leon Lutz Maik Marco Mario
    Martin Matthias Michael Mirko Norbert Olaf Paul Peter Ralf René Robert Roland Rolf Sebastian Silvio Steffen
    Sven Thomas Tim Torsten Udo Uwe Volker Wolfgang
    """
)

LAST_NAMES = _words(
    """
    Ackermann Bauer Becker Berger Beyer Böhme Brandt Busch Dietrich Döring Ebert Engel Fiedler Fischer Franke
    Friedrich Fritzsche Fuchs Geißler Graf Günther Haase Hahn Hartmann Heinrich Herrmann Hesse Hoffmann Horn
    Jahn Jung Kaiser Keller Kirchner Koch Köhler König Krause Krüger Kühn Kunze Lange Lehmann Lindner Ludwig
    Marx Mehnert Meißner Möbius Müller Naumann Neubert Neumann Nitzsche Otto Pfeiffer Pohl Reichel Richter Rothe
    Rudolph Sauer Schilling Schindler Schmidt Scholz Schreiber Schröder Schubert Schulze Schumann Seidel Seifert
    Simon Sommer Steinbach Stephan Thiele Ullrich Voigt Wagner Walther Weber Werner Winkler Winter Wolf Zeidler
    Ziegler Zimmermann
    """
)
