package org.anomalydetection.writeback;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.anomalydetection.salesforce.api.RecordUpdates;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Writes changes by calls that are answered at once, each with some of them. */
final class UpdateCalls extends Updates {
  /** With more, a job takes fewer calls. */
  static final int MOST = 1000;

  private static final long PAUSE_MILLIS = 500;

  private final RecordUpdates updates;
  private final String object;
  private final List<TargetField> fields;
  private boolean again;

  UpdateCalls(RecordUpdates updates, String object, List<TargetField> fields) {
    this.updates = updates;
    this.object = object;
    this.fields = fields;
  }

  @Override
  Map<String, Refused> write(Map<String, Change> changes) throws IOException, InterruptedException {
    if (again) {
      Thread.sleep(PAUSE_MILLIS);
    }
    again = true;
    Map<String, Refused> refused = new LinkedHashMap<>();
    List<String> keys = List.copyOf(changes.keySet());
    for (int first = 0; first < keys.size(); first += RecordUpdates.MOST) {
      List<String> some = keys.subList(first, Math.min(first + RecordUpdates.MOST, keys.size()));
      List<RecordUpdates.Update> asked = new ArrayList<>();
      for (String key : some) {
        asked.add(update(Objects.requireNonNull(changes.get(key))));
      }
      List<RecordUpdates.@Nullable Refused> outcomes = updates.update(object, asked);
      for (int i = 0; i < outcomes.size(); i++) {
        RecordUpdates.Refused one = outcomes.get(i);
        if (one != null) {
          refused.put(some.get(i), new Refused(one.message(), one.code().equals(LOCKED)));
        }
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
