"""A route's options that only the service can judge: checked before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.errors import ConfigurationError
from batchdrop.records.gating import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.ports import Service
    from batchdrop.routes import Route


def spoken(route: Route, service: type[Service]) -> Route:
    """The route with its language as the service's own parameter; one that the parameters name already holds.

    Raises ConfigurationError where the API has no language.
    """
    if not route.language:
        return route
    parameter = service.apis[route.api].language
    if not parameter:
        raise ConfigurationError(f"`language`: {route.service} {route.api} answers in no language of choice")
    return replace(route, params={parameter: route.language, **route.params})


def check_outputs(route: Route, answers: Sequence[str]) -> None:
    """Raises ConfigurationError for columns that the answers do not have."""
    unknown = [name for name in route.output_columns if name not in answers]
    if unknown:
        known = ", ".join(answers)
        raise ConfigurationError(
            f"`output_columns`: {route.service} {route.api} has no {', '.join(unknown)}; it has {known}"
        )
    if route.min_confidence is not None and CONFIDENCE not in answers:
        raise ConfigurationError(
            f"`min_confidence`: answers of {route.service} {route.api} have no {CONFIDENCE}"
        )
