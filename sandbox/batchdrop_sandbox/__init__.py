"""The whole product on one machine: a local AWS, the services' simulators, the unmodified template."""
