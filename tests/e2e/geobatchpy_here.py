"""Starts geobatchpy's own command with its one fixed host replaced: `python geobatchpy_here.py BASE submit …`.

The client has no setting for its host; the function that names it is wrapped in every module that took it by name.
"""

from __future__ import annotations

import sys
from typing import Any

from geobatchpy import batch, boundaries, client, utils
from geobatchpy.cli import main

BASE = sys.argv.pop(1)
real = utils.get_api_url


def local(*arguments: Any, **options: Any) -> str:
    """The real URL on our host."""
    url: str = real(*arguments, **options)
    return url.replace("https://api.geoapify.com", BASE)


for module in (utils, batch, client, boundaries):
    module.get_api_url = local
main()
