package org.anomalydetection.engine;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * A service that is handed a pipeline and runs it in containers of its own, of all languages: there
 * is neither a job service nor a worker here. Its libraries are only on the class path of runs that
 * name it.
 */
public interface ManagedRunner {
  /** Returns the name of the class of Beam that hands pipelines over. */
  String name();

  /** Returns what is wrong with the options of a run there. */
  List<String> problems(PipelineOptions options);

  /**
   * Tells whether the pipeline is only made into what the service starts later, as the launcher of
   * a template does: nobody waits for its end then.
   */
  boolean isTemplate(PipelineOptions options);

  /** Returns where people see what becomes of a job that was handed over. */
  String page(PipelineResult job);

  /**
   * Makes all that would be handed over, hands over nothing, and looks nothing up elsewhere.
   *
   * @param build adds the steps to a pipeline
   * @return the graph, as JSON
   */
  String graph(PipelineOptions options, Consumer<Pipeline> build);

  /** Returns the one that options name, nothing if they name another runner. */
  static Optional<ManagedRunner> of(PipelineOptions options) {
    String name = options.getRunner().getSimpleName();
    return ServiceLoader.load(ManagedRunner.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(runner -> runner.name().equals(name))
        .findFirst();
  }
}
