package org.anomalydetection.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.LinkedHashMap;
import java.util.Map;
import org.anomalydetection.files.Stored;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Java needs to know of a model: how the columns that it reads are typed. */
public final class ModelParams {
  private static final Logger LOG = LoggerFactory.getLogger(ModelParams.class);

  private ModelParams() {}

  /**
   * Returns how the cells of each column are read: as the model's parameters say, and as the
   * contract says where the model has no such feature. Where the parameters cannot be read from
   * here, the contract alone counts; whether the model can be used is decided where it is loaded.
   *
   * @param paramsUri the model's {@code model.params}, on any file system of Beam
   */
  public static Map<String, CellKind> cellKinds(String paramsUri) {
    Map<String, CellKind> kinds = new LinkedHashMap<>(ContractSchema.inputKinds());
    Map<String, CellKind> features = features(paramsUri);
    kinds.putAll(features);
    if (features.isEmpty()) {
      LOG.info(
          "{} cannot be read from here, so columns are typed as the contract's input schema says",
          paramsUri);
    }
    return kinds;
  }

  /**
   * Returns how the cells of those columns are read that the model looks at; none where its
   * parameters cannot be read from here.
   */
  public static Map<String, CellKind> features(String paramsUri) {
    try (InputStream in = Channels.newInputStream(Stored.open(paramsUri))) {
      return features(new ObjectMapper().readTree(in));
    } catch (IOException | IllegalArgumentException e) {
      return Map.of();
    }
  }

  private static Map<String, CellKind> features(JsonNode params) {
    Map<String, CellKind> kinds = new LinkedHashMap<>();
    for (JsonNode feature : params.required("features")) {
      String kind = feature.required("kind").asText();
      // A duration is derived from two dates: no column holds it.
      if (!kind.equals("duration")) {
        kinds.put(
            feature.required("name").asText(),
            kind.equals("date") ? CellKind.DATE : CellKind.of(feature.required("type").asText()));
      }
    }
    return kinds;
  }
}
