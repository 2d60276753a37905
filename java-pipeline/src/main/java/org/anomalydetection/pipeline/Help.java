package org.anomalydetection.pipeline;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Locale;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.commons.text.WordUtils;

/** The text of {@code --help}, made from the options themselves. */
final class Help {
  private static final int WIDTH = 96;
  private static final String INDENT = "      ";

  /** Options of a subject, in the order in which they are explained. */
  private record Group(String title, List<String> options) {}

  /** All options; the compiler knows no order of them. */
  private static final List<Group> GROUPS =
      List.of(
          new Group("What is read", List.of("Source", "Input", "Replay", "IdColumn")),
          new Group(
              "Salesforce, with --source=salesforce",
              List.of(
                  "SalesforceUrl",
                  "SalesforceCredentials",
                  "SalesforceFields",
                  "Query",
                  "Since",
                  "Until",
                  "Follow",
                  "Position",
                  "CommitEvery",
                  "Lag",
                  "PollInterval",
                  "Window",
                  "IncludeDeleted",
                  "SalesforceJobTimeout",
                  "WriteBack",
                  "WriteBackFields")),
          new Group(
              "What is written",
              List.of(
                  "Output",
                  "OutputFormat",
                  "OutputJdbcUrl",
                  "OutputTable",
                  "KeepColumns",
                  "Report")),
          new Group(
              "How rows are scored",
              List.of(
                  "Model",
                  "EncoderUri",
                  "ModelUri",
                  "ParamsUri",
                  "Alpha",
                  "Explain",
                  "ExplainAll",
                  "BatchSize",
                  "Boundary")),
          new Group(
              "Living with it", List.of("FindDuplicates", "DuplicateKey", "Ignore", "AlertAbove")),
          new Group("What a run starts", List.of("ExpansionService", "Prism", "Python")),
          new Group(
              "On a cluster",
              List.of(
                  "Parallelism",
                  "CheckpointingInterval",
                  "FinishBundleBeforeCheckpointing",
                  "MaxBundleTimeMills",
                  "ShutdownSourcesAfterIdleMs",
                  "SavepointPath",
                  "RetainExternalizedCheckpointsOnCancellation",
                  "ExternalizedCheckpointsEnabled",
                  "DryRun",
                  "StallLimit")));

  private static final String HEAD =
      """
      Scores the rows of CSV or Parquet files, or of Salesforce: how odd is each, and why.

      Usage: make run ARGS="--option=value ..."
             gradle run --args="--option=value ..."

      Without options, the sample data are scored with the shipped model by a runner and a Python
      service that are started for the run and end with it.
      """;

  private static final String TAIL =
      """
        --jobEndpoint=TEXT
            A running job service of Beam, as host:port, such as a cluster's; Prism is started when
            absent. Beam's other options (--defaultEnvironmentType and so on) are understood too,
            and with gs:// or s3:// those for object stores, such as --awsRegion and --endpoint.
        --runner=DataflowRunner
            Run on Dataflow, with Beam's options for it: --project, --region, --tempLocation,
            --sdkHarnessContainerImageOverrides and more.
        --help
            Print this text.

      Examples:
        make run
        make run ARGS="--input=export.csv --idColumn='Opportunity Name' --model=my-model"
        make run ARGS="--input='gs://bucket/data/*.parquet' --output=gs://bucket/scored"
        make run ARGS="--keepColumns=Name,Owner,Amount --alpha=0.005 --explain=5"
        make run ARGS="--findDuplicates --ignore=reviewed.csv --alertAbove=0.02"
        make run ARGS="--replay='build/scored/errors-*.jsonl' --output=build/replayed"
        make run ARGS="--expansionService=localhost:8088"
        make run ARGS="--source=salesforce --salesforceUrl=https://example.my.salesforce.com"
        make run ARGS="--source=salesforce --salesforceUrl=https://… --writeBack=preview"
        make run ENGINE=flink ARGS="--parallelism=4"

      Exit codes: 0 done; 1 the run failed, or none of its rows could be scored; 2 options or input
      that cannot be used; 3 done, with more odd rows than --alertAbove allows. Make makes 2 of all
      that are not 0: where the code matters, call the program itself,
      java-pipeline/build/install/java-pipeline/bin/java-pipeline.
      """;

  private Help() {}

  static String text() {
    StringBuilder text = new StringBuilder(HEAD);
    for (Group group : GROUPS) {
      text.append(String.format("%n%s:%n", group.title()));
      for (String name : group.options()) {
        try {
          text.append(option(name, ScoringOptions.class.getMethod("get" + name)));
        } catch (NoSuchMethodException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    return text.append(TAIL).toString();
  }

  private static String option(String name, Method getter) {
    Default.String preset = getter.getAnnotation(Default.String.class);
    String description =
        getter.getAnnotation(Description.class).value()
            + (preset == null ? "" : " Default: " + preset.value() + ".");
    return String.format(
        "  --%s=%s%n%s%s%n",
        name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1),
        placeholder(getter.getReturnType()),
        INDENT,
        WordUtils.wrap(description, WIDTH - INDENT.length()).replace("\n", "\n" + INDENT));
  }

  private static String placeholder(Class<?> type) {
    return switch (type.getSimpleName()) {
      case "Double" -> "NUMBER";
      case "Integer", "Long" -> "COUNT";
      case "Boolean" -> "true|false";
      case "List" -> "TEXT,TEXT";
      default -> "TEXT";
    };
  }
}
