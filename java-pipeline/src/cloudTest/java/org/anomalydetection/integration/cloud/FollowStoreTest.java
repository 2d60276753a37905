package org.anomalydetection.integration.cloud;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.files.Stored;
import org.anomalydetection.follow.FollowFolder;
import org.anomalydetection.follow.FollowSteps;
import org.anomalydetection.follow.SavedPosition;
import org.anomalydetection.output.OutputFolder.Kind;
import org.anomalydetection.output.RowFormat;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows and their position in object stores, which cannot rename and have no folders. */
class FollowStoreTest {
  private static final Duration LENGTH = Duration.ofSeconds(10);

  /** So far ahead that nothing more is waited for when the rows have come to an end. */
  private static final Instant FROM =
      Instant.now().plus(3, ChronoUnit.HOURS).truncatedTo(ChronoUnit.HOURS);

  private static final Schema SCHEMA = Schema.builder().addStringField("Id").build();

  @AfterEach
  void forget() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3", "gs"})
  void shouldCommitWindowsAndGoOnFromTheirPosition(String scheme) throws Exception {
    try (StoreServer store = StoreServer.start(scheme)) {
      PipelineOptions options = store.options();
      FileSystems.setDefaultPipelineOptions(options);
      String out = store.root() + "/followed";
      SavedPosition saved = new SavedPosition(out + "/position.json", Map.of("file", "a"));
      assertFalse(FollowFolder.isFollowedInto(out));

      try (FollowFolder first = open(out, saved, Optional.of(FROM))) {
        assertFalse(first.isResumed());
        assertEquals(FROM, first.from());
        commit(options, first, "a", "b");
        IOException held =
            assertThrows(IOException.class, () -> open(out, saved, Optional.of(FROM)));
        assertTrue(held.getMessage().startsWith("another run writes into it: "), held::toString);
        assertFalse(Stored.match(out + "/.follow-*/uncommitted*").isEmpty());
      }
      assertTrue(saved.read().orElseThrow().isAfter(FROM.plus(LENGTH)));
      assertEquals(List.of("a", "b"), ids(out));
      assertTrue(FollowFolder.isFollowedInto(out));
      assertEquals(List.of(), Stored.match(out + "/.follow-*/*"));

      // As if the run had ended before it saved that the second window is committed.
      saved.write(FROM.plus(LENGTH));
      try (FollowFolder again = open(out, saved, Optional.empty())) {
        assertTrue(again.isResumed());
        assertEquals(FROM.plus(LENGTH), again.from());
        assertEquals(List.of("a"), ids(out));
        commit(options, again, "c");
      }
      assertEquals(List.of("a", "c"), ids(out));
    }
  }

  private static FollowFolder open(String out, SavedPosition saved, Optional<Instant> since)
      throws IOException {
    return FollowFolder.open(out, RowFormat.JSONL, saved, since);
  }

  /** Commits rows, each in a window of its own, from where a folder begins. */
  private static void commit(PipelineOptions options, FollowFolder folder, String... ids)
      throws IOException {
    List<TimestampedValue<Row>> rows =
        IntStream.range(0, ids.length)
            .mapToObj(
                i ->
                    TimestampedValue.of(
                        Row.withSchema(SCHEMA).addValue(ids[i]).build(),
                        org.joda.time.Instant.ofEpochMilli(
                            folder.from().plus(LENGTH.multipliedBy(i)).toEpochMilli())))
            .toList();
    FollowSteps steps = folder.steps(folder.from(), LENGTH);
    Pipeline pipeline = Pipeline.create(options);
    PCollection<Row> read =
        pipeline
            .apply(Create.timestamped(rows).withCoder(RowCoder.of(SCHEMA)))
            .setRowSchema(SCHEMA)
            .apply(steps.intoWindows());
    PCollection<Row> errors =
        read.apply("None", Filter.by(row -> false)).setRowSchema(ContractSchema.ERRORS);
    steps.commit(
        List.of(read),
        read.apply("WriteScored", steps.write(Kind.SCORED)),
        errors.apply("WriteErrors", steps.write(Kind.ERRORS)),
        Optional.empty());
    // What a run leaves that ends in the middle of a window.
    read.apply("WriteUncommitted", steps.write("uncommitted"));
    pipeline.run().waitUntilFinish();
  }

  /** Returns what is in the committed files, in the order of their names. */
  private static List<String> ids(String out) throws IOException {
    return Stored.match(out + "/scored-*").stream()
        .map(file -> file.resourceId().toString())
        .sorted()
        .map(FollowStoreTest::id)
        .toList();
  }

  private static String id(String file) {
    try (InputStream content = Channels.newInputStream(Stored.open(file))) {
      String line = new String(content.readAllBytes(), StandardCharsets.UTF_8);
      return line.replaceAll("(?s).*\"Id\":\"(.*)\".*", "$1");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
