package org.anomalydetection.salesforce.api;

import static org.anomalydetection.salesforce.api.ScriptedServer.csv;
import static org.anomalydetection.salesforce.api.ScriptedServer.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
import org.junit.jupiter.api.Test;

/** What is larger than may be held is not taken, packed or not. */
class AnswerLimitTest extends Scripted {
  private static final int LIMIT = 1000;

  private static ScriptedServer.Reply page(int bytes) {
    return csv("\"Id\"\n\"" + "a".repeat(bytes - 8) + "\"\n").with("Sforce-NumberOfRecords", "1");
  }

  @Test
  void shouldTakeNoMoreThanItsLimit() throws Exception {
    connection = connection.withAnswerLimit(LIMIT);
    SalesforceClient client = loggedIn();
    server.then(page(LIMIT), page(LIMIT).gzip());
    assertEquals(LIMIT, client.results("750R", null, 9).csv().length());
    assertEquals(LIMIT, client.results("750R", null, 9).csv().length());
    for (ScriptedServer.Reply large :
        List.of(page(LIMIT + 1), page(LIMIT + 1).gzip(), page(1 << 20))) {
      server.then(large);
      SalesforceException refused =
          assertThrows(SalesforceException.class, () -> client.results("750R", null, 9));
      assertEquals(Kind.TOO_LARGE, refused.kind());
      assertEquals(
          "GET /services/data/v66.0/jobs/query/750R/results: expected at most 1,000 bytes, found"
              + " more; where less at a time does not help, ask for fewer fields",
          refused.getMessage());
    }
    assertEquals(List.of(), waits, "it would be as large again");
    server.then(json(200, NO_RECORDS));
    assertEquals(NO_RECORDS.length(), client.query("SELECT Id FROM Lead", false).bytes());
  }
}
