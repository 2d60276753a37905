package org.anomalydetection.transform;

/** Where the three files of a model are, as the Python worker sees them. */
public record ModelUris(String encoder, String model, String params) {
  /** Returns the files under their usual names in a folder. */
  public static ModelUris in(String folder) {
    String prefix = folder.endsWith("/") ? folder : folder + "/";
    return new ModelUris(
        prefix + "encoder.pth", prefix + "anomaly_detection.model", prefix + "model.params");
  }
}
