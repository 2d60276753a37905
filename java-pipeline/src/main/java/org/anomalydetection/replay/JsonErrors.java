package org.anomalydetection.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
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
    return line != null;
  }

  @Override
  public long number() {
    return number;
  }

  @Override
  public @Nullable String element() {
    try {
      JsonNode element = ElementCells.MAPPER.readTree(line).path(ELEMENT);
      return element.isTextual()
          ? element.asText()
          : element.isContainerNode() ? element.toString() : null;
    } catch (JsonProcessingException e) {
      return null;
    }
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
