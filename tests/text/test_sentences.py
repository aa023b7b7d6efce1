"""Where web text must be split into sentences, and where it must not."""

from __future__ import annotations

import pytest

from classifier.text import Analyser

#: ``‖`` stands where a sentence must begin, and nowhere else may one begin.
CASES = {
    "plain": [
        "Our tea is grown in shade.‖ It is picked by hand.",
        "Does it help?‖ Ask your doctor!‖ Then decide.",
        "One.‖ Two.‖ Three.",
        "The end of it .‖ Next one .",
        "Hello\tworld.‖ Yes.",
        "Buy it.\u00a0‖Then sleep.",
        "Calm.‖ Focus.‖ Sleep.",
        "no capital here. and none there",
    ],
    "runs of stops": [
        "Feel the calm!!!‖ Order tonight.",
        "Really?!‖ We tried it.",
        "It took years…‖ Now it is here.",
        "It took years...‖ Now it is here.",
        "It works, or so they say... or did say.",
        "Wait… what is in it?",
    ],
    "line breaks": [
        "Velour Teas\n‖\nOur story began in a shed.",
        "First line here\n‖Second line here",
        "One line\r\n‖Another line",
        "One line\u2028‖Another line",
        "A paragraph\n\n‖another one without a capital",
        "\n\n  Leading space.‖ And trailing.\n\n",
    ],
    "headings": [
        "How it is made\n‖The seeds are pressed cold.",
        "Why Nimbu drops?\n‖They are small.",
        "# Our story\n‖\n‖It began in a shed.",
        "OUR PROMISE\n‖we care",
        "Step 1: Boil water.",
    ],
    "hard-wrapped mail": [
        "The tea was grown for many years on the slopes of a hill where\n"
        "the rain falls most of the year.‖ It is green.",
        "The tea was grown for many years on the slopes of a hill where\r\nthe rain falls.",
        "The tea was grown for many years on the slopes of a hill, a hill\n"
        "so steep that nobody else had ever thought of growing a thing on\n"
        "it.‖ It is green.",
        # a short line is no wrapped one, nor is one that is closed, or followed by a capital
        "The tea was grown for years where\n‖the rain falls.",
        "The tea was grown for many years on the slopes of a hill there.\n‖the rain falls.",
        "The tea was grown for many years on the slopes of a hill where\n‖The rain falls.",
        "The tea was grown for many years on the slopes of a hill where\n\n‖the rain falls.",
        "The tea was grown for many years on the slopes of a hill where:\n‖the rain falls",
        "The tea was grown for many years on the slopes of a hill where\n‖> the rain falls",
        "The tea was grown for many years on the slopes of a hill where\n‖o rain falls",
    ],
    "lower case after a full stop": [
        "We stand for quality.‖ we are dedicated to purity.‖ our teas prove it.",
        "Take approx. our usual dose.",
        "Use oils, e.g. our own.",
        "Drink at 9 p.m. we said.",
        "Buy vitamin d. it helps.",
        "He waited... we did not.",
    ],
    "bullets": [
        "• Calm nights‖ • Clear mornings‖ • No crash",
        "• Calm nights\n‖• Clear mornings\n‖• No crash",
        "- Calm nights\n‖- Clear mornings",
        "* Calm nights\n‖* clear mornings",
        "✓ Vegan‖ ✓ Gluten-free‖ ✅ Made in Ghent",
        "• Calm nights.‖ And days.‖ • Clear mornings",
        "A full-bodied brew - dark and sweet",
        "We got 5★ from (★) all",
    ],
    "numbered lists": [
        "1. Boil the water.\n‖2. Add two spoons.\n‖3. Drink it warm.",
        "1. Boil the water\n‖2. Add two spoons",
        "1) Boil the water\n‖2) Add two spoons",
        "a) Boil the water\n‖b) Add two spoons",
        "12. Boil the water.‖ Then wait.",
    ],
    "list lead-ins": [
        "Our drops help with:\n‖- poor sleep\n‖- stress",
        "Our drops help with:‖ • poor sleep‖ • stress",
        "Our drops help with:\n‖Poor sleep\n‖Stress",
        "Ingredients: water, salt, mint.",
        "What you get: Two bottles and a spoon.",
    ],
    "table rows": [
        "| Dose | Price |\n‖| 10 ml | $ 12.50 |\n‖| 30 ml | $ 30.00 |",
        "Dose | Price | Stock\n‖10 ml | 12.50 | Yes",
        "| It is mild. | Yes |",
    ],
    "buttons": [
        "Add to cart\n‖Buy now\n‖Learn more",
        "Shop now »\n‖Free shipping",
        "Order today! »\n‖Shop now",
    ],
    "abbreviations": [
        "Dr. Imani Okoro leads the clinic.‖ She trained in Accra.",
        "See Mr. and Mrs. Vale.‖ They sell it.",
        "Take it with fat, e.g. Olive oil or butter.",
        "Use a carrier oil (e.g. Jojoba) first.",
        "Some herbs, i.e. Sage and mint, were tested.",
        "It was mint vs. Placebo in both arms.",
        "Okoro et al. Found no effect.",
        "See Fig. 3 and Vol. 12 of the journal.",
        "No. 1 choice of midwives",
        "It contains approx. 30 mg of zinc.",
        "St. John's wort is a plant.",
        "We open at 9 a.m. and close at 5 p.m. on weekdays.",
        "We close at 5 p.m.‖ The shop is small.",
        "It is sold in the U.S. and in the U.K. under two names.",
        "It is sold in the U.S.‖ The price is fair.",
        "Bring nuts, seeds, etc. and a spoon.",
        "Bring nuts, seeds, etc.‖ Then mix them.",
        "Tested by Prof. Adaeze Obi, Ph.D., in Jos.",
        "She has a Ph.D. from Leeds.",
    ],
    "numbers": [
        "It weighs 3.5 kg and costs $ 2.75 today.",
        "It costs $12.99.‖ Buy two.",
        "Version 2.0.‖ The best so far.",
        "In 2019.‖ The trial began.",
        "The trial ended in 2014.‖ Results came later.",
        "The dose rose to 20.‖ Nobody noticed.",
        "Rated 4.8/5.‖ Trusted by 300 families.",
        "Save 20%.‖ Free shipping.",
        "It is great.‖ 100% natural.",
        "It is great.‖ $5 off today.",
    ],
    "quotes and brackets": [
        '"It changed my life."‖ Ana wrote that.',
        "“It changed my life.”‖ Ana wrote that.",
        "“It changed my life!” she said.",
        "He said, “Try it.”‖ “I did.”",
        "It is great.‖ (We checked.)",
        "(It is still unproven.)‖ The sellers disagree.",
        "It is unproven (so far).‖ The sellers disagree.",
        "It is unproven (no trial was run.)‖ The sellers disagree.",
        "[Read the label.]‖ Then buy.",
        "(“It works.”)‖ So they say.",
    ],
    "links": [
        "Visit www.nimbu-drops.example.‖ Then order.",
        "Visit https://nimbu.example/shop?x=1.2&y=3 today.",
        "Visit https://nimbu.example.‖ Then order.",
        "Write to help@nimbu.example.‖ We answer.",
        "Neither Node.js nor nimbu.com are herbs.",
    ],
    "initials": [
        "By J. R. Vale and K. Osei.‖ They met in Lund.",
        "It treats hepatitis C.‖ The dose is low.",
        "Take vitamin D3.‖ Take it daily.",
    ],
    "glued": [
        "It changed my life.‖The team was kind.",
        "It was good.‖Then it stopped!",
        "It runs on Node.js and costs 3.50",
    ],
    "signs at the end": [
        "We love it 😀",
        "We love it. 😀",
        "We love it! 🎉🎉\n‖Order now.",
        "🌿 Vegan\n‖🌿 Organic",
        "He said so. ”",
        "Great value. |",
        "!!!",
    ],
}


