package org.anomalydetection.cloud.dataflow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.anomalydetection.pipeline.ScoringOptions;
import org.apache.beam.runners.dataflow.options.DataflowPipelineDebugOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;

/** What a Flex Template says of its parameters, made from the options themselves. */
final class FlexTemplate {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** What a job that nobody waits for, in containers of Dataflow, has no use for. */
  private static final Set<String> WITHOUT =
      Set.of(
          "alertAbove",
          "checkpointingInterval",
          "commitEvery",
          "dryRun",
          "expansionService",
          "externalizedCheckpointsEnabled",
          "finishBundleBeforeCheckpointing",
          "follow",
          "maxBundleTimeMills",
          "output",
          "outputFormat",
          "outputJdbcUrl",
          "parallelism",
          "pollInterval",
          "position",
          "prism",
          "python",
          "report",
          "retainExternalizedCheckpointsOnCancellation",
          "savepointPath",
          "shutdownSourcesAfterIdleMs",
          "stallLimit");

  private static final Set<String> REQUIRED =
      Set.of("outputTable", "sdkHarnessContainerImageOverrides");

  private static final Map<Class<?>, String> FORMS =
      Map.of(
          Boolean.class, "^(true|false)$",
          Integer.class, "^[0-9]+$",
          Long.class, "^[0-9]+$",
          Double.class, "^[0-9.]+$");

  private FlexTemplate() {}

  /** Writes the text to a file. */
  public static void main(String[] args) throws IOException {
    Files.writeString(Path.of(args[0]), json());
  }

  static String json() {
    ObjectNode template = MAPPER.createObjectNode();
    template.put("name", "Odd opportunities");
    template.put(
        "description",
        "Scores the rows of a file or of Salesforce, how odd is each and why, into BigQuery.");
    template.put("streaming", false);
    ArrayNode parameters = template.putArray("parameters");
    getters().map(FlexTemplate::parameter).forEach(parameters::add);
    try {
      return MAPPER.writeValueAsString(template) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the options of this product and the one of Beam that it cannot do without. */
  private static Stream<Method> getters() {
    Stream<Method> own =
        Arrays.stream(ScoringOptions.class.getMethods())
            .filter(method -> method.getName().startsWith("get"))
            .filter(method -> isOurs(method.getDeclaringClass()))
            .filter(method -> !WITHOUT.contains(name(method)));
    Stream<Method> beams =
        Arrays.stream(DataflowPipelineDebugOptions.class.getMethods())
            .filter(method -> method.getName().equals("getSdkHarnessContainerImageOverrides"));
    return Stream.concat(own, beams)
        .sorted(
            Comparator.comparing((Method method) -> !REQUIRED.contains(name(method)))
                .thenComparing(FlexTemplate::name));
  }

  private static boolean isOurs(Class<?> options) {
    return PipelineOptions.class.isAssignableFrom(options)
        && options.getPackageName().equals(ScoringOptions.class.getPackageName());
  }

  private static ObjectNode parameter(Method getter) {
    String name = name(getter);
    Default.String preset = getter.getAnnotation(Default.String.class);
    ObjectNode parameter = MAPPER.createObjectNode();
    parameter.put("name", name);
    parameter.put("label", label(name));
    parameter.put(
        "helpText",
        getter.getAnnotation(Description.class).value()
            + (preset == null ? "" : " Default: " + preset.value() + "."));
    parameter.put("isOptional", !REQUIRED.contains(name));
    String form = FORMS.get(getter.getReturnType());
    if (form != null) {
      parameter.putPOJO("regexes", List.of(form));
    }
    return parameter;
  }

  private static String name(Method getter) {
    return getter.getName().substring(3, 4).toLowerCase(Locale.ROOT)
        + getter.getName().substring(4);
  }

  /** Returns the words of a name, such as those of {@code outputTable}. */
  private static String label(String name) {
    String words = name.replaceAll("(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }
}
