"""HERE Batch API v7: geocode, reverse and lookup, created unstarted and started once the ticket is kept."""

from batchdrop.services.here_batch_v7.service import HereBatchV7

__all__ = ["HereBatchV7"]
