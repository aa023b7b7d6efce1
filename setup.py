"""Copies the shipped models into the package when it is built; all else is in pyproject.toml.

A checkout keeps them in ``models/`` at its top, where an editable install finds them.
"""

import json
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithModels(build_py):
    """Adds ``models/NAME`` as ``classifier/_models/NAME``."""

    def run(self) -> None:
        """Build the package, then copy each bundle."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "classifier" / "_models"
        shutil.rmtree(target, ignore_errors=True)  # what an earlier build left
        for manifest in sorted(Path("models").glob("*/manifest.json")):
            bundle = target / manifest.parent.name
            bundle.mkdir(parents=True)
            files = json.loads(manifest.read_text(encoding="utf-8"))["sha256"]
            for name in ("manifest.json", *files):
                shutil.copy(manifest.parent / name, bundle / name)


setup(cmdclass={"build_py": BuildWithModels})
