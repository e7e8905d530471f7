"""The language model and dictionary of one agent's recognition, for pocketsphinx."""

from __future__ import annotations

import functools
import io
import pathlib
import tempfile
from collections.abc import Iterable, Mapping

import pocketsphinx
from pocketsphinx.lm import ArpaBoLM

from worker.providers.offline import corpus

_ENGLISH = pathlib.Path(pocketsphinx.get_model_path()) / "en-us"


class Grammar:
    """Which words can be heard, and in which order they are likely. Building one takes about 0.1 s."""

    def __init__(self, phrases: Iterable[str], *, filler_words: bool = True) -> None:
        self.corpus = corpus.of_agent(phrases)
        sounds = pronunciations()
        spoken = {word for line in self.corpus.lines for word in line}
        self.unknown = tuple(sorted(spoken - sounds.keys()))
        """Words without a pronunciation; phrases that hold one cannot be heard."""
        lines = [line for line in self.corpus.lines if sounds.keys() >= set(line)]
        known = (spoken | (corpus.common_words() if filler_words else set())) & sounds.keys()
        self._model = _language_model(lines, known)
        self._dictionary = "".join(f"{line}\n" for word in sorted(known) for line in sounds[word])

    def decoder(self) -> pocketsphinx.Decoder:
        """A new decoder; takes about 0.05 s and 12 MB."""
        with tempfile.TemporaryDirectory(prefix="trunkline-grammar-") as folder:
            model, dictionary = pathlib.Path(folder, "model.lm"), pathlib.Path(folder, "words.dict")
            model.write_text(self._model, encoding="ascii")
            dictionary.write_text(self._dictionary, encoding="ascii")
            # Without the second pass the end of an utterance costs 4 ms instead of 90, at the same accuracy.
            return pocketsphinx.Decoder(
                hmm=str(_ENGLISH / "en-us"),
                lm=str(model),
                dict=str(dictionary),
                fwdflat=False,
                loglevel="FATAL",
            )


def _language_model(lines: Iterable[corpus.Line], words: Iterable[str]) -> str:
    """An ARPA trigram model of the lines, in which every word has at least a small chance."""
    model = ArpaBoLM(text="\n".join(" ".join(line) for line in lines), add_start=True)
    for word in words:
        model.grams_1[word] += 1
    model.compute()
    arpa = io.StringIO()
    model.write(arpa)
    return arpa.getvalue()


@functools.cache
def pronunciations() -> Mapping[str, tuple[str, ...]]:
    """The dictionary's lines by word; a word said in several ways has a line for each, as `word(2)`."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (_ENGLISH / "cmudict-en-us.dict").read_text(encoding="utf-8").splitlines():
        word = line.split(None, 1)[0].split("(", 1)[0]
        found[word] = (*found.get(word, ()), line)
    return found
