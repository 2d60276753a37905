package org.anomalydetection.cloud.dataflow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.beam.model.pipeline.v1.RunnerApi;
import org.apache.beam.model.pipeline.v1.RunnerApi.Components;
import org.apache.beam.model.pipeline.v1.RunnerApi.DockerPayload;
import org.apache.beam.model.pipeline.v1.RunnerApi.PTransform;
import org.apache.beam.vendor.grpc.v1p69p0.com.google.protobuf.InvalidProtocolBufferException;

/**
 * The graph of a job for people and for comparisons: its steps as they follow each other, where
 * each gets its elements from, and in which container it runs. The same pipeline has the same
 * graph; what steps do is not in it, since Java writes that anew each time.
 */
final class JobGraph {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Components components;
  private final List<String> roots;
  private final JsonNode job;

  /** The collections, each by the step that it comes from. */
  private final Map<String, String> origins = new TreeMap<>();

  JobGraph(RunnerApi.Pipeline pipeline, JsonNode job) {
    this.components = pipeline.getComponents();
    this.roots = pipeline.getRootTransformIdsList();
    this.job = job;
  }

  /** Returns the graph as JSON. */
  String json() {
    List<PTransform> steps = new ArrayList<>();
    roots.forEach(id -> collect(id, steps));
    steps.forEach(this::noteOrigins);
    ObjectNode graph = MAPPER.createObjectNode();
    graph.set("type", job.path("type"));
    JsonNode environment = job.path("environment");
    graph.set("version", environment.path("version"));
    ArrayNode experiments = graph.putArray("experiments");
    new TreeSet<>(texts(environment.path("experiments"))).forEach(experiments::add);
    ArrayNode containers = graph.putArray("containers");
    steps.stream()
        .map(this::container)
        .filter(image -> !image.isEmpty())
        .distinct()
        .sorted()
        .forEach(containers::add);
    ArrayNode all = graph.putArray("steps");
    steps.forEach(step -> all.add(step(step)));
    try {
      return MAPPER.writeValueAsString(graph);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Adds the steps of a transform, of which only the innermost do something. */
  private void collect(String id, List<PTransform> steps) {
    PTransform transform = components.getTransformsOrThrow(id);
    if (transform.getSubtransformsCount() > 0) {
      transform.getSubtransformsList().forEach(inner -> collect(inner, steps));
    } else if (!transform.getSpec().getUrn().isEmpty()) {
      steps.add(transform);
    }
  }

  private void noteOrigins(PTransform step) {
    new TreeMap<>(step.getOutputsMap())
        .forEach(
            (tag, collection) ->
                origins.put(
                    collection, step.getOutputsCount() == 1 ? name(step) : name(step) + ":" + tag));
  }

  private ObjectNode step(PTransform step) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("name", name(step));
    node.put("does", step.getSpec().getUrn());
    String container = container(step);
    if (!container.isEmpty()) {
      node.put("in", container);
    }
    ArrayNode from = node.putArray("from");
    step.getInputsMap().values().stream()
        .map(collection -> origins.getOrDefault(collection, collection))
        .sorted()
        .forEach(from::add);
    return node;
  }

  /** Returns a step's name, without the number that Beam gives to expansions of other languages. */
  private static String name(PTransform step) {
    return step.getUniqueName().replaceFirst("^external[0-9]+/", "");
  }

  /** Returns the image that a step runs in, an empty text if it needs none. */
  private String container(PTransform step) {
    if (step.getEnvironmentId().isEmpty()) {
      return "";
    }
    try {
      return DockerPayload.parseFrom(
              components.getEnvironmentsOrThrow(step.getEnvironmentId()).getPayload())
          .getContainerImage();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
