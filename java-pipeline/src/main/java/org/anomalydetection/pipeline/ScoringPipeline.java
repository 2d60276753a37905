package org.anomalydetection.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.anomalydetection.database.Database;
import org.anomalydetection.database.WriteTable;
import org.anomalydetection.duplicates.FindDuplicates;
import org.anomalydetection.follow.FollowSteps;
import org.anomalydetection.metrics.Counted;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.output.OutputFolder;
import org.anomalydetection.output.OutputFolder.Kind;
import org.anomalydetection.output.WriteSummary;
import org.anomalydetection.review.MarkIgnored;
import org.anomalydetection.salesforce.DistinctVersions;
import org.anomalydetection.source.ReadResult;
import org.anomalydetection.summary.CountRows;
import org.anomalydetection.summary.Tally;
import org.anomalydetection.tables.Tables;
import org.anomalydetection.transform.AnomalyDetection;
import org.anomalydetection.writeback.WriteBack;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.Row;

/** The pipeline: read, score, write both outputs, count. */
public final class ScoringPipeline {
  private ScoringPipeline() {}

  /**
   * Adds the steps to a pipeline.
   *
   * @param plan what to do
   * @param expansionService the address of the service that expands the transform; asked for late,
   *     since a service that was just started takes its time
   * @param output where to write
   */
  public static void build(
      Pipeline pipeline, RunPlan plan, Supplier<String> expansionService, OutputFolder output) {
    Results all = score(pipeline, plan, expansionService);
    PCollection<Row> scored = all.scored();
    PCollection<String> counts =
        CountRows.of(
            all.read(),
            scored.apply("WriteScored", output.write(Kind.SCORED, scored.getSchema())),
            all.errors().apply("WriteErrors", output.write(Kind.ERRORS, all.errors().getSchema())),
            scored,
            Tally.of(plan.reviewed(), plan.copyKey().isPresent()),
            all.errors());
    with(
            "CountsOfAll",
            with("CountsOfTables", counts, all.refused().map(CountRows::ofRefused)),
            all.written().map(WriteBack.Result::counts))
        .apply("WriteSummary", WriteSummary.to(output.summary()));
  }

  /**
   * Adds the steps of a run that ends and writes no files: all is in tables.
   *
   * @return the rows that were read, scored and in error
   */
  static Results score(Pipeline pipeline, RunPlan plan, Supplier<String> expansionService) {
    ReadResult read = pipeline.apply("Read", plan.source().read());
    Outputs outputs = score(read.rows(), read.errors(), plan, expansionService);
    PCollection<Row> scored = outputs.scored();
    Optional<WriteBack.Result> written = writtenBack(plan, scored);
    Optional<PCollection<Row>> refused = plan.sinks().tables().map(to -> refused(plan, scored, to));
    PCollection<Row> errors =
        with(
            "ErrorsOfAll",
            with("ErrorsOfTables", outputs.errors(), refused),
            written.map(WriteBack.Result::errors));
    toTables(plan, scored, errors, WriteTable::scored);
    return new Results(read, scored, errors, refused, written);
  }

  /**
   * What a run that ends has read and made of it.
   *
   * @param errors all errors, also of rows that are scored and could not be written elsewhere
   * @param refused of these, those that a table refused
   * @param written what became of scores that are written back
   */
  record Results(
      ReadResult read,
      PCollection<Row> scored,
      PCollection<Row> errors,
      Optional<PCollection<Row>> refused,
      Optional<WriteBack.Result> written) {}

