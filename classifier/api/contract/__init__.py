"""What scikit-learn's tools expect of a classifier over texts, as checks that any such can be put to.

``sklearn.utils.estimator_checks`` has tables of numbers only. Each check is a function of a ``Trial``
that raises ``AssertionError``, or what the estimator raises, where it is not passed; in pytest::

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(Trial(MyTextClassifier()))

What is expected follows "Developing scikit-learn estimators" in its documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import isfunction

from classifier.api.contract import answers, inputs, parameters, tools
from classifier.api.contract.trial import Trial

#: All checks, in the order of their files.
CHECKS: tuple[Callable[[Trial], None], ...] = tuple(
    check
    for module in (parameters, answers, inputs, tools)
    for check in vars(module).values()
    if isfunction(check) and check.__module__ == module.__name__
)

__all__ = ["CHECKS", "Trial"]
