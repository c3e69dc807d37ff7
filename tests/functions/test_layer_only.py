"""Every handler imports with only its folder, the layer and boto3: what Lambda has, and nothing of this machine.

Needs no emulator, so a dependency that is missing from the layer is found wherever the tests run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.template.loading import ROOT, functions, load_template

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME = ROOT / ".envs/runtime"
# -I and -S leave sys.path to us; the script tells where each foreign module came from.
IMPORT = """
import importlib, json, pkgutil, sys
sys.dont_write_bytecode = True
paths, modules = json.loads(sys.argv[1]), json.loads(sys.argv[2])
sys.path += paths
for name in modules:
    importlib.import_module(name)
if modules == ["batchdrop"]:
    import batchdrop
    for found in pkgutil.walk_packages(batchdrop.__path__, "batchdrop."):
        importlib.import_module(found.name)
own = set(sys.stdlib_module_names) | {"__main__", "app"}
loaded = {name.partition(".")[0] for name in list(sys.modules)} - own
print(json.dumps({name: getattr(sys.modules.get(name), "__file__", None) or "" for name in loaded}))
"""


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer's folder, built as `sam build` builds it."""
    artifacts = tmp_path_factory.mktemp("layer")
    command = ["make", "-s", "-C", str(ROOT / "layers/batchdrop"), "build-BatchdropLayer"]
    subprocess.run([*command, f"ARTIFACTS_DIR={artifacts}", f"PYTHON={sys.executable}"], check=True)
    return artifacts / "python"


@pytest.fixture(scope="session")
def boto3_packages() -> Path:
    """What a function finds beside its layer."""
    found = list(RUNTIME.glob("lib/python3.*/site-packages"))
    assert found, "run `make install`: the environment .envs/runtime is missing"
    return found[0]


def import_alone(paths: list[Path], modules: list[str]) -> dict[str, str]:
    """Imports the modules with nothing but these paths; says which foreign packages were loaded from where."""
    shown = json.dumps([str(path) for path in paths])
    command = [str(RUNTIME / "bin/python"), "-I", "-S", "-c", IMPORT, shown, json.dumps(modules)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, str] = json.loads(done.stdout)
    return loaded


@pytest.mark.parametrize("name", functions(load_template()))
def test_a_handler_imports_from_its_folder_the_layer_and_boto3(
    name: str, layer: Path, boto3_packages: Path
) -> None:
    loaded = import_alone([ROOT / "functions" / name, layer, boto3_packages], ["app"])
    assert loaded["batchdrop"].startswith(str(layer))
    assert loaded["aws_lambda_powertools"].startswith(str(layer))
    assert (
        "requests" not in loaded
    )  # costs 0.1 s of every cold start, so it comes with the first call of a service
    assert "jinja2" not in loaded  # comes with the first report


def test_every_module_of_the_layer_imports(layer: Path, boto3_packages: Path) -> None:
    loaded = import_alone([layer, boto3_packages], ["batchdrop"])
    from_runtime = {name for name, file in loaded.items() if file.startswith(str(boto3_packages))}
    assert from_runtime <= {"boto3", "botocore", "s3transfer", "dateutil", "six"}
    assert loaded["requests"].startswith(str(layer))
    assert loaded["urllib3"].startswith(str(layer))


def test_without_the_layer_nothing_imports(boto3_packages: Path) -> None:
    with pytest.raises(AssertionError, match="No module named 'batchdrop'"):
        import_alone([ROOT / "functions/plan", boto3_packages], ["app"])


def test_the_layer_fits_every_processor_and_every_python(layer: Path) -> None:
    compiled = [path.name for path in layer.rglob("*") if path.suffix in (".so", ".pyd", ".dylib", ".pyc")]
    assert not compiled


def test_the_layer_holds_the_package_and_no_leftovers(layer: Path) -> None:
    names = {path.name for path in layer.iterdir()}
    assert {"batchdrop", "requests", "aws_lambda_powertools"} <= names
    assert not names & {"boto3", "botocore", "tests", "bin", "setuptools", "Makefile"}
    assert not [name for name in names if name.endswith(".egg-info")]
    assert (layer / "batchdrop/schemas").is_dir() == (ROOT / "layers/batchdrop/batchdrop/schemas").is_dir()


def test_the_layer_is_small(layer: Path) -> None:
    megabytes = sum(path.stat().st_size for path in layer.rglob("*")) / 1e6
    assert megabytes < 15
