"""What a file comes to under a route, before anything is sent or kept: `plan` and `batchdrop check` ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.errors import BadFile, ConfigurationError
from batchdrop.ports import Place
from batchdrop.problems import problem
from batchdrop.records import owncells
from batchdrop.steps.plan.concerns import of_columns, of_price, of_records, of_unknown_price
from batchdrop.steps.plan.drawing import draw
from batchdrop.steps.plan.queries import format_definition
from batchdrop.steps.plan.wishes import Wishes
from batchdrop.steps.plan.worth import Worth, worth_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.jobs import Input
    from batchdrop.ports import Service, Store
    from batchdrop.problems import Concern
    from batchdrop.records.recids import Family
    from batchdrop.routes import Route
    from batchdrop.steps.plan.drawing import Drawn


@dataclass(frozen=True, slots=True)
class Review:
    """A drawn plan, its worth, what its object's metadata wishes, and why it must not begin by itself."""

    drawn: Drawn
    worth: Worth
    wishes: Wishes
    concerns: tuple[Concern, ...]

    @property
    def held(self) -> bool:
        """Whether somebody asked that the job waits: the route, or the object."""
        return self.drawn.route.hold or self.wishes.wait


def review(
    store: Store,
    bucket: str,
    job: str,
    dropped: Input,
    route: Route,
    services: Mapping[str, type[Service]],
    family: Callable[[str], Family | None] = lambda _job: None,
) -> Review:
    """Read the file, write the plan's objects below the job's folder of the bucket, and say what it comes to.

    family: looks up the job whose errors were dropped back, see Numbering.

    Raises BadFile with problems, GoneMissing when the object is gone.
    """
    service = services[route.service]
    if route.api not in service.apis:
        reason = f"{route.service} has no api {route.api!r}; it has {', '.join(service.apis)}"
        raise BadFile([problem("ROUTE_INVALID", route=route.name, reason=reason)])
    stored = store.head(Place.of(dropped))
    wishes = Wishes.of(stored)
    parent = owncells.mark(stored.metadata.get("parent") if stored else "", 0).job
    try:
        drawn = draw(store, bucket, job, dropped, route, service, family, parent)
    except ConfigurationError as wrong:
        raise BadFile([problem("ROUTE_INVALID", route=route.name, reason=str(wrong))]) from None
    worth = worth_of(drawn, service)
    concerns = (
        *of_columns(drawn.columns, drawn.unsent, propose(drawn)),
        *of_unknown_price(worth.price.known, worth.estimated, wishes.most, worth.price.unit),
        *of_price(worth.estimated, wishes.budget(drawn.route), worth.price.unit),
        *of_records(drawn.route, total=drawn.total, invalid=drawn.invalid),
    )
    return Review(drawn, worth, wishes, concerns)


def propose(drawn: Drawn) -> str:
    """Return a definition of a route with the columns that are sent, and where a field is free those that look like its part."""
    free = {field: name for name, field in reversed(list(drawn.unsent.items())) if field not in drawn.columns}
    return format_definition(drawn.route, {**drawn.columns, **free})
