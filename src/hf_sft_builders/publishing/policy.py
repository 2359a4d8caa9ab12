"""What is planned with the rows, judged source by source in the words of `sft.gate_license`."""

from __future__ import annotations

from collections import Counter

from hf_sft_builders.errors import PublishError
from hf_sft_builders.publishing.escaping import one_line
from hf_sft_builders.publishing.facts import UNKNOWN, Facts
from hf_sft_builders.quality.license_gate import gate_license


def require_policy(facts: Facts, policy: str, declared: str | None) -> None:
    """Stop where a source, or a model that wrote text, does not allow what is planned.

    Args:
        facts: Of the rows.
        policy: As for `sft.gate_license`: `private`, `publish`, `commercial`, `permissive`, or
            the name of the only license that is let through.
        declared: The license that the publisher declares for rows whose sources name none.

    Raises:
        UnknownName: for another policy.
        PublishError: naming the sources.
    """
    gate = gate_license(policy, license=declared if declared not in ("other", UNKNOWN) else None)
    models = [{"model": model} for model in facts.models]
    licenses: dict[str, list[str]] = {
        source.name: [part for part in (source.license, source.annotations) if part]
        for source in facts.sources
    } or {"the rows": []}
    refused = {}
    for name, parts in licenses.items():
        steps = [
            {"uri": name, "license": {"id": part, "raw": part}} for part in parts if part != UNKNOWN
        ]
        if reason := gate.reason({"provenance": [*steps, *models]}):
            refused[name] = reason
    if refused:
        counted = ", ".join(f"{why} ×{n}" for why, n in Counter(refused.values()).most_common(5))
        named = ", ".join(one_line(name, 100) for name in list(refused)[:5])
        raise PublishError(
            f"policy={policy!r} is not met: {counted} (in {named}). Nothing was written. Keep the "
            f"rows that meet it with ds.map(sft.gate_license({policy!r}), batched=True), or pass "
            "force='the reason why they may be published all the same'."
        )
