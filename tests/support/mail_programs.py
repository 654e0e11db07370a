"""Programs of others that tests run: found, or the test is skipped and says why."""
import functools
import json
import os
import shutil
import subprocess

import pytest

from .server import BUILD

# Runs on Node.js from 18; the newer line wants more.
IMAPFLOW = "1.7.8"


def need(program):
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


@functools.lru_cache
def imapflow():
    """The folder of Node.js modules with imapflow in it, in the build tree; fetched once."""
    folder = os.path.join(BUILD, "tests", "clients")
    modules = os.path.join(folder, "node_modules")
    if _version(modules) == IMAPFLOW:
        return modules
    os.makedirs(folder, exist_ok=True)
    command = [need("npm"), "install", "--no-audit", "--no-fund", "--no-save", "--no-package-lock",
               "--ignore-scripts", "--loglevel=error", "--fetch-retries=0", "--fetch-timeout=20000", "--prefix", folder,
               f"imapflow@{IMAPFLOW}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120)
        why = done.stdout[-300:]
    except subprocess.TimeoutExpired:
        why = "no answer within 120 s"
    if _version(modules) != IMAPFLOW:
        pytest.skip(f"imapflow {IMAPFLOW} could not be fetched with npm: {why}")
    return modules


def _version(modules):
    try:
        with open(os.path.join(modules, "imapflow", "package.json"), encoding="utf-8") as text:
            return json.load(text)["version"]
    except (OSError, ValueError, KeyError):
        return None
