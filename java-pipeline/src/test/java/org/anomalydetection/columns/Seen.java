package org.anomalydetection.columns;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.StreamSupport;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.joda.time.Instant;

/** What comes by at a place of a pipeline that runs in this process. */
final class Seen {
  private static final Map<String, Queue<String>> SEEN = new ConcurrentHashMap<>();

  private final String key = UUID.randomUUID().toString();

  /** Sees a field of every row with its timestamp and window. */
  void rows(String name, PCollection<Row> rows, String field) {
    texts(rows, name, field).apply("See" + name, ParDo.of(new RowsFn(key)));
  }

  /** Sees which rows are grouped together, and whether on time or late. */
  void panes(String name, PCollection<Row> rows, String field) {
    texts(rows, name, field)
        .apply(WithKeys.of("all"))
        .apply("Group" + name, GroupByKey.create())
        .apply("See" + name, ParDo.of(new PanesFn(key)));
  }

  /** Returns what was seen, in order. */
  List<String> sorted() {
    return SEEN.getOrDefault(key, new ConcurrentLinkedQueue<>()).stream().sorted().toList();
  }

  private static PCollection<String> texts(PCollection<Row> rows, String name, String field) {
    return rows.apply(
        "Texts" + name,
        MapElements.into(TypeDescriptors.strings())
            .via(row -> String.valueOf(row.getString(field))));
  }

  private static void add(String key, String text) {
    SEEN.computeIfAbsent(key, unused -> new ConcurrentLinkedQueue<>()).add(text);
  }

  private static final class RowsFn extends DoFn<String, Void> {
    private static final long serialVersionUID = 1L;

    private final String key;

    RowsFn(String key) {
      this.key = key;
    }

    @ProcessElement
    public void process(@Element String text, @Timestamp Instant time, BoundedWindow window) {
      add(key, text + " at " + time.getMillis() + " in " + window);
    }
  }

  private static final class PanesFn extends DoFn<KV<String, Iterable<String>>, Void> {
    private static final long serialVersionUID = 1L;

    private final String key;

    PanesFn(String key) {
      this.key = key;
    }

    @ProcessElement
    public void process(
        @Element KV<String, Iterable<String>> group, PaneInfo pane, BoundedWindow window) {
      List<String> texts =
          StreamSupport.stream(group.getValue().spliterator(), false).sorted().toList();
      add(key, pane.getTiming() + " " + window + " " + texts);
    }
  }
}
