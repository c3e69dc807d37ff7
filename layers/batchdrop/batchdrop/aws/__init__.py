"""AWS behind the ports: the only part of the layer that knows boto3.

`clients.py` makes the clients, lazily. Everything else takes the client it needs, so tests hand in their own.
What botocore raises for infrastructure (throttles that last, time-outs, missing permissions on our own things) goes up as it
is: the state machine's Retry and Catch, or the queue's redelivery, deal with it.
"""