MARKED = {f"{kind}-{i}": case for kind, cases in CASES.items() for i, case in enumerate(cases)}


@pytest.mark.parametrize("marked", MARKED.values(), ids=list(MARKED))
def test_split(marked: str, analyser: Analyser) -> None:
    expected = [part.strip() for part in marked.split("‖") if part.strip()]
    text = marked.replace("‖", "")
    X = analyser.analyse([text])
    assert [text[a:b] for a, b in zip(X.start, X.end, strict=True)] == expected


@pytest.mark.parametrize(
    ("before", "page"),
    [
        ("all is good", "J. The cat sat."),
        ("7", ". The cat sat."),
        ("life", '."The cat sat.'),
        ("for", ".The cat sat."),
        ("see Dr", ". Okoro"),
        ("The tea was grown for many years on the slopes of a hill where", "the rain falls"),
    ],
)
def test_the_page_before_plays_no_part(before: str, page: str, analyser: Analyser) -> None:
    alone, beside = analyser.analyse([page]), analyser.analyse([before, page]).take([1])
    assert beside.start.tolist() == alone.start.tolist()


def test_unsplit_analyser_takes_each_text_as_one_unit() -> None:
    whole = Analyser(split=False)
    X = whole.analyse(["  One.\n\n• Two. Three. ", "", "Four"])
    assert X.page_bounds.tolist() == [0, 1, 1, 2]
    assert list(zip(X.start, X.end, strict=True)) == [(2, 21), (0, 4)]
