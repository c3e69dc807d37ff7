"""A file comes through the API: straight into the inbox, or by a link to which it is sent.

Both go to a single-use key, so the job is known before the object is there. A file that came straight in is claimed at once,
as `submit` claims it: the job can be asked for as soon as it has an id. Its upload event then finds the claim.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batchdrop.effects import effect
from batchdrop.errors import BadFile, BatchdropError
from batchdrop.jobs import Input, input_hash, job_id, single_use_key
from batchdrop.observe import tell
from batchdrop.ports import Absent, Change, Key, Place
from batchdrop.problems import problem
from batchdrop.routes import BUILT_IN
from batchdrop.steps.plan.repeats import find_before
from batchdrop.steps.showing import LINK_SECONDS
from batchdrop.steps.submit import NOT_DATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.ports import Links, Store, Stored, UploadLink
    from batchdrop.steps.submit import Submit

_DIGEST = "sha256"  # of what came straight in, in the object's metadata


class Another(BatchdropError):
    """The key of this request was used for a request with another file."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The job of a file, and where the file is or is to be sent (`link`)."""

    job: str
    bucket: str
    key: str
    link: UploadLink | None = None


@dataclass(frozen=True, slots=True)
class Dropping:
    """The use case. `bucket`: the inbox bucket. `fresh`: 32 hex digits that nobody had before."""

    store: Store
    links: Links
    submit: Submit
    bucket: str
    fresh: Callable[[], str]

    def drop(self, route: str, name: str, body: bytes, *, start: bool = True, once: str = "") -> Dropped:
        """Put the file into the inbox and claim its job. Repeated with the same `once`, it is the same job.

        Raises BadFile (NO_ROUTE, EMPTY_FILE), ValueError for a name that does not fit, Another.
        """
        dropped = self._prepared(route, name, once)
        if not body:
            raise BadFile([problem("EMPTY_FILE")])
        place = Place(self.bucket, dropped.key)
        digest = hashlib.sha256(body).hexdigest()
        if once:
            self._bind(route, dropped, digest)
        about = {_DIGEST: digest, **_metadata(start=start)}
        stored = effect(
            "drop",
            lambda: self.store.put_if(
                place, body, etag=None, content_type="application/octet-stream", metadata=about
            ),
        )
        job = self.submit.take(self._input(dropped, stored or self._there(place, digest)))
        dropped = replace(dropped, job=job)
        tell("dropped", job=dropped.job, route=route, size=len(body), again=stored is None)
        return dropped

    def invite(
        self, route: str, name: str, *, size: int | None = None, start: bool = True, once: str = ""
    ) -> Dropped:
        """A link by which the file can be sent, once.

        Raises BadFile (NO_ROUTE), ValueError for a name that does not fit, Another when its job was created from a file that
        has expired: what came through the link would be in no job.
        """
        dropped = self._prepared(route, name, once)
        place = Place(self.bucket, dropped.key)
        if once and self.submit.find(self.bucket, dropped.key, "") and self.store.head(place) is None:
            raise Another("this key came with a file before, which has expired")
        link = self.links.to_write_once(place, LINK_SECONDS, size=size, metadata=_metadata(start=start))
        tell("invited", job=dropped.job, route=route)
        return Dropped(dropped.job, dropped.bucket, dropped.key, link)

    def _prepared(self, route: str, name: str, once: str) -> Dropped:
        if not self._is_route(route):
            raise BadFile([problem("NO_ROUTE", route=route, known=", ".join(BUILT_IN))])
        if name.endswith(NOT_DATA):
            raise ValueError(f"names that end in {', '.join(NOT_DATA)} are no data")
        word = hashlib.sha256(f"{route}\n{name}\n{once}".encode()).hexdigest()[:32] if once else self.fresh()
        key = single_use_key(route, name, word)
        claimed = self.submit.find(self.bucket, key, "") if once else None
        job = (
            str(claimed["id"]) if claimed else job_id(self.bucket, key, "", private=self.submit.private_names)
        )
        return Dropped(job, self.bucket, key)

    def _is_route(self, route: str) -> bool:
        """Whether there is one; whether it is valid, the job will say."""
        return route in BUILT_IN or self.store.head(Place(self.bucket, f"routes/{route}.json")) is not None

    def _bind(self, route: str, dropped: Dropped, digest: str) -> None:
        """Bind the word of a request to the bytes that came with it, for good: the object may expire, the job is one for ever.

        Raises Another when it is bound to other bytes, or its job was created from other ones.
        """
        key = Key(f"once#{input_hash(self.bucket, dropped.key, '')}", "once")
        table = self.submit.table
        bound = table.get(key)
        if bound is None:
            self._check_claimed(route, dropped, digest)
            bound = table.write(Change(key, put={_DIGEST: digest}, when=(Absent("pk"),))).row
        if bound is None or bound[_DIGEST] != digest:
            raise Another("this key came with another file before")

    def _check_claimed(self, route: str, dropped: Dropped, digest: str) -> None:
        """Raise Another for a job that was claimed without a bound word (by an older version, or through a link) from other bytes."""
        if self.submit.find(self.bucket, dropped.key, "") is None:
            return
        place = Place(self.bucket, dropped.key)
        if self.store.head(place) is not None:
            self._there(place, digest)
        elif dropped.job not in find_before(self.submit.table, route, digest):
            raise Another("this key came with another file before, or with one that is not known any more")

    def _there(self, place: Place, digest: str) -> Stored:
        """What stands at the key already: an earlier try of the same request, or it is refused."""
        stored = self.store.head(place)
        if stored is None or stored.metadata.get(_DIGEST) != digest:
            raise Another("this key came with another file before")
        return stored

    def _input(self, dropped: Dropped, stored: Stored) -> Input:
        version = stored.version or f"{stored.etag}/"
        return Input(dropped.bucket, dropped.key, version, stored.size, versioned=stored.version is not None)


def _metadata(*, start: bool) -> dict[str, str]:
    """What plan reads as HERE's startJob."""
    return {} if start else {"start": "false"}
