package org.anomalydetection.salesforce.api;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;

/** Takes a body that is not larger than a limit; of another one it takes no more than that. */
final class LimitedBody implements BodySubscriber<byte[]> {
  private final BodySubscriber<byte[]> body = BodySubscribers.ofByteArray();
  private final int most;
  private Subscription subscription;
  private long bytes;

  /** There was more than the limit. */
  static final class Exceeded extends IOException {
    private static final long serialVersionUID = 1L;

    Exceeded(int most) {
      super(String.format("expected at most %,d bytes, found more", most));
    }
  }

  /**
   * @param most how many bytes are taken
   */
  LimitedBody(int most) {
    this.most = most;
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return body.getBody();
  }

  @Override
  public void onSubscribe(Subscription granted) {
    subscription = granted;
    body.onSubscribe(granted);
  }

  @Override
  public void onNext(List<ByteBuffer> item) {
    for (ByteBuffer buffer : item) {
      bytes += buffer.remaining();
    }
    if (bytes > most) {
      subscription.cancel();
      body.onError(new Exceeded(most));
    } else {
      body.onNext(item);
    }
  }

  @Override
  public void onError(Throwable cause) {
    body.onError(cause);
  }

  @Override
  public void onComplete() {
    body.onComplete();
  }
}
