package org.anomalydetection.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.anomalydetection.JsonRows;
import org.anomalydetection.engine.Engine;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.Row;

/**
 * The Java client of the contract tests, which are in Python: has the cases of a file scored, all
 * in one job, and writes what came out, a JSON object a line. What {@code python_client.py} there
 * says of both files holds here.
 */
public final class ContractClient {
  static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /** What came out; the Java worker runs in this JVM. */
  private static final Queue<String> LINES = new ConcurrentLinkedQueue<>();

  private ContractClient() {}

  /**
   * Runs and ends the JVM: 0 done, 1 not.
   *
   * @param args the address of the expansion service, that of the job service, the file of the
   *     cases, and the file to write
   */
  public static void main(String[] args) {
    try {
      run(args[0], args[1], new File(args[2]));
      Files.write(Path.of(args[3]), LINES);
    } catch (IOException | RuntimeException e) {
      e.printStackTrace();
      System.exit(1);
    }
    System.exit(0);
  }

  private static void run(String expansionService, String jobEndpoint, File cases)
      throws IOException {
    PipelineOptions options = PipelineOptionsFactory.create();
    options.setRunner(PortableRunner.class);
    Engine.Settings settings =
        new Engine.Settings(
            Optional.of(jobEndpoint),
            Optional.of(expansionService),
            Optional.empty(),
            Optional.empty());
    try (Engine engine = Engine.start(settings, options)) {
      Pipeline pipeline = Pipeline.create(options);
      boolean isEmpty = true;
      for (JsonNode json : MAPPER.readTree(cases)) {
        isEmpty &= !add(new Case(json), pipeline, engine.expansionService());
      }
      if (!isEmpty) {
        PipelineResult.State state = pipeline.run().waitUntilFinish();
        if (state != PipelineResult.State.DONE) {
          throw new IllegalStateException("the job ended as " + state);
        }
      }
    }
  }

  /** Returns whether the case was added; it is not if it is refused. */
  private static boolean add(Case one, Pipeline pipeline, String address)
      throws JsonProcessingException {
    try {
      // What is refused leaves half of itself behind.
      one.expand(Pipeline.create(), address);
    } catch (RuntimeException e) {
      LINES.add(
          MAPPER.writeValueAsString(
              line(one.name()).put("refused", String.valueOf(e.getMessage()))));
      return false;
    }
    one.expand(pipeline, address)
        .forEach(
            (tag, rows) ->
                rows.apply(
                    one.name() + ": Collect " + tag, ParDo.of(new CollectFn(one.name(), tag))));
    return true;
  }

  private static ObjectNode line(String name) {
    return MAPPER.createObjectNode().put("name", name);
  }

  private static final class CollectFn extends DoFn<Row, Void> {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final String output;

    CollectFn(String name, String output) {
      this.name = name;
      this.output = output;
    }

    @ProcessElement
    public void process(@Element Row row) throws JsonProcessingException {
      ObjectNode line = line(name).put("output", output);
      LINES.add(MAPPER.writeValueAsString(line.set("row", JsonRows.json(row))));
    }
  }
}
