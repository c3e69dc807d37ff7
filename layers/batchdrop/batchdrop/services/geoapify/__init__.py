"""Geoapify Batch: geocode, reverse, routing and isoline for up to 1,000 inputs a request."""

from batchdrop.services.geoapify.service import Geoapify

__all__ = ["Geoapify"]
