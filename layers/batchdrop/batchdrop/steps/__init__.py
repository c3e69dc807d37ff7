"""The use cases: one per function, each a frozen dataclass of the ports it needs with one call.

They see ports only; `wiring/` gives them the real ones.
"""
