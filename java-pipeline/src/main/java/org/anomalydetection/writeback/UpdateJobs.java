package org.anomalydetection.writeback;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.salesforce.api.BulkIngest;
import org.anomalydetection.salesforce.api.BulkJob;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.QuoteMode;

/** Writes changes by jobs of Bulk API 2.0, one in each round. */
final class UpdateJobs extends Updates {
  private static final String ID = "Id";

  /** What a cell has to be for the field to be emptied: an empty one leaves it as it is. */
  private static final String EMPTY = "#N/A";

  private static final CSVFormat WRITTEN =
      CSVFormat.RFC4180
          .builder()
          .setQuoteMode(QuoteMode.ALL)
          .setRecordSeparator('\n')
          .setNullString(EMPTY)
          .get();
  private static final CSVFormat READ =
      CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).get();

  private final BulkIngest ingest;
  private final String object;
  private final List<TargetField> fields;
  private final Duration limit;

  /**
   * @param limit how long a job may take
   * @param following as {@link Updates} takes it
   */
  UpdateJobs(
      BulkIngest ingest,
      String object,
      List<TargetField> fields,
      Duration limit,
      boolean following) {
    super(Integer.MAX_VALUE, following);
    this.ingest = ingest;
    this.object = object;
    this.fields = fields;
    this.limit = limit;
  }

  @Override
  Map<String, Refused> write(Map<String, Change> changes) throws IOException, InterruptedException {
    BulkJob job = ended(ingest.start(object, "update", null, csv(changes)));
    String why =
        switch (job.state()) {
          case JOB_COMPLETE -> "the job " + job.id() + " tells nothing of this record";
          case ABORTED -> "somebody has aborted the job " + job.id();
          default -> "the job " + job.id() + " failed: " + job.errorMessage();
        };
    Map<String, Refused> refused = new LinkedHashMap<>();
    for (String key : changes.keySet()) {
      refused.put(key, new Refused(why, job.state() != BulkJob.State.ABORTED));
    }
    for (CSVRecord failed : records(ingest.failed(job))) {
      String message = failed.get("sf__Error");
      refused.put(RecordId.key(failed.get(ID)), new Refused(message, message.contains(LOCKED)));
    }
    for (CSVRecord successful : records(ingest.successful(job))) {
      refused.remove(RecordId.key(successful.get(ID)));
    }
    delete(job);
    return refused;
  }

  /** Deletes a job whose results are known: they stand, whatever becomes of it. */
  private void delete(BulkJob job) throws SalesforceException, InterruptedException {
    try {
      ingest.delete(job.id());
    } catch (SalesforceException e) {
      if (!Passing.is(e)) {
        throw e;
      }
    }
  }

  private BulkJob ended(BulkJob begun) throws IOException, InterruptedException {
    try {
      return awaited(begun);
    } catch (IOException | InterruptedException e) {
      // It would go on writing what is told to be not written.
      try {
        ingest.abort(begun.id());
      } catch (SalesforceException other) {
        e.addSuppressed(other);
      }
      throw e;
    }
  }

  private BulkJob awaited(BulkJob begun) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    BulkJob job = begun;
    long millis = 200;
    while (!job.isOver()) {
      if (System.nanoTime() > end) {
        throw new WriteBackException(
            String.format(
                "expected the job %s, which updates %s, to end within %d s, found it %s; it is"
                    + " being aborted",
                job.id(), object, limit.toSeconds(), job.state().word()));
      }
      Thread.sleep(Math.min(millis, Math.max(1, limit.toMillis() / 4)));
      millis = Math.min(10_000, millis * 2);
      job = ingest.job(job.id());
    }
    return job;
  }

  private byte[] csv(Map<String, Change> changes) {
    StringWriter text = new StringWriter();
    try (CSVPrinter csv = new CSVPrinter(text, WRITTEN)) {
      List<String> names = new ArrayList<>(List.of(ID));
      fields.forEach(field -> names.add(field.name()));
      csv.printRecord(names);
      for (Change change : changes.values()) {
        List<String> cells = new ArrayList<>(List.of(change.row().getString("id")));
        fields.forEach(field -> cells.add(change.after(field.name())));
        csv.printRecord(cells);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static List<CSVRecord> records(byte[] csv) throws IOException {
    try (CSVParser parser =
        CSVParser.parse(new StringReader(new String(csv, StandardCharsets.UTF_8)), READ)) {
      return parser.getRecords();
    }
  }
}
