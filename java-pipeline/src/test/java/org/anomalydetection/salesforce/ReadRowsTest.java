package org.anomalydetection.salesforce;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.Credentials;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection.IsBounded;
import org.junit.jupiter.api.Test;

/** What goes together; nothing is asked of any Salesforce. */
class ReadRowsTest {
  private static final Instant PAST = Instant.parse("2024-01-31T00:00:00Z");
  private static final ReadRows READ =
      SalesforceIO.readRows()
          .withConnection(
              Connection.to(URI.create("https://org.example"), Credentials.ofFile("none.json")));

  private static void assertRefused(String message, ReadRows read) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Pipeline.create().apply(read));
    assertThat(e.getMessage(), containsString("SalesforceIO.readRows(): expected " + message));
  }

  @Test
  void shouldRefuseWhatDoesNotGoTogether() {
    ReadRows object = READ.from("Opportunity");
    assertRefused("withConnection", SalesforceIO.readRows().from("Opportunity"));
    assertRefused("either withQuery or from", READ);
    assertRefused("either withQuery or from", object.withQuery("SELECT Id FROM Opportunity"));
    assertRefused(
        "no withStart or withEnd", READ.withQuery("SELECT Id FROM Opportunity").withStart(PAST));
    assertRefused("withStart before withEnd", object.withStart(PAST).withEnd(PAST));
    assertRefused("withWindow of at least", object.withWindow(Duration.ZERO));
    assertRefused("withLag not below 0", object.withLag(Duration.ofMillis(-1)));
  }

  @Test
  void shouldFollowOnlyWhereTheEndIsStillToCome() throws Exception {
    ReadRows object = READ.from("Opportunity").withFields(Opportunities.fields("Id", "Amount"));
    Instant future = Instant.now().plusSeconds(3600);
    assertEquals(IsBounded.BOUNDED, bounded(object));
    assertEquals(IsBounded.BOUNDED, bounded(object.withEnd(PAST)));
    assertEquals(IsBounded.BOUNDED, bounded(object.withStart(PAST).withEnd(PAST.plusMillis(1))));
    assertEquals(IsBounded.UNBOUNDED, bounded(object.withStart(PAST)));
    assertEquals(IsBounded.UNBOUNDED, bounded(object.withStart(PAST).withEnd(future)));
  }

  private static IsBounded bounded(ReadRows read) {
    ReadResult result = Pipeline.create().apply(read);
    return result.rows().isBounded();
  }
}
