package org.anomalydetection.columns;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.StreamSupport;
import org.anomalydetection.JsonRows;
import org.anomalydetection.Project;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole block of {@code contract/golden/block.json}, and the result that comes back for it. */
class GoldenBlockTest {
  private JsonNode golden;
  private Schema sent;
  private List<String> kept;

  @BeforeEach
  void read() throws IOException {
    golden = new ObjectMapper().readTree(Project.text("contract/golden/block.json"));
    sent = JsonRows.schema(golden.required("fields"));
    kept = texts(golden.required("keep_fields"));
  }

  @Test
  void shouldSendTheBlock() throws IOException {
    BlockBuilder block = new BlockPool(sent).take();
    for (int i = 0; i < golden.required("rows").size(); i++) {
      block.add(JsonRows.row(sent, golden.required("rows").get(i)), timestamp(i));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    RowCoder.of(Blocks.sent(sent.getFieldCount())).encode(block.build(), bytes);
    assertEquals(
        golden.required("sent_hex").asText(), HexFormat.of().formatHex(bytes.toByteArray()));
  }

  @Test
  void shouldReadTheResult() throws IOException {
    Schema.Builder schema = Schema.builder().addFields(ContractSchema.SCORED.getFields());
    kept.forEach(name -> schema.addField(sent.getField(name)));
    Schema scored = schema.build();
    List<String> expected = new ArrayList<>();
    long earliest = Long.MAX_VALUE;
    for (int i = 0; i < golden.required("scored").size(); i++) {
      earliest = Math.min(earliest, timestamp(i));
      if (golden.required("scored").get(i) instanceof ObjectNode result) {
        JsonNode row = golden.required("rows").get(i);
        result.set("id", row.required("Id"));
        kept.forEach(name -> result.set(name, row.required(name)));
        expected.add(JsonRows.row(scored, result) + " at " + timestamp(i));
      }
    }
    byte[] bytes = HexFormat.of().parseHex(golden.required("result_hex").asText());
    Row block = RowCoder.of(Echo.schema(kept.size())).decode(new ByteArrayInputStream(bytes));
    List<String> found = new ArrayList<>();
    new BlockDecoder(scored)
        .decode(block, earliest, (row, timestamp) -> found.add(row + " at " + timestamp));
    assertEquals(expected, found);
  }

  private long timestamp(int i) {
    return golden.required("timestamps").get(i).longValue();
  }

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
  }
}
