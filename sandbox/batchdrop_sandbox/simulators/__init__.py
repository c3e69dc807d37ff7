"""Simulators of the batch services: the documented protocols on 127.0.0.1, with a clock, a ledger and faults.

Each behaviour says how sure its fact is: [seed] the service's page given with the project, [spec] its own OpenAPI
document, [doc] another official page, [client] a public client, [peer] another vendor of the same service,
[assumed] our own choice where nothing is written.
"""
