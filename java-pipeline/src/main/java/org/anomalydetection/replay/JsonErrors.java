package org.anomalydetection.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.files.Stored;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Errors as JSON Lines. A line whose element was mended as JSON, not as its text, counts too. */
final class JsonErrors implements ErrorRows {
  private final String path;
  private final BufferedReader lines;
  private String line = "";
  private JsonNode row = MissingNode.getInstance();
  private long number;

  private JsonErrors(String path, BufferedReader lines) {
    this.path = path;
    this.lines = lines;
  }

  static JsonErrors open(String path) throws IOException {
    return new JsonErrors(
        path,
        new BufferedReader(
            Channels.newReader(Stored.open(path), StandardCharsets.UTF_8.newDecoder(), -1)));
  }

  @Override
  public boolean next() throws IOException {
    do {
      try {
        line = lines.readLine();
      } catch (CharacterCodingException e) {
        throw new InputException(
            String.format(
                "--replay: %s: expected UTF-8 text, found other bytes behind line %d",
                path, number),
            e);
      }
      number++;
    } while (line != null && line.isBlank());
    row = line == null ? MissingNode.getInstance() : parsed(line);
    return line != null;
  }

  private static JsonNode parsed(String text) {
    try {
      return ElementCells.MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  @Override
  public long number() {
    return number;
  }

  @Override
  public @Nullable String element() {
    JsonNode element = row.path(ELEMENT);
    return element.isTextual()
        ? element.asText()
        : element.isContainerNode() ? element.toString() : null;
  }

  @Override
  public String stage() {
    return row.path(STAGE).asText();
  }

  @Override
  public String shown() {
    return line;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
