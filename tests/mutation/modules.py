"""Which modules are mutated, and which tests must notice: quick ones that say what the module promises."""

from collections.abc import Mapping

_DOMAIN = "tests/unit/domain"
_BACKGROUND = "tests/unit/background"
_LEDGER = (
    f"{_DOMAIN}/test_ledger.py", f"{_DOMAIN}/test_ledger_totals.py", f"{_DOMAIN}/test_ledger_memory.py", f"{_DOMAIN}/test_ledger_releases.py",
    f"{_DOMAIN}/test_marks.py",
)  # fmt: skip
_PURSE = (
    f"{_BACKGROUND}/test_purse.py", f"{_BACKGROUND}/test_purse_words.py", f"{_BACKGROUND}/test_purse_story.py",
)  # fmt: skip

MODULES: Mapping[str, tuple[str, ...]] = {
    "adserver/domain/ledger.py": _LEDGER,
    "adserver/domain/totals.py": _LEDGER,
    "adserver/domain/checkpoints.py": _LEDGER,
    "adserver/domain/seals.py": (f"{_DOMAIN}/test_seals.py", *_LEDGER),
    "adserver/domain/marks.py": (f"{_DOMAIN}/test_marks.py", f"{_DOMAIN}/test_marks_of_notices.py"),
    "adserver/domain/settlement.py": (f"{_DOMAIN}/test_settlement.py",),
    "adserver/domain/fees.py": (f"{_DOMAIN}/test_settlement.py", f"{_DOMAIN}/test_fees.py"),
    "adserver/domain/money.py": (f"{_DOMAIN}/test_money.py", f"{_DOMAIN}/test_rates.py"),
    "adserver/domain/budget.py": (f"{_DOMAIN}/test_budget_levels.py", f"{_DOMAIN}/test_budget.py"),
    "adserver/domain/set_forward.py": (f"{_DOMAIN}/test_set_forward.py",),
    "adserver/catalog/frequency.py": (
        "tests/unit/catalog/test_frequency.py",
        "tests/unit/catalog/test_frequency_windows.py",
    ),
    "adserver/decision/frequency.py": (
        "tests/unit/decision/test_frequency.py",
        "tests/unit/decision/test_frequency_known.py",
    ),
    "adserver/domain/books.py": (
        f"{_DOMAIN}/test_books.py",
        f"{_DOMAIN}/test_books_sums.py",
        f"{_DOMAIN}/test_ledger_memory.py",
    ),
    "adserver/domain/delays.py": (f"{_DOMAIN}/test_delays.py",),
    "adserver/background/leases.py": (f"{_BACKGROUND}/test_leases.py",),
    "adserver/background/holds.py": (f"{_BACKGROUND}/test_holds.py",),
    "adserver/background/spending.py": _PURSE,
    "adserver/background/purse.py": _PURSE,
    "adserver/background/contacts.py": (
        f"{_BACKGROUND}/test_contacts.py",
        f"{_BACKGROUND}/test_contacts_memory.py",
    ),
    "adserver/processes/owner/grants.py": (
        "tests/unit/processes/test_grants.py",
        "tests/unit/processes/test_leases_given.py",
    ),
    "adserver/processes/owner/exposure.py": ("tests/unit/processes/test_exposure.py",),
    "adserver/processes/owner/settling.py": ("tests/unit/processes/test_settling.py",),
    "adserver/processes/owner/wishes.py": ("tests/unit/processes/test_wishes.py",),
}
"""By module: the files of its tests. Of these, mutmut runs against a mutant those that reach its function, the quickest first."""
