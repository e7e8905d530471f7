"""Prompts and greetings: a small, safe part of Jinja, checked before any call and bounded in every call.

Templates may come from anybody who may write the configuration, so they are held to what a prompt needs: variables,
`if`, comparisons and a few filters. There are no loops, calls or assignments, hence nothing that grows or runs long.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping

import jinja2
from jinja2 import nodes, sandbox

from callcore import errors
from sip_config import configurations, problems
from sip_config.reading import documents
from sip_config.templates import variables

MAX_TEMPLATE = 100_000
"""Characters of a template; more than any model should be told before it says hello."""

MAX_OUTPUT = 100_000
"""Characters of a rendered prompt."""

_MAX_DEPTH = 40  # nesting of expressions and ifs; Python's own compiler gives up at about a hundred
_MAX_PARTS = 5_000  # a page of prompt has a few dozen

_PARTS: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.CondExpr),
    *(nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.List, nodes.Tuple, nodes.Keyword),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Filter, nodes.Test),
)
_FILTERS = ("upper", "lower", "title", "capitalize", "trim", "default", "first", "last", "length")
"""None of them makes a text longer than its text and arguments together."""
_OPEN = sorted(variables.OPEN)
_TESTS = ("defined", "undefined")
_PARSER_GAVE_UP = (RecursionError, MemoryError, SyntaxError, ValueError)
"""What Python's parser and compiler say of endless nesting and of numbers with thousands of digits."""


@functools.lru_cache(maxsize=64)
def check(template: configurations.Template) -> tuple[problems.Problem, ...]:
    """What is wrong with a template: syntax, unknown names, what is not allowed, and what fails with sample values."""
    return tuple(problems.bounded(_check(template)))


def _check(template: configurations.Template) -> list[problems.Problem]:
    if len(template.text) > MAX_TEMPLATE:
        return [_problem(template, 1, f"over {MAX_TEMPLATE} characters")]
    try:
        found = [_problem(template, line, message) for line, message in _forbidden(_environment().parse(template.text))]
        if not found:
            _compile(template.text)
    except jinja2.TemplateSyntaxError as error:
        return [_problem(template, error.lineno, f"not a valid template: {error.message}")]
    except _PARSER_GAVE_UP:
        return [_problem(template, 1, "not a valid template, or nested too deeply")]
    return found or [
        failed for values in variables.SAMPLES for failed in [_rendered(template, values)[1]] if failed is not None
    ]


def in_document(document: documents.Document, path: problems.Path) -> configurations.Template | None:
    """The template that stands in a setting, if there is any text."""
    text = document.value(path)
    if not isinstance(text, str) or not text.strip():
        return None
    line = document.place(path).text_line
    return configurations.Template(text=text.strip(), file=document.name, line=line, path=path)


def render(template: configurations.Template, values: variables.Variables) -> str:
    """The text for one call.

    Raises:
        ConfigurationInvalid: it cannot be rendered with these values, or is too long; with file and line.
    """
    text, failed = _rendered(template, values)
    if failed is not None:
        raise errors.ConfigurationInvalid([str(failed)])
    return text


def _rendered(template: configurations.Template, values: variables.Variables) -> tuple[str, problems.Problem | None]:
    pieces: list[str] = []
    size = 0
    try:
        for piece in _compile(template.text).generate(values.by_name()):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_OUTPUT:
                return "", _problem(template, 1, f"gives more than {MAX_OUTPUT} characters")
    except (jinja2.TemplateError, TypeError, *_PARSER_GAVE_UP) as error:
        return "", _problem(template, 1, f"cannot be rendered: {type(error).__name__}")
    return "".join(pieces).strip(), None


@functools.cache
def _environment() -> jinja2.Environment:
    environment = sandbox.ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # the text is spoken or given to a model, never to a browser
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    return environment


@functools.lru_cache(maxsize=256)
def _compile(text: str) -> jinja2.Template:
    return _environment().from_string(text)


def _forbidden(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Line and message for each part of a template that is not for prompts."""
    known = variables.parts()
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if depth > _MAX_DEPTH or count > _MAX_PARTS:
            yield node.lineno, "nested too deeply" if depth > _MAX_DEPTH else f"more than {_MAX_PARTS} parts"
            return
        if message := _wrong(node, known):
            yield node.lineno, message
        elif not _is_open_part(node):
            waiting += [(child, depth + 1) for child in node.iter_child_nodes()]


def _wrong(node: nodes.Node, known: Mapping[str, Collection[str]]) -> str | None:
    match node:
        case nodes.Name():
            return _wrong_name(node.name, known)
        case nodes.Getattr() | nodes.Getitem() if _is_open_part(node):
            return None
        case nodes.Getattr():
            return _wrong_part(node, known)
        case nodes.Getitem():
            return "`[…]` is not allowed in a prompt, but after " + " and ".join(f"`{name}`" for name in _OPEN)
        case nodes.Filter() if node.name not in _FILTERS:
            return f"unknown filter `{node.name}`{problems.nearest(node.name, _FILTERS)}"
        case nodes.Test() if node.name not in _TESTS:
            return f"unknown test `{node.name}`{problems.nearest(node.name, _TESTS)}"
    return None if isinstance(node, _PARTS) else f"`{type(node).__name__.lower()}` is not allowed in a prompt"


def _is_open_part(node: nodes.Node) -> bool:
    """Whether it is `fields.name` or `fields["any name"]`: a part by a name that nobody has to know beforehand."""
    match node:
        case nodes.Getattr(node=nodes.Name(name=whole), attr=part):
            return whole in variables.OPEN and not part.startswith("_")
        case nodes.Getitem(node=nodes.Name(name=whole), arg=nodes.Const(value=str())):
            return whole in variables.OPEN
    return False


def _wrong_name(name: str, known: Collection[str]) -> str | None:
    if name in variables.OPEN:
        return f"say which part of `{name}`: write `{name}.key`, or `{name}['any key']`"
    return None if name in known else f"unknown variable `{name}`{problems.nearest(name, known)}"


def _wrong_part(node: nodes.Getattr, known: Mapping[str, Collection[str]]) -> str | None:
    whole = node.node
    if not isinstance(whole, nodes.Name) or whole.name not in known:
        return None if isinstance(whole, nodes.Name) else f"`.{node.attr}` is not allowed in a prompt"
    if node.attr in known[whole.name]:
        return None
    return f"`{whole.name}` has no `{node.attr}`{problems.nearest(node.attr, known[whole.name])}"


def _problem(template: configurations.Template, line: int, message: str) -> problems.Problem:
    return problems.Problem(file=template.file, line=template.line + line - 1, path=template.path, message=message)
