"""Each call of the table, carried out with the steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from batchdrop.api import checking
from batchdrop.api.calls import MOST_BODY_BYTES, OUTPUTS
from batchdrop.api.messages import Answer, answer_json
from batchdrop.api.refusing import Refused
from batchdrop.errors import BadFile, GoneMissing
from batchdrop.jobs import Status
from batchdrop.steps.dropping import Another
from batchdrop.steps.operator import NoBatch, NotPossible
from batchdrop.steps.showing import LINK_SECONDS, Mark, NotKept, NotReady

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.api.calls import Call
    from batchdrop.api.messages import Request
    from batchdrop.steps.dropping import Dropped, Dropping
    from batchdrop.steps.jobs import Jobs
    from batchdrop.steps.operator import Operator
    from batchdrop.steps.showing import Showing

PARKED = "parked"
"""In place of a batch's number: every batch that waits for this action."""


@dataclass(frozen=True, slots=True)
class Carrying:
    """Carries calls out. `given`: the values of the call's parameters, checked."""

    jobs: Jobs
    operator: Operator
    showing: Showing
    dropping: Dropping

    def __call__(self, call: Call, request: Request, given: Mapping[str, Any]) -> Answer:
        """Raises Refused."""
        job = request.names.get("job", "")
        try:
            if job:
                self.showing.job(job)  # what is missing from here on is not the job
        except GoneMissing:
            raise Refused("unknown-job", f"There is no job {job}.") from None
        try:
            return self._ways()[call.name](request, given)
        except GoneMissing:
            remedy = "Look at the job, then try again."
            raise Refused("not-possible", "The job has changed meanwhile.", remedy=remedy) from None
        except NoBatch as no:
            raise Refused("unknown-batch", _sentence(no)) from None
        except NotPossible as no:
            raise Refused("not-possible", _sentence(no), remedy="See `attention` of the job.") from None

    def _ways(self) -> dict[str, Callable[[Request, Mapping[str, Any]], Answer]]:
        actions = ("adopt", "resubmit", "recollect", "accept-gaps")
        return {
            "listJobs": self._list,
            "showJob": self._show,
            "dropFile": self._drop,
            "openapi": self._openapi,
            "redriveJob": partial(self._act, action="redrive"),
            **{f"{order}Job": partial(self._order, order=order) for order in ("start", "stop", "delete")},
            **{f"{output}OfJob": partial(self._output, output=output) for output in OUTPUTS},
            **{f"{each.partition('-')[0]}Batch": partial(self._act, action=each) for each in actions},
        }

    # jobs

    def _list(self, _request: Request, given: Mapping[str, Any]) -> Answer:
        after = Mark.from_word(given["next"]) if given["next"] else None
        status = None if given["status"] == "any" else given["status"]
        page = self.showing.page(
            status=status, route=given["route"], key=given["key"], limit=given["limit"], after=after
        )
        entry: dict[str, Any] = {"limit": given["limit"], "count": len(page.items), "items": page.items}
        if page.next:
            entry["next"] = page.next.to_word()
        return answer_json(200, entry)

    def _show(self, request: Request, _given: Mapping[str, Any]) -> Answer:
        return answer_json(200, self.showing.job(request.names["job"]))

    def _order(self, request: Request, _given: Mapping[str, Any], *, order: str) -> Answer:
        orders = {"start": self.jobs.start, "stop": self.jobs.stop, "delete": self.jobs.delete}
        orders[order](request.names["job"])
        return self._show(request, {})

    def _output(self, request: Request, _given: Mapping[str, Any], *, output: str) -> Answer:
        try:
            link = self.showing.link(request.names["job"], output)
        except NotReady as not_ready:
            raise Refused(
                "not-ready", _sentence(not_ready), remedy="Ask again when the job is over."
            ) from None
        except NotKept as gone:
            raise Refused("not-kept", _sentence(gone)) from None
        if link is None:
            return Answer(204)
        return answer_json(303, {"href": link, "seconds": LINK_SECONDS}, Location=link)

    def _drop(self, request: Request, given: Mapping[str, Any]) -> Answer:
        try:
            dropped = self._dropped(request, given)
        except ValueError as wrong:
            raise Refused("bad-parameter", f"name does not fit: {wrong}.", parameter="name") from None
        except BadFile as bad:
            (found,) = bad.problems
            kind = "unknown-route" if found.code == "NO_ROUTE" else "bad-body"
            raise Refused(kind, found.message, code=found.code, remedy=found.remedy) from None
        except Another:
            raise Refused("another-file", "Give another Idempotency-Key for another file.") from None
        href = f"{request.prefix}/jobs/{dropped.job}"
        entry: dict[str, Any] = {
            "id": dropped.job,
            "href": href,
            "route": given["route"],
            "status": Status.SUBMITTED,
            "input": {"bucket": dropped.bucket, "key": dropped.key},
        }
        if dropped.link:
            headers = dict(dropped.link.headers)
            entry["upload"] = {
                "method": "PUT", "href": dropped.link.url, "headers": headers, "seconds": LINK_SECONDS,
            }  # fmt: skip
        return answer_json(201, entry, Location=href)

    def _dropped(self, request: Request, given: Mapping[str, Any]) -> Dropped:
        size, body = given["size"], request.body
        about = {"start": given["startJob"], "once": given["Idempotency-Key"] or ""}
        if not body and (given["upload"] or (size or 0) > MOST_BODY_BYTES):
            return self.dropping.invite(given["route"], given["name"], size=size, **about)
        if len(body) > MOST_BODY_BYTES:
            remedy = "Ask with upload=true and no body; send the file to the link in the answer."
            what = f"The body has {len(body)} bytes; {MOST_BODY_BYTES} are taken."
            raise Refused("too-large", what, code="TOO_LARGE", remedy=remedy)
        if given["upload"]:
            raise Refused("bad-body", "With upload=true the file is sent to the link, not here.")
        if size is not None and size != len(body):
            raise Refused("bad-parameter", f"size is not that of the body, {len(body)}.", parameter="size")
        return self.dropping.drop(given["route"], given["name"], body, **about)

    # what a person decides

    def _act(self, request: Request, _given: Mapping[str, Any], *, action: str) -> Answer:
        job = request.names["job"]
        said = checking.json_body(_schema(takes), request.body) if (takes := _TAKES.get(action)) else {}
        if action == "redrive":
            self.operator.redrive(job)
        elif action == "adopt":
            self.operator.adopt(job, int(request.names["batch"]), said["ticket"])
        else:
            numbers = self._numbers(job, request.names["batch"], action)
            if action == "resubmit" and not said.get("acceptPayingAgain"):
                amount, unit = self.operator.price_of(job, numbers)
                raise Refused(
                    "pays-again",
                    f"Sending {len(numbers)} batches again may cost {amount:g} {unit} once more.",
                    remedy="Send acceptPayingAgain: true to accept that.",
                    price={"amount": amount, "unit": unit},
                )
            getattr(self.operator, action.replace("-", "_"))(job, numbers)
        return self._show(request, {})

    def _numbers(self, job: str, batch: str, action: str) -> list[int]:
        if batch != PARKED:
            return [int(batch)]
        return self.operator.waiting(job, action)

    def _openapi(self, _request: Request, _given: Mapping[str, Any]) -> Answer:
        from batchdrop.api.openapi import text  # noqa: PLC0415 - only who asks for it pays for it

        return Answer(200, text(), {"Content-Type": "application/json"})


_TAKES = {"adopt": "Adopt", "resubmit": "Resubmit"}


def _schema(name: str) -> Mapping[str, Any]:
    from batchdrop.api.schemas import SCHEMAS  # noqa: PLC0415 - as above

    return SCHEMAS[name]


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
