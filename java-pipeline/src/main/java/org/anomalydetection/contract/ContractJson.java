package org.anomalydetection.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The JSON files of the contract, which the build packs beside these classes. */
final class ContractJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ContractJson() {}

  /** Reads a file of the contract by its path in the contract folder. */
  static JsonNode read(String path) {
    try (InputStream in = ContractJson.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("the contract has no file " + path);
      }
      return MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("the contract's file " + path + " cannot be read", e);
    }
  }
}
