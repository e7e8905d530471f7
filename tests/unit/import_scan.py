"""Finds what a source file imports, in whatever spelling: the tool behind the import contracts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

IMPORTERS = {"importlib.import_module", "importlib.__import__", "builtins.__import__", "__import__"}
COMPUTED = "<computed>"


@dataclass(frozen=True, order=True)
class Import:
    """A module or a name in one (`livekit.agents`, `aiohttp.web.Application`) that a line brings in."""

    line: int
    name: str

    def is_within(self, module: str) -> bool:
        return self.name == module or self.name.startswith(f"{module}.")


def imports_of(source: str, module: str, *, is_package: bool = False) -> list[Import]:
    """All imports of a module's source, wherever they stand: in functions and under TYPE_CHECKING, too.

    Also counted are calls of `import_module` and `__import__` under any alias, and attributes that reach a submodule of
    an imported package. A call with a computed name gives `<computed>`: nothing can be said of it.

    Args:
        source: the text.
        module: its dotted name, for relative imports.
        is_package: whether it is an `__init__.py`.
    """
    package = module if is_package else module.rpartition(".")[0]
    return sorted(set(_Scan(package).run(ast.parse(source))))


class _Scan:
    def __init__(self, package: str) -> None:
        self._package = package
        self._names: dict[str, str] = {"__import__": "__import__"}

    def run(self, tree: ast.AST) -> Iterator[Import]:
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from self._plain(node)
            elif isinstance(node, ast.ImportFrom):
                yield from self._from(node)
        for node in nodes:  # now that every alias is known
            if isinstance(node, ast.Attribute) and (name := self._dotted(node)):
                yield Import(node.lineno, name)
            elif isinstance(node, ast.Call) and self._dotted(node.func) in IMPORTERS:
                yield self._called(node)

    def _plain(self, node: ast.Import) -> Iterator[Import]:
        for alias in node.names:
            yield Import(node.lineno, alias.name)
            # `import a.b` binds `a`, `import a.b as c` binds all of it.
            first = alias.name.partition(".")[0]
            self._names[alias.asname or first] = alias.name if alias.asname else first

    def _from(self, node: ast.ImportFrom) -> Iterator[Import]:
        origin = self._absolute("." * node.level + (node.module or ""), self._package)
        for alias in node.names:
            name = origin if alias.name == "*" else f"{origin}.{alias.name}"
            yield Import(node.lineno, name)
            self._names[alias.asname or alias.name] = name

    def _called(self, node: ast.Call) -> Import:
        arguments = {keyword.arg: keyword.value for keyword in node.keywords}
        if node.args:
            arguments["name"] = node.args[0]
        if len(node.args) == 2:
            arguments["package"] = node.args[1]
        package = arguments.get("package")
        match arguments.get("name"):
            case ast.Constant(value=str(name)):
                anchor = package.value if isinstance(package, ast.Constant) else self._package
                return Import(node.lineno, self._absolute(name, str(anchor)))
            case _:
                return Import(node.lineno, COMPUTED)

    def _dotted(self, node: ast.AST) -> str | None:
        """The full name behind `alias.attribute.attribute`, if the alias is an import."""
        match node:
            case ast.Name(id=alias):
                return self._names.get(alias)
            case ast.Attribute(value=value, attr=attribute):
                origin = self._dotted(value)
                return f"{origin}.{attribute}" if origin else None
            case _:
                return None

    @staticmethod
    def _absolute(name: str, package: str) -> str:
        level = len(name) - len(name.lstrip("."))
        if level == 0:
            return name
        parents = package.split(".")
        return ".".join([*parents[: len(parents) - level + 1], *filter(None, [name.lstrip(".")])])
