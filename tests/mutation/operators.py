"""What is changed in a mutant beside what mutmut changes: a step is left out, a condition is turned round."""

from collections.abc import Iterable

import libcst as cst

_PLAIN = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.NamedExpr)
"""Conditions that mutmut leaves alone; it turns comparisons, `and`, `or` and `not` by itself."""


def left_out(statement: cst.Expr | cst.Raise | cst.Del) -> Iterable[cst.CSTNode]:
    """Leave out a call whose result nobody uses, an error, a deletion."""
    if not isinstance(statement, cst.Expr) or isinstance(statement.value, cst.Call | cst.Await):
        yield cst.Pass()


def turned_round(asking: cst.If | cst.While | cst.CompIf) -> Iterable[cst.CSTNode]:
    """Do the one where the other was wanted."""
    if isinstance(asking.test, _PLAIN):
        inner = asking.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield asking.with_changes(
            test=cst.UnaryOperation(cst.Not(whitespace_after=cst.SimpleWhitespace(" ")), inner)
        )


OPERATORS = (
    (cst.Expr, left_out),
    (cst.Raise, left_out),
    (cst.Del, left_out),
    (cst.If, turned_round),
    (cst.While, turned_round),
    (cst.CompIf, turned_round),
)
