package org.anomalydetection.contract;

import com.fasterxml.jackson.databind.JsonNode;

/** What names the transform across languages, from {@code contract/contract.json}. */
public final class Contract {
  private static final JsonNode JSON = ContractJson.read("contract.json");

  /** The version of the contract. */
  public static final int VERSION = JSON.required("version").asInt();

  /** The name by which an expansion service is asked for the transform. */
  public static final String URN = JSON.required("urn").asText();

  /** The transform's Python class, for {@code PythonExternalTransform}. */
  public static final String TRANSFORM = JSON.required("transform").asText();

  /** The tag of the output that holds scored rows. */
  public static final String SCORED_TAG = JSON.required("outputs").required(0).asText();

  /** The tag of the output that holds bad rows. */
  public static final String ERRORS_TAG = JSON.required("outputs").required(1).asText();

  /** The version of the format of blocks of columns. */
  public static final int BLOCKS_VERSION = JSON.required("blocks").required("version").asInt();

  /** The most rows of a block. */
  public static final int MOST_BLOCK_ROWS = JSON.required("blocks").required("most_rows").asInt();

  private Contract() {}
}
