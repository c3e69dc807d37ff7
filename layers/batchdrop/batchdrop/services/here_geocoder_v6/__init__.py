"""HERE Batch Geocoder 6.2 (legacy, not tried against the live service): upload, then run; answers as zip files of text."""

from batchdrop.services.here_geocoder_v6.service import HereGeocoderV6

__all__ = ["HereGeocoderV6"]
