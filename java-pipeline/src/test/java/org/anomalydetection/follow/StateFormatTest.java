package org.anomalydetection.follow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.beam.sdk.transforms.DoFn;
import org.junit.jupiter.api.Test;

/** What a savepoint of a run that follows holds: state, and what is left of restrictions. */
class StateFormatTest {
  private static final String PINNED =
      """
      format 1
      CommitFn: next Long, pieces Piece, position Long, run String
      FirstFn: seen Boolean
      FollowFn: restriction TimeSpan
      Kind: BEGIN, READ, SCORED, ERRORS, UNWRITTEN, PREVIEW
      Outage: Instant since, int failures
      Piece: Kind kind, long start, long end, String file, long rows
      TimePlace: long millis, Outage outage
      TimeSpan: TimePlace from, long end
      """;

  private final Map<String, String> found = new TreeMap<>();

  @Test
  void shouldBeOfAnotherFormatWhereItIsChanged() throws Exception {
    state(CommitFn.class);
    state(Class.forName("org.anomalydetection.salesforce.DistinctVersions$FirstFn"));
    restriction(Class.forName("org.anomalydetection.salesforce.FollowFn"));
    String lines =
        found.entrySet().stream()
            .map(entry -> entry.getKey() + ": " + entry.getValue() + "\n")
            .collect(Collectors.joining());
    assertEquals(
        PINNED,
        "format " + StateOwner.FORMAT + "\n" + lines,
        "savepoints of earlier versions hold other records, which would be read without an error:"
            + " raise StateOwner.FORMAT, and pin what there is now");
  }

  private void state(Class<?> step) {
    String fields =
        Stream.of(step.getDeclaredFields())
            .filter(field -> field.isAnnotationPresent(DoFn.StateId.class))
            .map(field -> id(field) + " " + held(field.getGenericType()))
            .sorted()
            .collect(Collectors.joining(", "));
    found.put(step.getSimpleName(), fields);
  }

  private static String id(Field state) {
    return state.getAnnotation(DoFn.StateId.class).value();
  }

  private void restriction(Class<?> step) {
    String restrictions =
        Stream.of(step.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(DoFn.GetInitialRestriction.class))
            .map(method -> "restriction " + held(method.getGenericReturnType()))
            .collect(Collectors.joining(", "));
    found.put(step.getSimpleName(), restrictions);
  }

  /** Returns what a state, or a state of a state, is of. */
  private String held(Type type) {
    return type instanceof ParameterizedType of
        ? held(of.getActualTypeArguments()[0])
        : named((Class<?>) type);
  }

  /** Returns the name of a type, of which all is found that it consists of. */
  private String named(Class<?> type) {
    String name = type.getSimpleName();
    if (type.isRecord() && found.putIfAbsent(name, "") == null) {
      found.put(
          name,
          Stream.of(type.getRecordComponents())
              .map(this::component)
              .collect(Collectors.joining(", ")));
    } else if (type.isEnum()) {
      found.put(
          name,
          Arrays.stream(type.getEnumConstants())
              .map(String::valueOf)
              .collect(Collectors.joining(", ")));
    }
    return name;
  }

  private String component(RecordComponent component) {
    return named(component.getType()) + " " + component.getName();
  }
}
