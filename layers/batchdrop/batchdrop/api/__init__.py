"""The Jobs API: what a request over HTTP means, and what is answered. Knows neither API Gateway nor AWS.

`calls` is the one table of what can be called; the handler's routes, the checks of parameters and docs/openapi.json are made
from it. `serving` answers, `carrying` does it with the steps, `refusing` says no, as problem+json (RFC 9457).

Shapes and status codes follow HERE v7's job resource ([spec] HERE Batch API v7), with what batchdrop adds.
"""

from batchdrop.api.calls import CALLS, PATHS, Call
from batchdrop.api.carrying import Carrying
from batchdrop.api.messages import Answer, Request
from batchdrop.api.serving import JobsApi

__all__ = ["CALLS", "PATHS", "Answer", "Call", "Carrying", "JobsApi", "Request"]
