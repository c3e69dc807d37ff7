"""HERE Batch Geocoder 6.2 (legacy): upload, run, look, download a zip. Not verified against the live service."""
