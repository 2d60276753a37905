"""What a pipeline under construction talks to: expansion, and artifacts, of which there are none."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

import grpc
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import (
    beam_artifact_api_pb2,
    beam_artifact_api_pb2_grpc,
    beam_expansion_api_pb2,
)
from apache_beam.runners.portability.expansion_service import ExpansionServiceServicer
from apache_beam.transforms.environments import Environment

from anomaly_detection.errors import AnomalyDetectionError
from anomaly_detection.service.discovery import schema_transforms
from anomaly_detection.service.guard import admit
from anomaly_detection.service.logs import fields
from anomaly_detection.service.request_types import forgotten_types
from anomaly_detection.service.versions import HERE, other_versions

_LOGGER = logging.getLogger(__name__)


class GuardedExpansionService(ExpansionServiceServicer):  # type: ignore[misc]
    """Beam's expansion, of admitted requests only, for workers that have this package installed."""

    def __init__(self, options: PipelineOptions, environment: Environment) -> None:
        # Beam's own __init__ would make the environment, and with it a file of artifacts to fetch.
        self._options = options
        self._default_environment = environment

    def Expand(  # noqa: N802
        self, request: beam_expansion_api_pb2.ExpansionRequest, context: grpc.ServicerContext | None = None
    ) -> beam_expansion_api_pb2.ExpansionResponse:
        """Return the expanded transform, or why not, as text whose last line is `exception: message`."""
        peer = context.peer() if context else "here"
        try:
            admitted = admit(request)
        except AnomalyDetectionError as error:
            _LOGGER.warning("refused", extra=fields(peer=peer, error=error))
            name = f"{type(error).__module__}.{type(error).__qualname__}"
            return beam_expansion_api_pb2.ExpansionResponse(error=f"{name}: {error}")
        for sdk in other_versions(request.components):
            _LOGGER.warning("another version of Beam", extra=fields(peer=peer, client=sdk, service=HERE))
        # Registers the URN; waits for the import where that has begun.
        import anomaly_detection.beam.transform  # noqa: F401

        with forgotten_types():
            response = super().Expand(admitted, context)
        if response.error:
            reason = response.error.strip().rpartition("\n")[2]
            _LOGGER.warning("failed", extra=fields(peer=peer, error=reason))
        else:
            _LOGGER.info("expanded", extra=fields(peer=peer, transform=request.transform.unique_name))
        return response

    def DiscoverSchemaTransform(  # noqa: N802
        self, request: beam_expansion_api_pb2.DiscoverSchemaTransformRequest, context: grpc.ServicerContext
    ) -> beam_expansion_api_pb2.DiscoverSchemaTransformResponse:
        """Return the one transform and the schema of its configuration."""
        return schema_transforms()


class NoArtifacts(beam_artifact_api_pb2_grpc.ArtifactRetrievalServiceServicer):  # type: ignore[misc]
    """Beam's retrieval service without anything to retrieve; no file or address is ever opened."""

    def ResolveArtifacts(  # noqa: N802
        self, request: beam_artifact_api_pb2.ResolveArtifactsRequest, context: grpc.ServicerContext
    ) -> beam_artifact_api_pb2.ResolveArtifactsResponse:
        """Resolve no artifacts to no artifacts, and refuse all others."""
        if request.artifacts:
            _refuse(context)
        return beam_artifact_api_pb2.ResolveArtifactsResponse()

    def GetArtifact(  # noqa: N802
        self, request: beam_artifact_api_pb2.GetArtifactRequest, context: grpc.ServicerContext
    ) -> Any:
        """Refuse."""
        _refuse(context)


def _refuse(context: grpc.ServicerContext) -> NoReturn:
    _LOGGER.warning("refused an artifact", extra=fields(peer=context.peer()))
    context.abort(
        grpc.StatusCode.PERMISSION_DENIED,
        "this service has no artifacts: its workers have the package installed",
    )
    raise AssertionError("abort raises")
