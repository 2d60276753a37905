package org.anomalydetection.cloud.bigquery;

import com.google.api.services.bigquery.model.TableRow;
import java.io.Serializable;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.anomalydetection.tables.Tables;
import org.apache.beam.sdk.io.gcp.testing.FakeBigQueryServices;
import org.apache.beam.sdk.io.gcp.testing.FakeDatasetService;
import org.apache.beam.sdk.io.gcp.testing.FakeJobService;

/**
 * Beam's stand-in for BigQuery in this process, with an empty dataset. The tables of all addresses
 * are there, as this is before the product's own provider on the class path of these tests.
 */
public final class FakeBigQuery implements Tables.Provider {
  /** Options of pipelines that would else look for credentials on the network. */
  public static final List<String> OPTIONS =
      List.of(
          "--project=project-1",
          "--credentialFactoryClass=org.apache.beam.sdk.extensions.gcp.auth.NoopCredentialFactory");

  /** Beam remembers which tables it has made, so that each test has one of its own. */
  private static final AtomicInteger TABLES = new AtomicInteger();

  private static FakeDatasetService datasets = new FakeDatasetService();

  /** Begins anew, and returns a table's address that was not there before. */
  public static String reset() throws Exception {
    FakeDatasetService.setUp();
    FakeJobService.setUp();
    datasets = new FakeDatasetService();
    datasets.createDataset("project-1", "crm", "", "", null);
    return "project-1:crm.scored_" + TABLES.incrementAndGet();
  }

  /** Has tables refuse some rows. */
  public static <F extends Function<TableRow, Boolean> & Serializable> void refuse(F rows) {
    datasets.setShouldFailRow(rows);
  }

  /** Returns the rows of a table. */
  public static List<TableRow> rows(String address) throws Exception {
    String[] parts = address.split("[:.]", 3);
    return datasets.getAllRows(parts[0], parts[1], parts[2]);
  }

  @Override
  public Tables at(String address) {
    return new BigQueryTables(
        address,
        new FakeBigQueryServices()
            .withDatasetService(datasets)
            .withJobService(new FakeJobService()));
  }
}
