"""HERE Account: the OAuth 2.0 token call, signed as OAuth 1.0a, and the clock that clients correct theirs by."""
