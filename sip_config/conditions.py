"""`when:` in a configuration: conditions in CEL (https://cel.dev), checked before any call and bounded in every call.

Conditions may come from anybody who may write the configuration. The engine runs in this process and cannot be
interrupted, so what could make it long is refused before it starts: long texts, `map` and `filter`, which build new
values, one `exists` or `all` inside another, and patterns that repeat by the hundred. What remains takes milliseconds;
the engine's own limits of nesting and of iterations stand behind that.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import re
from typing import TYPE_CHECKING

from callcore import errors
from sip_config import problems

if TYPE_CHECKING:
    from cel_expr_python import cel

MAX_TEXT = 1_000
"""Characters of a condition; a page of them belongs into several routes."""

_MAX_PATTERN_TEXT = 300  # characters of a condition with a pattern: a tenth of a second at the very worst
_MAX_VALUE = 256  # characters of a caller's or a dialed number: longer than any, and what an expression can chew on
_LOOPS = re.compile(r"\b(?:exists|exists_one|all|existsOne)\b")
_BUILDERS = re.compile(r"\b(map|filter|transformList|transformMap|transformMapEntry)\b")
_PATTERN = re.compile(r"\bmatches\b")
_REPEATS = re.compile(r"\{(?!\d{1,2}(?:,\d{0,2})?\})|\\+[xXuU0-7]", re.ASCII)
"""In a text with a pattern: a brace that is no small repetition, and escapes that could hide one."""
_MISTAKE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): ([^\n]*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']{1,64})'.*", re.DOTALL)
_OVERLOAD = re.compile(r"found no matching overload for '([^']{1,64})' applied to '([^']{0,200})'.*", re.DOTALL)
_EXPECTING = re.compile(r" expecting \{.*", re.DOTALL)
_OTHER_SPELLINGS = {"and": "&&", "or": "||", "=": "=="}
_OTHER_SPELLING = re.compile(r"(?:error at: |input )'(and|or|=)\s*'")
_FUNCTIONS = (
    *("startsWith", "endsWith", "contains", "matches", "size", "exists", "all", "has"),
    *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getHours", "getMinutes", "getSeconds"),
    *("timestamp", "duration", "string", "int", "double", "bool"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """What a condition may ask of one call."""

    is_business_hours: bool
    now: dt.datetime
    """Aware."""
    caller: str
    """The caller's number as E.164; empty where it is withheld."""
    dialed: str
    """The number of ours that was dialed, E.164."""


