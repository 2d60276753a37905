"""Which version of Beam a client has, where it says so, beside the one here.

Beam's rule is one version on both sides. That is a warning here and no refusal: what crosses is rows and bytes of the
contract, whose encodings both languages are tested to share, and an expansion that does not work for want of
something in the other version says so by itself. Java clients name their version; Python clients do not.
"""

from __future__ import annotations

import re

from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.transforms.environments import SDK_VERSION_CAPABILITY_PREFIX
from apache_beam.version import __version__

HERE: str = __version__
"""Of this service."""

# As the image of the SDK: beam:version:sdk_base:apache/beam_java17_sdk:2.65.0
_CAPABILITY = re.compile(re.escape(SDK_VERSION_CAPABILITY_PREFIX) + r"(?P<sdk>.*):(?P<version>[^:]*)", re.DOTALL)


def other_versions(components: beam_runner_api_pb2.Components) -> list[str]:
    """Return the SDKs of the environments whose version is another, each as `image:version`."""
    capabilities = {name for each in components.environments.values() for name in each.capabilities}
    found = filter(None, map(_CAPABILITY.fullmatch, capabilities))
    return sorted(f"{match['sdk']}:{match['version']}" for match in found if match["version"] != HERE)
