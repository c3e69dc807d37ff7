"""Record the AWS calls of a handler on the local AWS: Python imports this module at its start when its folder is on PYTHONPATH."""

import os
import re
from pathlib import Path

from aws_call_recorder import FOLDER, Recorder

_named = re.search(r"([A-Z][A-Za-z]+)Function", os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""))

if _named and os.environ.get(FOLDER):
    _words = re.findall(r"[A-Z][a-z]+", _named[1])
    Recorder(Path(os.environ[FOLDER]), "_".join(_words).lower()).install()
