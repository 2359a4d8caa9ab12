"""How far a review is."""

from __future__ import annotations

import numpy as np

from hf_sft_builders.reviewing.agreement import agreement
from hf_sft_builders.reviewing.marks import CHANGED, CONFIRMED, REJECTED, STATUS_NAMES, Marks
from hf_sft_builders.reviewing.views import Progress, ReviewerProgress


def progress_of(marks: Marks) -> Progress:
    """Count what was decided, by whom, and how far people agree."""
    counts = np.bincount(marks.status, minlength=len(STATUS_NAMES)).tolist()
    done, people = marks.overlay.actions_by(), marks.people
    told = [
        ReviewerProgress(
            who,
            int(np.count_nonzero(person.status == CONFIRMED)),
            int(np.count_nonzero(person.status == REJECTED)),
            done.get(who, 0),
        )
        for who, person in sorted(people.items())
    ]
    codes = {who: np.where(p.status == CHANGED, 0, p.status) for who, p in people.items()}
    return Progress(
        total=marks.rows.total,
        confirmed=counts[CONFIRMED],
        rejected=counts[REJECTED],
        changed=counts[CHANGED],
        unreviewed=counts[0],
        edited=int(np.count_nonzero(marks.edited)),
        gone=len(marks.gone),
        reviewers=told,
        agreement=agreement(codes),
    )
