"""Finds where an amount of money meets a float: in the syntax, by names and annotations, not by types.

A name is an amount if it ends in `_nanos` or `_micros`, or if it is annotated `Nanos`: in its own file, or as a field of a
noun in `adserver/domain`, which other files read as an attribute. So the slips that people make are seen; whoever takes
pains to hide one can.
"""

import ast
from collections.abc import Iterator

ENDINGS = ("_nanos", "_micros")
TYPES = frozenset({"Nanos", "Nanos | None", "CpmMicros"})
CARRY = frozenset({"int", "round", "abs", "min", "max", "sum", "floor", "ceil", "trunc"})
"""What is float inside of these was float before; rounding does not make it money."""
LEAVES = frozenset({"units", "wire_cpm"})
"""The ways from money to floats."""


def fields(tree: ast.Module) -> set[str]:
    """Return the fields of classes that are annotated as amounts."""
    return {
        each.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for each in node.body
        if isinstance(each, ast.AnnAssign)
        and isinstance(each.target, ast.Name)
        and _says_nanos(each.annotation)
    }


def slips(  # noqa: C901 (one flat case per kind of node)
    tree: ast.Module, known: frozenset[str] = frozenset()
) -> Iterator[tuple[int, str]]:
    """Yield the lines where an amount is divided truly, meets a float, or comes from one; `known` are attributes."""
    names = _annotated(tree)
    attributes = names | known

    def is_amount(node: ast.expr) -> bool:
        if isinstance(node, ast.Subscript):
            key = node.slice
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                return key.value.endswith(ENDINGS)
            return is_amount(node.value)
        if isinstance(node, ast.Name):
            return node.id in names or node.id.endswith(ENDINGS)
        if isinstance(node, ast.Attribute):
            return node.attr in attributes or node.attr.endswith(ENDINGS)
        return False

    for node in ast.walk(tree):
        wrong = False
        match node:
            case ast.BinOp(left, operation, right) | ast.AugAssign(left, operation, right):
                meets = is_amount(left) or is_amount(right)
                wrong = meets and (
                    isinstance(operation, ast.Div) or _is_float(left) or _is_float(right)
                )
                wrong = wrong or (
                    isinstance(node, ast.AugAssign) and is_amount(left) and _is_float(right)
                )
            case ast.Call(ast.Name("float"), [argument, *_]):
                wrong = is_amount(argument)
            case ast.Assign(targets, value):
                wrong = any(map(is_amount, targets)) and _is_float(value)
            case ast.AnnAssign(target, annotation, value):
                is_money = _says_nanos(annotation) or is_amount(target)
                wrong = value is not None and is_money and _is_float(value)
            case ast.NamedExpr(target, value):
                wrong = is_amount(target) and _is_float(value)
            case ast.keyword(arg, value) if arg is not None:
                wrong = arg.endswith(ENDINGS) and _is_float(value)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _in_function(node)
        if wrong and isinstance(node, ast.stmt | ast.expr | ast.keyword):
            yield node.lineno, ast.unparse(node)


def leaves(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the lines where money becomes a float by the functions made for it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in LEAVES:
            yield node.lineno, ast.unparse(node)


def _in_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[int, str]]:
    """Yield defaults and returns that are float where money is promised."""
    every = node.args
    positional = [*every.posonlyargs, *every.args]
    pairs = [
        *zip(positional[len(positional) - len(every.defaults) :], every.defaults, strict=True),
        *zip(every.kwonlyargs, every.kw_defaults, strict=True),
    ]
    for argument, default in pairs:
        is_money = argument.arg.endswith(ENDINGS) or (
            argument.annotation is not None and _says_nanos(argument.annotation)
        )
        if is_money and default is not None and _is_float(default):
            yield default.lineno, f"{argument.arg}={ast.unparse(default)}"
    promises = node.name.endswith(ENDINGS) or (
        node.returns is not None and _says_nanos(node.returns)
    )
    for each in _own(node) if promises else ():
        if isinstance(each, ast.Return) and each.value is not None and _is_float(each.value):
            yield each.lineno, ast.unparse(each)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a function and not in one within it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own(child)


def _is_float(node: ast.expr) -> bool:
    """Tell whether an expression is float for all that can be seen of it."""
    match node:
        case ast.Constant(value):
            return isinstance(value, float)
        case ast.BinOp(left, operation, right):
            return isinstance(operation, ast.Div) or _is_float(left) or _is_float(right)
        case ast.UnaryOp(_, operand):
            return _is_float(operand)
        case ast.IfExp(_, body, orelse):
            return _is_float(body) or _is_float(orelse)
        case ast.BoolOp(_, values):
            return any(map(_is_float, values))
        case ast.Call(function, arguments):
            name = _name(function)
            return name == "float" or (name in CARRY and any(map(_is_float, arguments)))
    return False


def _annotated(tree: ast.Module) -> set[str]:
    """Return the names and parameters that a file annotates as amounts, and the fields of its classes."""
    names = fields(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and _says_nanos(node.annotation):
            names.add(_name(node.target))
        elif isinstance(node, ast.arg) and node.annotation and _says_nanos(node.annotation):
            names.add(node.arg)
    return names


def _says_nanos(annotation: ast.expr) -> bool:
    return ast.unparse(annotation).strip("'\"") in TYPES


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
