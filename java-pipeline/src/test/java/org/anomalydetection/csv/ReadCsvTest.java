package org.anomalydetection.csv;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.Random;
import java.util.stream.StreamSupport;
import org.anomalydetection.Project;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.ReadResult;
import org.anomalydetection.source.TallCells;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.Pipeline.PipelineExecutionException;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadCsvTest {
  private static final CsvFile GOLDEN =
      CsvFile.at(Project.file("contract/golden/reader/opportunities.csv"));

  @TempDir Path folder;

  @Test
  void shouldTurnEveryRecordIntoARowOrAnError() {
    CsvFile file = CsvFile.of(folder, "Id,Amount\n1,10\n2,x\n,5\n4\n5,\n");
    Columns columns = file.columns("Id");
    Pipeline pipeline = Pipeline.create();
    ReadResult read = pipeline.apply(ReadCsv.from(file.path(), columns));
    PAssert.that(read.rows())
        .containsInAnyOrder(
            Row.withSchema(columns.schema()).addValues("1", 10.0).build(),
            Row.withSchema(columns.schema()).addValues("5", null).build());
    PAssert.thatSingleton(read.errors().apply(Count.globally())).isEqualTo(3L);
    PAssert.thatSingleton(read.count()).isEqualTo(5L);
    pipeline.run().waitUntilFinish();
  }

  @Test
  void shouldReadAFileOfOnlyAHeader() {
    CsvFile file = CsvFile.of(folder, "Id,Amount\n");
    Pipeline pipeline = Pipeline.create();
    ReadResult read = pipeline.apply(ReadCsv.from(file.path(), file.columns("Id")));
    PAssert.that(read.rows()).empty();
    PAssert.thatSingleton(read.count()).isEqualTo(0L);
    assertEquals(2, read.rows().getSchema().getFieldCount());
    pipeline.run().waitUntilFinish();
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 1 << 16})
  void shouldTellOfCellsThatMayHoldRecords(long recordsAtOnce) {
    String tall = "\"" + "x\r\n".repeat(21) + "\"";
    CsvFile file =
        CsvFile.of(
            folder,
            "Id,Name\n"
                + ("1,\"" + "\r".repeat(20) + "\"\n")
                + ("2,b\n3,c\n4," + tall + "\n")
                + ("5," + tall + "," + tall + "\n")
                + "6,d\n");
    String path = file.path();
    Pipeline pipeline = Pipeline.create();
    ReadResult read =
        pipeline.apply(ReadCsv.from(path, file.columns("Id")).withRecordsAtOnce(recordsAtOnce));
    PAssert.that(read.tall())
        .satisfies(
            parts -> {
              TallCells all =
                  StreamSupport.stream(parts.spliterator(), false)
                      .reduce(TallCells::and)
                      .orElseThrow();
              assertEquals(new TallCells(path, 4, "column Name", 21, 3), all);
              return null;
            });
    pipeline.run().waitUntilFinish();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 84, 85, 86, 1 << 16})
  void shouldReadAlikeWhereverABundleEnds(long recordsAtOnce) {
    assertReadsAll(GOLDEN, recordsAtOnce);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void shouldReadRandomFilesAlikeWhereverABundleEnds(int seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder(random.nextBoolean() ? "\u00ef\u00bb\u00bf" : "");
    text.append("Id,Amount,Name\r\n");
    for (int i = 0; i < 200; i++) {
      text.append(random.nextInt(8) == 0 ? "" : i).append(',');
      text.append(random.nextInt(8) == 0 ? "ten" : random.nextInt(100)).append(",\"");
      for (int k = random.nextInt(20); k > 0; k--) {
        text.append(
            new String[] {"\"\"", ",", "\r\n", "\n", "\r", "x", "\u00e9"}[random.nextInt(7)]);
      }
      text.append('"').append(random.nextInt(10) == 0 ? ",more" : "");
      text.append(new String[] {"\n", "\r\n", "\r", "\n\n\n"}[random.nextInt(4)]);
    }
    assertReadsAll(CsvFile.of(folder, text.toString()), 1 + random.nextInt(20));
  }

  private static void assertReadsAll(CsvFile file, long recordsAtOnce) {
    CsvFile.Parsed expected = file.parse(file.path());
    Pipeline pipeline = Pipeline.create();
    ReadResult read =
        pipeline.apply(
            ReadCsv.from(file.path(), file.columns("Id")).withRecordsAtOnce(recordsAtOnce));
    PAssert.that(read.rows()).containsInAnyOrder(expected.rows);
    PAssert.that(read.errors()).containsInAnyOrder(expected.errors);
    long all = (long) expected.rows.size() + expected.errors.size();
    PAssert.thatSingleton(read.count()).isEqualTo(all);
    PAssert.thatSingleton(read.begun().apply(Count.globally())).isEqualTo(1L);
    PipelineResult result = pipeline.run();
    result.waitUntilFinish();
    MetricsFilter filter =
        MetricsFilter.builder()
            .addNameFilter(MetricNameFilter.named(RowMetric.NAMESPACE, RowMetric.READ.title()))
            .build();
    long counted = 0;
    for (MetricResult<Long> counter : result.metrics().queryMetrics(filter).getCounters()) {
      counted += counter.getAttempted();
    }
    assertEquals(all, counted);
  }

  @Test
  void shouldNameADamagedRecordOfALaterBundle() {
    String text = "Id,Name\n1,a\n2,b\n3,c\n4,\"d\n5,e\n";
    CsvFile file = CsvFile.of(folder, text);
    Pipeline pipeline = Pipeline.create();
    pipeline.apply(ReadCsv.from(file.path(), file.columns("Id")).withRecordsAtOnce(2));
    PipelineExecutionException e =
        assertThrows(PipelineExecutionException.class, () -> pipeline.run().waitUntilFinish());
    assertThat(e.getMessage(), containsString("record 4: expected a closing quote, found the end"));
  }
}
