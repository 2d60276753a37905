package org.anomalydetection.cloud.dataflow;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.anomalydetection.pipeline.ScoringOptions;
import org.apache.beam.runners.dataflow.DataflowRunner;
import org.apache.beam.runners.dataflow.options.DataflowPipelineOptions;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Looks at the options of a run on Dataflow. */
final class DataflowCheck {
  private static final Pattern PROJECT = Pattern.compile(DataflowRunner.PROJECT_ID_REGEXP);
  private static final Pattern REGION = Pattern.compile("[a-z]+-[a-z]+[0-9]+");
  private static final String STORE = "gs://";

  /** What Python workers would run in. */
  private static final String PYTHON_IMAGE =
      "apache/beam_python3.11_sdk:" + ReleaseInfo.getReleaseInfo().getVersion();

  private final ScoringOptions options;
  private final DataflowPipelineOptions dataflow;
  private final List<String> problems = new ArrayList<>();

  DataflowCheck(ScoringOptions options) {
    this.options = options;
    this.dataflow = options.as(DataflowPipelineOptions.class);
  }

  List<String> problems() {
    expect("project", "the project that pays", dataflow.getProject(), PROJECT);
    expect("region", "a region such as europe-west1", dataflow.getRegion(), REGION);
    expectStore("tempLocation", options.getTempLocation());
    if (dataflow.getTemplateLocation() != null) {
      template();
    } else if (!isDryRun()) {
      expectStore("output", options.getOutput());
    }
    if (options.getSource().equals("csv") && !isDryRun()) {
      expectStore(
          options.getReplay() == null ? "input" : "replay",
          options.getReplay() == null ? options.getInput() : options.getReplay());
    }
    pythonImage();
    refuse("jobEndpoint", options.as(PortablePipelineOptions.class).getJobEndpoint());
    refuse(
        "defaultEnvironmentType",
        options.as(PortablePipelineOptions.class).getDefaultEnvironmentType());
    refuse("follow", options.getFollow());
    // No counts of rows come from there while the job runs.
    refuse("stallLimit", options.getStallLimit());
    return problems;
  }

  private boolean isDryRun() {
    return Boolean.TRUE.equals(options.getDryRun());
  }

  private void template() {
    if (options.getOutputTable() == null) {
      problems.add(
          "--outputTable: expected a table of BigQuery for a template, whose runs nobody waits for"
              + " to publish files, found none");
    }
    if (isDryRun()) {
      problems.add("--dryRun: expected no --templateLocation beside it, found one");
    }
  }

  /** Beam's own image of Python has no detector. */
  private void pythonImage() {
    String given = dataflow.getSdkHarnessContainerImageOverrides();
    String form =
        "--sdkHarnessContainerImageOverrides: expected a pattern and an image, such as"
            + " .*python.*,europe-docker.pkg.dev/PROJECT/REPOSITORY/anomaly-detection-worker, for "
            + PYTHON_IMAGE;
    if (given == null) {
      problems.add(form + ", found none");
      return;
    }
    List<String> parts = List.of(given.split(",", -1));
    boolean found = parts.size() % 2 == 0;
    boolean replaced = false;
    for (int i = 0; found && i < parts.size(); i += 2) {
      found = !parts.get(i).isEmpty() && !parts.get(i + 1).isEmpty();
      try {
        replaced |= found && Pattern.compile(parts.get(i)).matcher(PYTHON_IMAGE).matches();
      } catch (PatternSyntaxException e) {
        found = false;
      }
    }
    if (!found || !replaced) {
      problems.add(form + ", found " + given);
    }
  }

  private void expect(String option, String expected, @Nullable String found, Pattern form) {
    if (found == null || !form.matcher(found).matches()) {
      problems.add(
          String.format("--%s: expected %s, found %s", option, expected, orNothing(found)));
    }
  }

  private void expectStore(String option, @Nullable String found) {
    if (found == null || !found.startsWith(STORE)) {
      problems.add(
          String.format(
              "--%s: expected a place that workers of Dataflow reach, as gs://bucket/folder, found"
                  + " %s",
              option, orNothing(found)));
    }
  }

  private void refuse(String option, @Nullable Object found) {
    if (found != null && !found.equals(false)) {
      problems.add(
          String.format(
              "--%s: expected none with --runner=DataflowRunner, found %s", option, found));
    }
  }

  private static String orNothing(@Nullable String found) {
    return found == null ? "nothing" : found;
  }
}
