package org.anomalydetection.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.anomalydetection.columns.Utf8;
import org.anomalydetection.csv.CellRecord;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The element of an error as the record that it was: an object with cells by the names of their
 * columns, or, of a record that had too few or too many, a list of cells.
 */
@SuppressWarnings("ArrayRecordComponent") // it is never compared
record ElementCells(long number, byte[] bytes, int[] ends) implements CellRecord {
  /** Reads numbers with all their digits, zeros too: in a column of texts they are a text. */
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** Returns what an element holds, if it is an object or a list. */
  static Optional<JsonNode> read(@Nullable String element) {
    try {
      return element == null
          ? Optional.empty()
          : Optional.of(MAPPER.readTree(element)).filter(JsonNode::isContainerNode);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns the cells of an element.
   *
   * @param number the number of the error's row
   * @param names the columns, in the order of the cells
   * @param order the columns in the order of a list, which is not needed for an object
   */
  static ElementCells of(
      long number, JsonNode element, List<String> names, @Nullable List<String> order) {
    List<JsonNode> values = new ArrayList<>();
    if (element.isArray() && element.size() != names.size()) {
      element.forEach(values::add);
    } else {
      for (String name : names) {
        values.add(element.isArray() ? element.path(order.indexOf(name)) : element.path(name));
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int[] ends = new int[values.size()];
    for (int i = 0; i < ends.length; i++) {
      bytes.writeBytes(bytes(values.get(i)));
      ends[i] = bytes.size();
    }
    return new ElementCells(number, bytes.toByteArray(), ends);
  }

  private static byte[] bytes(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return new byte[0];
    }
    try {
      if (value.size() == 1 && value.path("base64").isTextual()) {
        return value.get("base64").binaryValue();
      }
    } catch (IOException e) {
      // Then it is taken for what it is.
    }
    String text = value.isContainerNode() ? value.toString() : value.asText();
    // Half of a surrogate pair comes to be an error, as bytes that are no text do.
    return Utf8.loose(text);
  }

  @Override
  public int cells() {
    return ends.length;
  }

  @Override
  public int begin(int cell) {
    return cell == 0 ? 0 : ends[cell - 1];
  }

  @Override
  public int end(int cell) {
    return ends[cell];
  }
}
