"""Which test proves which capability: @proves("IDLE") on a test; the table is read from
the sources, so that it is whole whatever is being run."""
import ast
import glob
import os

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "protocol")


def proves(*_capabilities):
    """Marks a test; changes nothing of it."""
    return lambda test: test


def proven(pattern="test_imap*.py"):
    """{capability: [tests]} of all files that fit the pattern."""
    table = {}
    for path in sorted(glob.glob(os.path.join(FOLDER, pattern))):
        with open(path, encoding="utf-8") as source:
            tree = ast.parse(source.read())
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef) or not function.name.startswith("test_"):
                continue
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "proves":
                    for argument in mark.args:
                        table.setdefault(argument.value, []).append(function.name)
    return table
