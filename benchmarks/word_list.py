"""The words that a disguise may hide: those of the corpus and the lexicons that occur in lower case.

python benchmarks/word_list.py data/corpus > classifier/text/words.txt

Words of three letters at the most must occur three times, so that no abbreviation or slip counts.
"""

import argparse
import re
from collections import Counter

from classifier.corpus.labelled import read_labelled
from classifier.text.lexicons import load_lexicons

#: Letters up to which a word is short, and how often it must occur then.
SHORT, OFTEN = 3, 3
#: A word in lower case, also in a compound, that is no part of an address or of an abbreviation.
WORD = re.compile(r"(?<![\w.@/'’&])[a-z]{2,}(?![\w@/'’&]|\.\w)")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", help="labelled pages")
    options = parser.parse_args()
    lexicons = load_lexicons()
    found: Counter[str] = Counter(word for word in lexicons.classes if WORD.fullmatch(word))
    for rule in lexicons.rules:
        found.update(WORD.findall(" ".join((*rule.match, *rule.no_match))))
    for page in read_labelled([options.corpus]).pages:
        found.update(WORD.findall(page.text))
    print("\n".join(sorted(w for w, n in found.items() if len(w) > SHORT or n >= OFTEN)))


if __name__ == "__main__":
    main()
