"""Words in disguise are read, everything else stays as it is, offsets count into the text as given."""

from __future__ import annotations

import re
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.analysis import Analysis
from classifier.text import Analyser
from classifier.text.disguise import Disguise
from classifier.text.language import language


def whole(analyser: Analyser, text: str) -> str:
    return analyser.plain(text, [(0, len(text))])[0]


#: What is written, and what is read.
READ = [
    ("0ur t€a cur3s c@ncer.", "Our tea cures cancer."),
    ("c4nc3r p@in hea1s $ave V1TAM1N F0ODS", "cancer pain heals Save VITAMIN FOODS"),
    ("th3 tre@tment, (d0ctor) “m!racle”", "the treatment, (doctor) “miracle”"),
    ("anti-c@ncer tr3atment-free", "anti-cancer treatment-free"),
    ("сancer cαncer рain СURE", "cancer cancer pain CURE"),  # Cyrillic and Greek letters
    ("p\u200bain p\u00ada\u2060in \ufeffpain pain\u200b.", "pain pain pain pain."),
    ("ｃａｎｃｅｒ Ｐａｉｎ， 𝐜𝐮𝐫𝐞 ⓒⓤⓡⓔ ﬁtness", "cancer Pain， cure cure fitness"),
    ("c u r e s c a n c e r", "cures cancer"),
    ("vitamin C c u r e s “p a i n.”", "vitamin C cures “pain.”"),
    ("drink t e a, F R E E", "drink tea, FREE"),
    ("c.u.r.e c-u-r-e c_u_r_e c*u*r*e c·u·r·e (c.u.r.e.)", "cure cure cure cure cure (cure.)"),
    ("c🌿u🌿r🌿e p✨a✨i✨n! 🔥c❤️u❤️r❤️e", "cure pain! 🔥cure"),
    ("c.@.n.c.3.r c\u0336u\u0336r\u0336e\u0336", "cancer cure"),
    ("supplem3nting", "supplementing"),  # known by its stem
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_disguise_is_read(text: str, expected: str, analyser: Analyser) -> None:
    assert whole(analyser, text) == expected


#: What looks like a disguise and is none.
KEPT = (
    "B12 3D 50mg COVID-19 H2O omega-3 Q10 $5 5-HTP A&E U.S.A. U.K. e.g. i.e. a.k.a. p.m. b.i.d.",
    "omega3 vitamin3 cells5 studies12 STAT3 Stat3 CYP2D6 S1P P2P B2B A1C HbA1c T2D CO2 CD4 CB1 GLP-1",
    "0mg 5g 5am 9am 10am 11pm 5in 7in 8oz 3x 1st 2nd 3rd 4th 100% 5pack 24/7 3-in-1 1,000 2.5mg H1N1",
    "£5 US$5 5€ #1 @home @cancer a@b.c mail@cure.example www.cur3.example https://c4re.example/t3a 0x1f",
    "x|y back|up back|up|now to!day it's c4re_now <b>c4re</b> &nbsp; YWJjZA== Nº5",
    "µg α-lipoic IL-1β ω-3 naïve café Schüßler 中文 рак море тест ışık größe 👩‍⚕️ ❤️ ★★★★★ super🌿foods",
    "A-Z x-ray T-cell vitamins A C E D.E.K. Y N Y N a b c d x y z ( a ) - a - b 1 2 3 4 p = 0 . 0 5",
    "C.A.R.E. 401k № ™ Calmex™ brand® 20°C C a r l o s",
)


@pytest.mark.parametrize("text", [*KEPT, *" ".join(KEPT).split()])
def test_nothing_else_is(text: str, analyser: Analyser) -> None:
    assert whole(analyser, text) == text


def test_sentences_and_cues_stay_where_they_are(analyser: Analyser) -> None:
    text = "Our t\u200be\u200ba c.u.r.e.s c a n c e r! “0rder” n🌿o🌿w. It h3als ｐａｉｎ."
    plain = "Our tea cures cancer! “Order” now. It heals pain."
    found, expected = analyser.analyse([text]), analyser.analyse([plain])
    for unit in ("word", "stem", "kind", "cue_rule", "cue_sentence", "layout", "sentence_bounds"):
        assert getattr(found, unit).tolist() == getattr(expected, unit).tolist(), unit
    assert len(found.cue_rule)
    spans = [*zip(found.start.tolist(), found.end.tolist(), strict=True)]
    assert [text[a:b] for a, b in spans] == [
        "Our t\u200be\u200ba c.u.r.e.s c a n c e r!", "“0rder” n🌿o🌿w.", "It h3als ｐａｉｎ.",
    ]  # fmt: skip
    of_plain = [*zip(expected.start.tolist(), expected.end.tolist(), strict=True)]
    assert analyser.plain(text, spans) == [plain[a:b] for a, b in of_plain]
    cues = [*zip(found.cue_start.tolist(), found.cue_end.tolist(), strict=True)]
    of_plain = [*zip(expected.cue_start.tolist(), expected.cue_end.tolist(), strict=True)]
    assert analyser.plain(text, cues) == [plain[a:b] for a, b in of_plain]


def words(X: Analysis) -> list[int]:
    return X.word.tolist()


WORDS = st.sampled_from(("cures", "cancer", "miracle", "Treatment", "doctors", "hypertension"))
HIDING = (
    lambda word: "\u200b".join(word),
    lambda word: ".".join(word),
    lambda word: "✨".join(word),
    lambda word: " ".join(word),
    lambda word: "".join(chr(ord(letter) + 0xFEE0) for letter in word),
    lambda word: word.replace("e", "3").replace("i", "1"),
    lambda word: word.replace("e", "е").replace("o", "ο").replace("c", "с"),
)


@given(st.lists(st.tuples(WORDS, st.sampled_from(HIDING), st.sampled_from(["", ",", ".”", "!"]))))
def test_hidden_words_count_as_themselves(analyser: Analyser, hidden: list) -> None:
    text = "\n".join(f"{hide(word)}{sign}" for word, hide, sign in hidden)
    plain = "\n".join(f"{word}{sign}" for word, _, sign in hidden)
    found, expected = analyser.analyse([text]), analyser.analyse([plain])
    assert words(found) == words(expected)
    assert [text[a:b] for a, b in zip(found.start, found.end, strict=True)] == text.split("\n")[
        : len(found.start)
    ]
    assert whole(analyser, text) == plain


def test_parts_of_a_text(analyser: Analyser) -> None:
    text = "It cur3s p a i n."
    spans = [(0, 8), (3, 8), (4, 8), (9, 17), (9, 12), (0, 0), (0, 17)]
    parts = ["It cures", "cures", "ur3s", "pain.", "p a", "", "It cures pain."]
    assert analyser.plain(text, spans) == parts


def test_forgetting_changes_no_reading() -> None:
    assert whole(Analyser(limit=0), "It cur3s p a i n.") == "It cures pain."


def test_a_page_in_full_width_is_english(analyser: Analyser) -> None:
    text = "This tea is what your doctor does not want you to know about, and it is free for you."
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in text)
    assert language(wide) != "en"
    assert language(wide, lambda part: whole(analyser, part)) == "en"
    russian = "Этот чай лечит все болезни, говорят врачи и пациенты нашей клиники."
    assert language(russian, lambda part: whole(analyser, part)) == "ru"


def test_places() -> None:
    reading = Disguise().read("\u200b(с\u200bu🌿r🌿e\u200b)")
    assert reading is not None
    assert reading.text == "\u200b(cure)"
    assert reading.places == [0, 1, 2, 4, 6, 8, 10, 11]
    assert np.all(np.diff(reading.places) > 0)


class TestLists:
    def test_words_are_sorted_lower_case_and_once(self) -> None:
        listed = (files("classifier.text") / "words.txt").read_text("ascii").split("\n")[:-1]
        assert listed == sorted(set(listed))
        assert all(re.fullmatch("[a-z]{2,}", word) for word in listed)

    def test_look_alikes_are_of_one_letter(self) -> None:
        disguise = Disguise()
        assert all(len(c) == 1 and not c.isascii() for c in disguise._look_alikes)
        assert all(re.fullmatch("[A-Za-z]", letter) for letter in disguise._look_alikes.values())
        assert not disguise._look_alikes.keys() & disguise._substitutes.keys()
