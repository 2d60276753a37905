package org.anomalydetection.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.beam.model.fnexecution.v1.BeamFnApi.Elements;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.fn.data.BeamFnDataInboundObserver;
import org.apache.beam.sdk.fn.data.DataEndpoint;
import org.apache.beam.sdk.fn.data.FnDataReceiver;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.beam.vendor.grpc.v1p60p1.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What workers put out, as a runner gets it. */
@Timeout(30)
class OutputsTest {
  private final List<Integer> found = Collections.synchronizedList(new ArrayList<>());

  @ParameterizedTest
  @ValueSource(ints = {0, 1, Outputs.LEFT, Outputs.LEFT + 1, 10_000})
  void shouldTakeAllOfABundleInItsOrder(int elements) throws Exception {
    BeamFnDataInboundObserver output = output(found::add);
    for (int i = 0; i < elements; i++) {
      output.accept(message(i));
    }
    output.accept(end());
    output.awaitCompletion();
    assertEquals(IntStream.range(0, elements).boxed().toList(), found);
  }

  @Test
  void shouldNotTakeASmallBundleBeforeItsEnd() throws Exception {
    BeamFnDataInboundObserver output = output(found::add);
    for (int i = 0; i < Outputs.LEFT; i++) {
      output.accept(message(i));
    }
    assertEquals(List.of(), found);
  }

  @Test
  void shouldSayWhatWentWrongAsItWasTaken() throws Exception {
    BeamFnDataInboundObserver output =
        output(
            element -> {
              throw new IllegalStateException("full");
            });
    assertThrows(Exception.class, () -> fill(output));
    Exception e = assertThrows(IllegalStateException.class, output::awaitCompletion);
    assertEquals("full", e.getMessage());
  }

  @Test
  void shouldHaveNobodyWaitWhereNothingIsTakenAnyMore() throws Exception {
    BeamFnDataInboundObserver output =
        output(
            element -> {
              throw new OutOfMemoryError("no more");
            });
    assertThrows(Exception.class, () -> fill(output));
    Exception e = assertThrows(Exception.class, output::awaitCompletion);
    assertEquals("no more", e.getCause().getMessage());
  }

  private static void fill(BeamFnDataInboundObserver output) throws Exception {
    for (int i = 0; i < 10_000; i++) {
      output.accept(message(i));
    }
  }

  private static BeamFnDataInboundObserver output(FnDataReceiver<Integer> receiver) {
    return BeamFnDataInboundObserver.forConsumers(
        List.of(DataEndpoint.create("t", VarIntCoder.of(), receiver)), List.of());
  }

  private static Elements message(int element) throws Exception {
    byte[] bytes = CoderUtils.encodeToByteArray(VarIntCoder.of(), element);
    return Elements.newBuilder()
        .addData(Elements.Data.newBuilder().setTransformId("t").setData(ByteString.copyFrom(bytes)))
        .build();
  }

  private static Elements end() {
    return Elements.newBuilder()
        .addData(Elements.Data.newBuilder().setTransformId("t").setIsLast(true))
        .build();
  }
}
