"""HTTP to the batch services: the only place that imports requests.

What it guarantees: a POST is sent once; no redirect is followed; no proxy or netrc of the environment is used; every
exchange ends by its deadline; bytes are never decoded by guesswork; a cut answer is never taken for a whole one; every
failure is one of the classes of errors.py and holds neither query nor body.
"""

from batchdrop.transport.client import Transport
from batchdrop.transport.replies import Incoming, Reply
from batchdrop.transport.webhook import Webhook

__all__ = ["Incoming", "Reply", "Transport", "Webhook"]
