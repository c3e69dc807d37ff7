"""Real places that the simulators answer from; see us_addresses.ATTRIBUTION.txt for where they come from."""
