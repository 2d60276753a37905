package org.anomalydetection.csv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadCsvTest {
  @TempDir Path folder;

  @Test
  void shouldTurnEveryRecordIntoARowOrAnError() {
    CsvFile file = CsvFile.of(folder, "Id,Amount\n1,10\n2,x\n,5\n4\n5,\n");
    Columns columns = file.columns("Id");
    Pipeline pipeline = Pipeline.create();
    ReadCsv.Result read = pipeline.apply(ReadCsv.from(file.path(), columns));
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
    ReadCsv.Result read = pipeline.apply(ReadCsv.from(file.path(), file.columns("Id")));
    PAssert.that(read.rows()).empty();
    PAssert.thatSingleton(read.count()).isEqualTo(0L);
    assertEquals(2, read.rows().getSchema().getFieldCount());
    pipeline.run().waitUntilFinish();
  }
}
