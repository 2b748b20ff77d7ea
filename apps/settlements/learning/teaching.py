"""From labelled rows to a model and what it is worth: trained on the older days, measured on the newest quarter.

What was measured is what runs: a model is never fitted again on the days it was measured on. Needs scikit-learn, so import it late.
"""

from apps.settlements.learning.fitting import fit_scorecard
from apps.settlements.learning.memo_fitting import fit_memos
from apps.settlements.learning.worth import Past, Worth, worth_of


def teach(past: Past) -> Worth | None:
    """None where the rows are too few, or too much alike, to learn anything at all."""
    parts = past.split()
    if parts is None:
        return None
    model = fit_memos(parts[0]) if past.task is None else fit_scorecard(parts[0], past.task, past.extra)
    return None if model is None else worth_of(model, past)
