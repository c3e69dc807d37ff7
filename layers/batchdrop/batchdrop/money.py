"""What a job costs, in the service's own unit. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Price


def _priority(params: Mapping[str, Any]) -> float:
    """Geoapify multiplies everything by `priority` (0.5 to 1; [spec], [doc] batch-api page)."""
    return float(params.get("priority", 1))


def estimate(price: Price, params: Mapping[str, Any], *, records: int, batches: int, looks: int = 1) -> float:
    """The price before anything is sent: `records` distinct records in `batches`, each looked at `looks` times."""
    units = price.per_record * records + (price.per_submit + price.per_look * looks) * batches
    return round(units * _priority(params), 4)


def spent(price: Price, params: Mapping[str, Any], *, records: int, submits: int, looks: int) -> float:
    """The price of what was really sent and asked."""
    units = price.per_record * records + price.per_submit * submits + price.per_look * looks
    return round(units * _priority(params), 4)
