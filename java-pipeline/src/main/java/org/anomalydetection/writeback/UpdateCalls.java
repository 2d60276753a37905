package org.anomalydetection.writeback;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.salesforce.api.RecordUpdates;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Writes changes of rows of an unbounded input by calls that are answered at once. */
final class UpdateCalls extends Updates {
  /** With more, a job takes fewer calls. */
  static final int MOST = 1000;

  private final RecordUpdates updates;
  private final String object;
  private final List<TargetField> fields;

  UpdateCalls(RecordUpdates updates, String object, List<TargetField> fields) {
    super(RecordUpdates.MOST, true);
    this.updates = updates;
    this.object = object;
    this.fields = fields;
  }

  @Override
  Map<String, Refused> write(Map<String, Change> changes) throws IOException, InterruptedException {
    List<RecordUpdates.@Nullable Refused> outcomes =
        updates.update(object, changes.values().stream().map(this::update).toList());
    Map<String, Refused> refused = new LinkedHashMap<>();
    int next = 0;
    for (String key : changes.keySet()) {
      RecordUpdates.Refused one = outcomes.get(next++);
      if (one != null) {
        refused.put(key, new Refused(one.message(), one.code().equals(LOCKED)));
      }
    }
    return refused;
  }

  private RecordUpdates.Update update(Change change) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    fields.forEach(field -> values.put(field.name(), field.json(change.after(field.name()))));
    return new RecordUpdates.Update(change.row().getString("id"), values);
  }
}