NAMES = tuple(field.name for field in dataclasses.fields(Facts))
"""What a condition may name."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mistake:
    """What is wrong at one place of a condition; line and column are counted from one."""

    line: int = 1
    column: int = 1
    message: str


class Invalid(errors.BadInput):
    """A text that is no condition."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(mistakes[0].message)
        self.mistakes = mistakes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """Whether a condition holds for a call."""

    holds: bool
    failed: str | None = None
    """Why it could not be told, which counts as no: the engine's words. They may repeat a value of the call."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Condition:
    """A condition that compiles."""

    text: str
    expression: cel.Expression = dataclasses.field(repr=False, compare=False)

    def ask(self, facts: Facts) -> Answer:
        """Whether it holds; never raises. A question that fails, such as a division by zero, has the answer no."""
        from cel_expr_python import cel

        data = {
            "is_business_hours": facts.is_business_hours,
            "now": facts.now,
            "caller": _short(facts.caller),
            "dialed": _short(facts.dialed),
        }
        try:
            found = self.expression.eval(data=data)
        except (RuntimeError, ValueError, TypeError, OverflowError, MemoryError) as error:
            return Answer(holds=False, failed=_words(str(error)))
        if found.type() != cel.Type.BOOL:
            return Answer(holds=False, failed=_words(str(found.value())))
        return Answer(holds=bool(found.value()))

    def holds(self, facts: Facts) -> bool:
        """Whether it holds."""
        return self.ask(facts).holds


@functools.lru_cache(maxsize=1024)
def compile(text: str) -> Condition:
    """The condition in a text.

    Raises:
        Invalid: every mistake with its place.
    """
    if mistake := _unfit(text):
        raise Invalid(mistake)
    from cel_expr_python import cel

    try:
        expression = _environment().compile(text)
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        raise Invalid(*_mistakes(str(error))) from None
    if expression.return_type() != cel.Type.BOOL:
        kind = str(expression.return_type().name()).lower()
        raise Invalid(Mistake(message=f"must be true or false, and this is {kind}"))
    return Condition(text=text, expression=expression)


@functools.cache
def _environment() -> cel.Env:
    from cel_expr_python import cel

    kinds = {str: cel.Type.STRING, bool: cel.Type.BOOL, dt.datetime: cel.Type.TIMESTAMP}
    names = {"is_business_hours": bool, "now": dt.datetime, "caller": str, "dialed": str}
    return cel.NewEnv(
        config=cel.NewEnvConfigFromYaml("stdlib: {exclude_macros: [map, filter]}"),
        variables={name: kinds[kind] for name, kind in names.items()},
    )


def _unfit(text: str) -> Mistake | None:
    """What is refused before the engine sees it. Words count wherever they stand, in quotes and comments too."""
    if not text.strip():
        return Mistake(message="is empty")
    if len(text) > MAX_TEXT:
        return Mistake(message=f"over {MAX_TEXT} characters")
    for index, character in enumerate(text):
        if not character.isprintable() and character not in "\n\t":
            return _at(text, index, "a character that does not belong here")
    if builder := _BUILDERS.search(text):
        return _at(text, builder.start(), f"`{builder[1]}` is not allowed in a condition")
    loops = list(_LOOPS.finditer(text))
    if len(loops) > 1:
        return _at(text, loops[1].start(), "`exists` and `all` may stand once in a condition")
    return _heavy_pattern(text, bool(loops))


def _heavy_pattern(text: str, in_loop: bool) -> Mistake | None:
    patterns = list(_PATTERN.finditer(text))
    if patterns and (in_loop or len(patterns) > 1):
        message = "`matches` may stand once in a condition, and not beside `exists` or `all`"
        return _at(text, patterns[-1].start(), message)
    if patterns and len(text) > _MAX_PATTERN_TEXT:
        return _at(text, patterns[0].start(), f"a condition with `matches` may have {_MAX_PATTERN_TEXT} characters")
    if patterns and (repeats := _REPEATS.search(text)):
        return _at(text, repeats.start(), "beside `matches`, `{` may only repeat up to 99 times, as in `{2,10}`")
    return None


def _at(text: str, index: int, message: str) -> Mistake:
    before = text[:index]
    return Mistake(line=before.count("\n") + 1, column=len(before) - before.rfind("\n"), message=message)


def _mistakes(said: str) -> list[Mistake]:
    """What the engine said, in fewer words: `ERROR: <input>:LINE:COLUMN: message` and a picture for each."""
    found = {
        Mistake(line=max(1, int(line)), column=max(1, int(column)), message=_plainly(message)): None
        for line, column, message in _MISTAKE.findall(said)
    }
    return list(found) or [Mistake(message=f"not a valid condition: {_words(said)}")]


def _plainly(message: str) -> str:
    if match := _UNDECLARED.match(message):
        if match[1] in _FUNCTIONS:
            return f"`{match[1]}` is a function: write `{match[1]}(…)`"
        return f"unknown name `{match[1]}`{problems.nearest(match[1], (*NAMES, *_FUNCTIONS))}"
    if match := _OVERLOAD.match(message):
        name = match[1].strip("_").replace("_", " ")
        return f"`{name}` cannot be used with {match[2]}"
    if match := _OTHER_SPELLING.search(message):
        return f"not a valid condition: `{match[1]}` is written `{_OTHER_SPELLINGS[match[1]]}`"
    if "recursion" in message:
        return "nested too deeply, or too many parts"
    text = _EXPECTING.sub("", message.removeprefix("Syntax error: ")).replace("'<EOF>'", "the end")
    return f"not a valid condition: {_words(text)}"


def _words(said: str) -> str:
    """The engine's words on one line, not endless."""
    first = said.split("\n", 1)[0].removeprefix("INVALID_ARGUMENT: ").strip()
    return "".join(character for character in first if character.isprintable())[:200] or "the engine gave up"


def _short(text: str) -> str:
    return text[:_MAX_VALUE].encode("utf-8", "replace").decode()
