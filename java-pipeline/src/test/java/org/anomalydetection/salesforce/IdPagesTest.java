package org.anomalydetection.salesforce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Arrays;
import java.util.List;
import org.anomalydetection.salesforce.api.QueryPage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records in the order of ids: digits, capital letters, small letters. */
class IdPagesTest {
  private static final String AFTER = "006990000000009AAA";

  private static QueryPage page(String... ids) {
    List<JsonNode> records =
        Arrays.stream(ids)
            .<JsonNode>map(id -> JsonNodeFactory.instance.objectNode().put("Id", id))
            .toList();
    return new QueryPage(ids.length, true, records, null, 0);
  }

  @Test
  void shouldGoOnBehindTheLastId() throws Exception {
    QueryPage page = page("00699000000000AAAA", "00699000000000ZAAA", "00699000000000aAAA");
    assertEquals("00699000000000aAAA", IdPages.lastId(page, AFTER));
    assertEquals("00699000000000aAAA", IdPages.lastId(page, ""));
    assertEquals(AFTER, IdPages.lastId(page(), AFTER));
  }

  @ParameterizedTest
  @ValueSource(strings = {AFTER, "006990000000009AA5", "006990000000008AAA", ""})
  void shouldRefuseAnotherOrder(String id) {
    ReadException e = assertThrows(ReadException.class, () -> IdPages.lastId(page(id), AFTER));
    assertEquals(
        "expected records in the order of their ids, found " + id + " after " + AFTER,
        e.getMessage());
  }
}
