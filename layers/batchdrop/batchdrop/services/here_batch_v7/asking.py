"""What the create of a HERE job says beside its body. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.errors import ServiceRefused
from batchdrop.services.delimited import as_parameter
from batchdrop.services.here_batch_v7.apis import HRNS
from batchdrop.services.here_batch_v7.options import options

if TYPE_CHECKING:
    from batchdrop.ports import Batch
    from batchdrop.services.here_batch_v7.lines import Input


def headers(sheet: Input) -> dict[str, str]:
    """text/plain is the only type that works [doc]."""
    zipped = {"Content-Encoding": sheet.encoding} if sheet.encoding else {}
    return {"Content-Type": "text/plain", **zipped}


def parameters(batch: Batch, sheet: Input) -> dict[str, str]:
    """Query parameters of the POST [spec]. The list of output columns is parted by the output delimiter [spec].

    seqLength is asked for as the last column: should it stand there, a row that is cut off shows. HERE says that its general
    columns always come first [spec], so nothing relies on it.
    """
    chosen = options(batch.api, batch.params)
    asked = {
        "serviceHrn": HRNS[batch.api],
        "startJob": "false",
        "tag": batch.tag,
        "inputDelimiter": as_parameter(sheet.delimiter),
    }
    if not chosen.header_in_body:
        asked["inputColumns"] = sheet.delimiter.join(sheet.columns)
    if chosen.jsonl:
        asked["outputType"] = "jsonl"
        asked |= {"outputFilter": chosen.output_filter} if chosen.output_filter else {}
    else:
        sequence = () if batch.api == "lookup" else ("seqNumber", "seqLength")
        wanted = ("recId", *sequence[:1], *chosen.columns, *sequence[1:])
        asked["outputType"] = "csv"
        asked["outputDelimiter"] = as_parameter(sheet.output_delimiter)
        asked["outputColumns"] = sheet.output_delimiter.join(wanted)
    if chosen.billing_tags:
        asked["billingTags"] = ",".join(chosen.billing_tags)
    return asked


def too_large(refused: ServiceRefused) -> ServiceRefused:
    """The same refusal under one code."""
    return ServiceRefused(
        "the input is too large for one job",
        code="TOO_LARGE",
        service=refused.service,
        status=refused.status,
        where=refused.where,
        request_id=refused.request_id,
    )
