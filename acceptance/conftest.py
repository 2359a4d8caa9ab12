"""Acceptance runs offline, with caches of its own."""

import os
import tempfile

_home = tempfile.mkdtemp(prefix="hf_sft_acceptance_")
os.environ.update(HF_HOME=_home, HF_HUB_OFFLINE="1", HF_UPDATE_DOWNLOAD_COUNTS="0")
os.environ.update(HF_HUB_DISABLE_TELEMETRY="1", DISABLE_VERSION_CHECK="1")
