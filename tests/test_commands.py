"""A command is a deed: every public function of every `commands.py`, walked."""

import ast
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from django.apps import apps

import selfcard

PACKAGE = Path(selfcard.__file__).parent


def test_every_deed_is_a_command_or_a_step() -> None:
    undecorated = [
        f"{module.__name__}.{name}"
        for module, name, function in _public_functions_of_commands()
        if not (getattr(function, "is_command", False) or getattr(function, "is_step", False))
    ]

    assert undecorated == []


def test_a_command_closes_its_arguments_with_actor_and_request_id() -> None:
    for module, name, function in _public_functions_of_commands():
        signature = inspect.signature(function)
        last = ("actor", "request_id") if hasattr(function, "is_command") else ("actor",)
        assert tuple(signature.parameters)[-len(last) :] == last, f"{module.__name__}.{name}"
        for parameter in signature.parameters.values():
            assert parameter.kind is parameter.KEYWORD_ONLY, f"{module.__name__}.{name}"


def test_every_deed_says_in_business_words_what_it_does() -> None:
    silent = [
        f"{module.__name__}.{name}"
        for module, name, function in _public_functions_of_commands()
        if not inspect.getdoc(function)
    ]

    assert silent == []


def _public_functions_of_commands() -> Iterator[tuple[ModuleType, str, Callable[..., Any]]]:
    for config in apps.get_app_configs():
        if not config.name.startswith("selfcard."):
            continue
        if find_spec(f"{config.name}.commands") is None:
            continue
        package = import_module(f"{config.name}.commands")
        inner = [
            import_module(f"{package.__name__}.{info.name}")
            for info in pkgutil.iter_modules(getattr(package, "__path__", []))
        ]
        for module in (package, *inner):
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if function.__module__ == module.__name__ and not name.startswith("_"):
                    yield module, name, function


def test_deeds_are_found_at_all() -> None:
    assert len(list(_public_functions_of_commands())) > 5


def test_faces_call_commands_and_never_the_steps_within_them() -> None:
    steps = {
        (module.__name__, name)
        for module, name, function in _public_functions_of_commands()
        if getattr(function, "is_step", False)
    }
    through_a_side_door = [
        f"{path.relative_to(PACKAGE)}: {name.name}"
        for face in ("web", "inquiry")
        for path in (PACKAGE / face).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if any(name.name == step and module.startswith(str(node.module)) for module, step in steps)
    ]

    assert through_a_side_door == []
