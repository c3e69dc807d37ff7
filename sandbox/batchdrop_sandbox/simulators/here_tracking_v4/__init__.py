"""HERE Tracking bulk jobs v4 (legacy): add or delete devices by the thousand. Not verified against the live service."""