  /**
   * Adds the steps of a run without an end.
   *
   * @param read what reads for ever
   * @param steps what writes and commits windows
   */
  static void follow(
      Pipeline pipeline,
      RunPlan plan,
      Supplier<String> expansionService,
      PTransform<PBegin, ReadResult> read,
      FollowSteps steps) {
    ReadResult all = pipeline.apply("Read", read);
    PCollection<Row> rows =
        all.rows()
            .apply("RowsInWindows", steps.intoWindows())
            .apply("DistinctRows", DistinctVersions.by(plan.columns().idColumn()));
    PCollection<Row> bad =
        all.errors()
            .apply("ErrorsInWindows", steps.intoWindows())
            .apply("DistinctErrors", DistinctVersions.by("id"));
    Outputs outputs = score(rows, bad, plan, expansionService);
    PCollection<Row> scored = outputs.scored();
    PCollection<Row> errors = outputs.errors();
    Optional<WriteBack.Result> written = writtenBack(plan, scored);
    toTables(
        plan,
        scored,
        with("ErrorsOfAll", errors, written.map(WriteBack.Result::errors)),
        WriteTable::versions);
    // What becomes of a window is settled when its rows are scored: later errors go to the table.
    plan.sinks()
        .tables()
        .ifPresent(
            to ->
                refused(plan, scored, to)
                    .apply("RefusedByTables", Counted.in(RowMetric.REFUSED))
                    .apply("RefusedToTables", to.errors()));
    steps.commit(
        List.of(rows, bad),
        scored.apply("WriteScored", steps.write(Kind.SCORED)),
        errors.apply("WriteErrors", steps.write(Kind.ERRORS)),
        written.map(
            result ->
                new FollowSteps.Beside(
                    result.errors().apply("WriteUnwritten", steps.write(Kind.ERRORS)),
                    result.preview().apply("WritePreview", steps.write("preview")))));
  }

  /** Scores rows, and puts those that cannot be scored to the errors. */
  private static Outputs score(
      PCollection<Row> rows,
      PCollection<Row> bad,
      RunPlan plan,
      Supplier<String> expansionService) {
    AnomalyDetection.Result result = rows.apply("Score", plan.transform(expansionService.get()));
    return new Outputs(
        marked(result.scored().apply("Scored", Counted.in(RowMetric.SCORED)), plan),
        PCollectionList.of(bad)
            .and(result.errors())
            .apply("Errors", Flatten.pCollections())
            .apply("InError", Counted.in(RowMetric.ERRORS)));
  }

  /** Writes rows to tables and returns an error for each one that these refused. */
  private static PCollection<Row> refused(RunPlan plan, PCollection<Row> scored, Tables tables) {
    return scored.apply(
        "ScoredToTables", tables.scored(plan.columns().idColumn(), plan.keptColumns()));
  }

  /** Writes rows to a database, and all errors to tables, if that is asked for. */
  private static void toTables(
      RunPlan plan,
      PCollection<Row> scored,
      PCollection<Row> errors,
      Function<Database, WriteTable> scoredTable) {
    plan.sinks()
        .database()
        .ifPresent(
            database -> {
              scored.apply("ScoredToTable", scoredTable.apply(database));
              errors.apply("ErrorsToTable", WriteTable.errors(database));
            });
    plan.sinks().tables().ifPresent(tables -> errors.apply("ErrorsToTables", tables.errors()));
  }

  /** Writes values to the records that rows are of, if that is asked for. */
  private static Optional<WriteBack.Result> writtenBack(RunPlan plan, PCollection<Row> scored) {
    return plan.writeBack()
        .map(writeBack -> writeBack.withElementColumns(plan.keptColumns()))
        .map(writeBack -> scored.apply("WriteBack", writeBack));
  }

  private record Outputs(PCollection<Row> scored, PCollection<Row> errors) {}

  private static <T> PCollection<T> with(
      String name, PCollection<T> some, Optional<PCollection<T>> others) {
    return others.isEmpty()
        ? some
        : PCollectionList.of(some).and(others.get()).apply(name, Flatten.pCollections());
  }

  /** Adds the fields that only the written files have. */
  private static PCollection<Row> marked(PCollection<Row> scored, RunPlan plan) {
    PCollection<Row> rows = scored;
    if (plan.copyKey().isPresent()) {
      List<String> compared = new ArrayList<>(plan.returnedColumns());
      compared.removeAll(plan.keptColumns());
      rows =
          rows.apply("FindDuplicates", FindDuplicates.by(plan.copyKey().get()).dropping(compared));
    }
    if (plan.reviewed().isPresent()) {
      rows = rows.apply("MarkIgnored", MarkIgnored.by(plan.reviewed().get()));
    }
    return rows;
  }
}
