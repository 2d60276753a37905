package org.anomalydetection.writeback;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.anomalydetection.salesforce.api.QueryPage;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;

/** Reads the values that records have now. */
final class PresentValues {
  /** So many ids fit into the address of a query, of 16,384 bytes. */
  private static final int IDS = 450;

  private final SalesforceClient client;
  private final String object;
  private final List<TargetField> fields;

  private PresentValues(SalesforceClient client, String object, List<TargetField> fields) {
    this.client = client;
    this.object = object;
    this.fields = fields;
  }

  static PresentValues of(SalesforceClient client, String object, List<TargetField> fields) {
    return new PresentValues(client, object, fields);
  }

  /**
   * Returns the values by {@link RecordId#key} and field; nothing for a record that is not there.
   */
  Map<String, Map<String, String>> read(List<String> ids)
      throws SalesforceException, InterruptedException {
    Map<String, Map<String, String>> values = new HashMap<>();
    String names = fields.stream().map(TargetField::name).collect(Collectors.joining(", "));
    for (int first = 0; first < ids.size(); first += IDS) {
      List<String> some = ids.subList(first, Math.min(first + IDS, ids.size()));
      String soql =
          some.stream()
              .collect(
                  Collectors.joining(
                      "','", "SELECT Id, " + names + " FROM " + object + " WHERE Id IN ('", "')"));
      QueryPage page = client.query(soql, false);
      int found = add(page, values);
      while (page.next() != null) {
        page = client.next(page.next());
        found += add(page, values);
      }
      if (found != page.totalSize()) {
        throw SalesforceException.broken(
            String.format(
                "expected %d %s in the pages of a query, found %d",
                page.totalSize(), object, found),
            null);
      }
    }
    return values;
  }

  private int add(QueryPage page, Map<String, Map<String, String>> values) {
    for (JsonNode record : page.records()) {
      Map<String, String> present = new LinkedHashMap<>();
      fields.forEach(field -> present.put(field.name(), field.of(record)));
      values.put(RecordId.key(record.path("Id").asText()), present);
    }
    return page.records().size();
  }
}
