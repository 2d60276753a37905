package org.anomalydetection.locks;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.anomalydetection.files.ConditionalStore;
import org.anomalydetection.files.ConditionalStore.Found;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lock that is an object, which only one run can create, and which that run renews for as long as
 * it has the folder. Who finds the object looks whether it is renewed, by a clock of its own, as
 * clocks of machines differ; where it is not, the run that had it is no more, and the object is
 * replaced, which again only one can do.
 *
 * <p>A run that is stopped for longer than the lease, as with its machine, may have lost the lock.
 * It finds out when it {@link #require requires} it, and does so before whatever changes the
 * folder; only what stops it between that and the change that it has asked for stays unseen.
 */
final class StoreLock implements FolderLock {
  private static final Logger LOG = LoggerFactory.getLogger(StoreLock.class);

  /** For how long a lock holds that is not renewed. */
  static final Duration LEASE = Duration.ofSeconds(60);

  private static final Pace PACE = new Pace(Duration.ofSeconds(1), Duration.ofSeconds(10), LEASE);

  private final ConditionalStore store;
  private final String path;
  private final Pace pace;
  private final ScheduledExecutorService beats =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "renew-lock");
            thread.setDaemon(true);
            return thread;
          });
  private Holder holder = Holder.here();
  private String version = "";

  /** By the clock on the wall: others stand still while a machine sleeps. */
  private Instant renewed = Instant.EPOCH;

  private boolean late;

  /** Who has the lock in place of this run. */
  private @Nullable Holder other;

  private boolean closed;

  private StoreLock(ConditionalStore store, String path, Pace pace) {
    this.store = store;
    this.path = path;
    this.pace = pace;
  }

  /**
   * How often things happen.
   *
   * @param look how often the lock of another run is looked at
   * @param beat how often a lock is renewed
   * @param lease for how long a lock holds that is not renewed
   */
  record Pace(Duration look, Duration beat, Duration lease) {}

  static StoreLock take(ConditionalStore store, String path) throws IOException {
    return take(store, path, PACE);
  }

  /**
   * Takes a lock, or that of a run that is no more.
   *
   * @throws IOException if another run has it
   * @throws UnsupportedOperationException if the store knows no conditions, or does not heed them
   */
  static StoreLock take(ConditionalStore store, String path, Pace pace) throws IOException {
    StoreLock lock = new StoreLock(store, path, pace);
    try {
      lock.acquire();
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
    long millis = pace.beat().toMillis();
    var unused =
        lock.beats.scheduleWithFixedDelay(lock::beat, millis, millis, TimeUnit.MILLISECONDS);
    return lock;
  }

  private synchronized void acquire() throws IOException {
    Optional<Found> first = store.read(path);
    first.ifPresent(
        found ->
            LOG.info(
                "{} is the lock of {}; within {} s it shows whether that run goes on",
                path,
                Holder.of(found.content()),
                pace.lease().toSeconds()));
    long end = System.nanoTime() + pace.lease().toNanos();
    Optional<Found> found = first;
    while (found.isPresent() && System.nanoTime() < end) {
      pause();
      found = store.read(path);
      if (found.isPresent() && !found.get().version().equals(first.get().version())) {
        throw held(Holder.of(found.get().content()));
      }
    }
    if (!write(found.map(Found::version))) {
      throw held(other);
    }
    requireConditions();
  }

  /** Tries out what keeps others out: not every store that heeds no condition says so. */
  private void requireConditions() throws IOException {
    String replaced = version;
    if (!write(Optional.of(replaced))) {
      throw held(other);
    }
    // What was refused just now, and is ours all the same, has shown that the store looks at it.
    boolean renews = !version.equals(replaced);
    if (store.write(path, holder.content(), Optional.empty()).isPresent()
        || (renews && store.write(path, holder.content(), Optional.of(replaced)).isPresent())) {
      store.read(path).ifPresent(mine -> version = mine.version());
      throw new UnsupportedOperationException("the store does not heed conditions");
    }
  }

  private void pause() throws IOException {
    try {
      Thread.sleep(pace.look().toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while another run's lock was looked at");
    }
  }

  /** Writes the lock in place of a version; tells whether it is this run's then. */
  private boolean write(Optional<String> expected) throws IOException {
    Instant now = Instant.now();
    Holder next = holder.renewed();
    Optional<String> written = store.write(path, next.content(), expected);
    if (written.isEmpty()) {
      // It may be ours: the store's first answer may not have arrived.
      Optional<Found> found = store.read(path);
      other = found.map(Found::content).map(Holder::of).orElse(null);
      written =
          other != null && other.run().equals(holder.run())
              ? found.map(Found::version)
              : Optional.empty();
    }
    holder = next;
    if (written.isPresent()) {
      version = written.get();
      renewed = now;
    }
    return written.isPresent();
  }

  private IOException held(@Nullable Holder run) {
    return new IOException(
        String.format(
            "another run writes into it: %s; its lock %s has been renewed while this run looked."
                + " Wait until that run ends. One that was killed renews nothing, and its lock is"
                + " taken over after %d s, or at once if you delete it",
            run == null ? "one that has just come and gone" : run, path, pace.lease().toSeconds()));
  }

  private synchronized void beat() {
    try {
      renew();
    } catch (IOException | RuntimeException e) {
      if (late || age().compareTo(pace.lease()) < 0) {
        LOG.debug("{} is not renewed this time", path, e);
      } else {
        late = true;
        LOG.warn(
            "{} is not renewed since {}, and others may take it over: {}",
            path,
            renewed,
            e.getMessage());
      }
    }
  }

  private Duration age() {
    return Duration.between(renewed, Instant.now()).abs();
  }

  /** Renews the lock, where it is not lost, and tells whether it is not. */
  private synchronized boolean renew() throws IOException {
    try {
      return !closed && !version.isEmpty() && (write(Optional.of(version)) || lose());
    } catch (UnsupportedOperationException e) {
      throw new IOException(
          "expected " + path + " to be renewed as before, found " + e.getMessage(), e);
    }
  }

  private boolean lose() {
    version = "";
    renewed = Instant.EPOCH;
    LOG.warn("{} is this run's no more: {}", path, fate());
    return false;
  }

  private String fate() {
    return other == null ? "it was removed" : "it was taken over by " + other;
  }

  @Override
  public synchronized void require() throws IOException {
    if (!closed && age().compareTo(pace.look()) < 0) {
      // Stores do not like an object to be written many times in a second.
      return;
    }
    if (!renew()) {
      throw new IOException(
          String.format(
              "expected the lock %s to be this run's, which must have been stopped for more than"
                  + " %d s, found that %s",
              path, pace.lease().toSeconds(), fate()));
    }
  }

  @Override
  public synchronized void close() {
    beats.shutdown();
    if (!closed && !version.isEmpty()) {
      try {
        store.delete(path, version);
      } catch (IOException | RuntimeException e) {
        LOG.warn("{} is left behind, and holds for {} s", path, pace.lease().toSeconds(), e);
      }
    }
    closed = true;
  }
}
