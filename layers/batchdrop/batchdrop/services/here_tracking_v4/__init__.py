"""HERE Tracking bulk jobs v4 (legacy, never tried against the live service): add or delete devices by the thousand."""

from batchdrop.services.here_tracking_v4.service import HereTrackingV4

__all__ = ["HereTrackingV4"]
