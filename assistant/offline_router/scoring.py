"""How near a masked clause is to each tool: patterns first, then words and letter groups of the examples.

Cosine similarity over TF-IDF weights of words, word pairs and letter groups, in plain Python over an inverted
index: a few hundred examples need no more.
"""

import math
from collections import Counter, defaultdict
from functools import lru_cache
from itertools import pairwise

from assistant.offline_router import lexicon, patterns
from assistant.offline_router.examples import EXAMPLES, OUT_OF_SCOPE
from assistant.offline_router.wordlists import words

_NEAREST_SHARE = 0.6  # of the nearest example, against the tool's centroid
_STOPWORDS = words("""
    the a an my me i to of is it do please for in on be are you this that with so just
""")
_LETTERS = (3, 4, 5)
_LOOKED_AT = 400  # characters of a clause; the time of some patterns grows with the cube of its length


def features(text: str) -> Counter[str]:
    """Words, word pairs and letter groups of masked text; everyday words count less."""
    words = [lexicon.SYNONYMS.get(word, word) for word in text.split()]
    counts: Counter[str] = Counter()
    for word in words:
        counts[f"w:{word}"] += 1
        if word in _STOPWORDS or word.isupper():
            continue
        padded = f"^{word}$"
        for size in _LETTERS:
            for start in range(len(padded) - size + 1):
                counts[padded[start : start + size]] += 1
    for first, second in pairwise(words):
        counts[f"p:{first} {second}"] += 1
    return counts


class ExampleIndex:
    """Inverted index over the examples and one centroid per tool."""

    def __init__(self, examples: dict[str, tuple[str, ...]]) -> None:
        rows = [(tool, features(text)) for tool, texts in examples.items() for text in texts]
        self._tools = [tool for tool, _ in rows]
        seen = Counter(feature for _, counts in rows for feature in counts)
        self._idf = {feature: math.log((1 + len(rows)) / (1 + count)) + 1 for feature, count in seen.items()}
        self._unseen = math.log(1 + len(rows)) + 1
        self._examples: dict[str, list[tuple[int, float]]] = defaultdict(list)
        sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for row, (tool, counts) in enumerate(rows):
            for feature, weight in self._weights(counts).items():
                self._examples[feature].append((row, weight))
                sums[tool][feature] += weight
        self._centroids: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for tool, centroid in sums.items():
            length = math.sqrt(sum(weight * weight for weight in centroid.values()))
            for feature, weight in centroid.items():
                self._centroids[feature].append((tool, weight / length))

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        raw = {
            feature: (1 + math.log(count)) * self._idf.get(feature, self._unseen) for feature, count in counts.items()
        }
        length = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        return {feature: weight / length for feature, weight in raw.items()}

    def similarities(self, text: str) -> dict[str, float]:
        """Per tool, 0 to 1."""
        near: dict[int, float] = defaultdict(float)
        central: dict[str, float] = defaultdict(float)
        for feature, weight in self._weights(features(text)).items():
            for row, other in self._examples.get(feature, ()):
                near[row] += weight * other
            for tool, other in self._centroids.get(feature, ()):
                central[tool] += weight * other
        best: dict[str, float] = defaultdict(float)
        for row, value in near.items():
            best[self._tools[row]] = max(best[self._tools[row]], value)
        return {
            tool: _NEAREST_SHARE * best[tool] + (1 - _NEAREST_SHARE) * min(1.0, 1.4 * central[tool]) for tool in central
        }


@lru_cache(maxsize=1)
def example_index() -> ExampleIndex:
    """The index over all examples, built at first use."""
    return ExampleIndex(EXAMPLES)


def read_scores(text: str) -> dict[str, float]:
    """Best pattern score of each read tool for the masked clause."""
    scores: dict[str, float] = {}
    start = text[:_LOOKED_AT]
    for tool, rows in patterns.READS.items():
        hits = [score for score, pattern in rows if pattern.search(start)]
        if hits:
            scores[tool] = max(hits)
    return scores


def ranked(text: str) -> list[tuple[str, float]]:
    """Tools by score, best first; a pattern counts fully, examples support it or stand alone."""
    near = example_index().similarities(text)
    hit = read_scores(text)
    scores = {tool: hit[tool] + 0.1 * near.get(tool, 0.0) if tool in hit else 0.9 * near[tool] for tool in near | hit}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0] == OUT_OF_SCOPE, item[0]))
