package org.anomalydetection.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.beam.model.fnexecution.v1.BeamFnApi.Elements;
import org.apache.beam.model.fnexecution.v1.BeamFnDataGrpc;
import org.apache.beam.sdk.fn.stream.OutboundObserverFactory;
import org.apache.beam.vendor.grpc.v1p60p1.com.google.protobuf.ByteString;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.ManagedChannel;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.Server;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.netty.NettyChannelBuilder;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.netty.NettyServerBuilder;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.stub.ClientCallStreamObserver;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.stub.ClientResponseObserver;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.stub.StreamObserver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a runner sends over a real connection to a worker that takes it at its own pace. */
@Timeout(60)
class FlowControlTest {
  /** More than Beam's servers send without a look. */
  private static final int MESSAGES = 128;

  private static final Elements MEGABYTE =
      Elements.newBuilder()
          .addData(Elements.Data.newBuilder().setData(ByteString.copyFrom(new byte[1 << 20])))
          .build();

  private final ExecutorService sender = Executors.newSingleThreadExecutor();
  private final CompletableFuture<StreamObserver<Elements>> toWorker = new CompletableFuture<>();
  private final AtomicInteger sent = new AtomicInteger();
  private final CountDownLatch first = new CountDownLatch(1);
  private final Worker worker = new Worker();
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void connect() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(0))
            .addService(new Runner())
            .build()
            .start();
    channel =
        NettyChannelBuilder.forAddress("localhost", server.getPort())
            .usePlaintext()
            .maxInboundMessageSize(Integer.MAX_VALUE)
            .build();
    StreamObserver<Elements> unused = BeamFnDataGrpc.newStub(channel).data(worker);
    toWorker.get();
  }

  @AfterEach
  void disconnect() {
    sender.shutdownNow();
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void shouldSendASlowWorkerNoMoreThanItTakes() throws Exception {
    Future<?> sending = send();

    assertTrue(first.await(20, TimeUnit.SECONDS));
    TimeUnit.MILLISECONDS.sleep(500);
    assertTrue(sent.get() <= 4, "a worker that took nothing was sent " + sent + " MiB");

    worker.takesAll();
    sending.get();
    assertTrue(worker.got.await(20, TimeUnit.SECONDS));
  }

  @Test
  void shouldNotWaitForAWorkerThatIsGone() {
    Future<?> sending = send();

    channel.shutdownNow();

    Throwable found = assertThrows(ExecutionException.class, sending::get).getCause();
    assertEquals("expected a worker to send elements to, found it gone", found.getMessage());
  }

  @Test
  void shouldNotWaitForAWorkerThatFailedAtTheBundle() {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    Future<?> begun = sender.submit(() -> Bundles.begin(answer));
    Future<?> sending = send();

    answer.completeExceptionally(new IOException("no model"));

    Throwable found = assertThrows(ExecutionException.class, sending::get).getCause();
    assertEquals("no model", found.getMessage());
    assertTrue(begun.isDone());
  }

  @Test
  void shouldNotMindABundleThatIsClosed() throws Exception {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    sender.submit(() -> Bundles.begin(answer)).get();
    answer.completeExceptionally(new IOException("no model"));
    sender.submit(() -> Bundles.end(answer)).get();
    Future<?> sending = send();

    worker.takesAll();

    sending.get();
  }

  @Test
  void shouldNotWaitWhereTheStreamIsEnded() throws Exception {
    Future<?> sending = send();

    toWorker.get().onCompleted();

    assertThrows(ExecutionException.class, sending::get);
  }

  private Future<?> send() {
    return sender.submit(
        () -> {
          for (int i = 0; i < MESSAGES; i++) {
            toWorker.get().onNext(MEGABYTE);
            sent.incrementAndGet();
            first.countDown();
          }
          return null;
        });
  }

  /** Sends as Beam's runners do. */
  private final class Runner extends BeamFnDataGrpc.BeamFnDataImplBase {
    @Override
    public StreamObserver<Elements> data(StreamObserver<Elements> outbound) {
      toWorker.complete(
          OutboundObserverFactory.serverDirect().outboundObserverFor(in -> outbound, worker));
      return worker;
    }
  }

  /** Takes nothing until it is told to. */
  private static final class Worker implements ClientResponseObserver<Elements, Elements> {
    private final CountDownLatch got = new CountDownLatch(MESSAGES);
    private ClientCallStreamObserver<Elements> call;

    void takesAll() {
      call.request(MESSAGES);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Elements> stream) {
      call = stream;
      stream.disableAutoRequestWithInitial(0);
    }

    @Override
    public void onNext(Elements elements) {
      got.countDown();
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {}
  }
}
