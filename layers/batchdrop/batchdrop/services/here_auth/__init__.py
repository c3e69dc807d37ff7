"""How a call to a HERE service says who asks: an apiKey in the query, or a Bearer token of HERE Account.

    auth = HereAuth(account)                              # account: the third argument of HttpService
    access = auth.access(secret, fresh=False, scope="")   # params and headers of one call

Secrets: `{"apiKey": "…"}`, or `{"accessKeyId": "…", "accessKeySecret": "…", "tokenUrl"?: "https://…", "scope"?: "hrn:…"}`.
Facts and their sources: docs/services/here_auth.md.
"""

from batchdrop.services.here_auth.access import Access, HereAuth

__all__ = ["Access", "HereAuth"]
