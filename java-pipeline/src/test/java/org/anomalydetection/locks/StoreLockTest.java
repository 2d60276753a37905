package org.anomalydetection.locks;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.anomalydetection.files.ConditionalStore;
import org.anomalydetection.files.MemoryStore;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreLockTest {
  private static final String PATH = "memory://bucket/out/.run.lock";
  private static final ConditionalStore STORE = new MemoryStore.Conditions();

  /** A run that renews its lock, and one that has been killed, as others see them. */
  private static final StoreLock.Pace ALIVE = pace(20);

  private static final StoreLock.Pace KILLED = pace(60_000);

  @BeforeEach
  void empty() {
    MemoryStore.clear();
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  private static StoreLock.Pace pace(long beatMillis) {
    return new StoreLock.Pace(
        Duration.ofMillis(10), Duration.ofMillis(beatMillis), Duration.ofMillis(500));
  }

  @Test
  void shouldKeepOutASecondRunAndSayWhoHasIt() throws IOException {
    try (StoreLock first = StoreLock.take(STORE, PATH, ALIVE)) {
      IOException e = assertThrows(IOException.class, () -> StoreLock.take(STORE, PATH, ALIVE));
      assertThat(
          e.getMessage(),
          containsString("another run writes into it: process " + ProcessHandle.current().pid()));
      assertThat(e.getMessage(), containsString(", since 2"));
      assertThat(e.getMessage(), containsString(PATH));
      first.require();
    }
    assertEquals(List.of(), MemoryStore.paths(PATH));
    StoreLock.take(STORE, PATH, ALIVE).close();
  }

  @Test
  void shouldTakeOverTheLockOfARunThatWasKilled() throws IOException {
    StoreLock killed = StoreLock.take(STORE, PATH, KILLED);
    try (StoreLock next = StoreLock.take(STORE, PATH, ALIVE)) {
      next.require();
      IOException e = assertThrows(IOException.class, killed::require);
      assertThat(e.getMessage(), containsString("found that it was taken over by process "));
      killed.close();
      assertEquals(List.of(PATH), MemoryStore.paths(PATH), "it is not the first one's any more");
    }
  }

  @Test
  void shouldBeFreeAsSoonAsTheObjectIsDeleted() throws IOException {
    StoreLock killed = StoreLock.take(STORE, PATH, KILLED);
    AtomicInteger looks = new AtomicInteger();
    ConditionalStore deletedAfterALook =
        new Through() {
          @Override
          public Optional<Found> read(String path) throws IOException {
            Optional<Found> found = super.read(path);
            if (looks.incrementAndGet() == 1) {
              delete(path, found.orElseThrow().version());
            }
            return found;
          }
        };
    StoreLock.take(deletedAfterALook, PATH, ALIVE).close();
    assertEquals(2, looks.get());
    pause(KILLED.look());
    IOException e = assertThrows(IOException.class, killed::require);
    assertThat(e.getMessage(), containsString("found that it was removed"));
  }

  @Test
  void shouldGiveWhatAKilledRunLeftToOneOfTwoThatComeTogether() throws Exception {
    var unused = StoreLock.take(STORE, PATH, KILLED);
    CyclicBarrier together = new CyclicBarrier(2);
    Callable<Boolean> taking =
        () -> {
          together.await();
          try {
            StoreLock.take(STORE, PATH, ALIVE);
            return true;
          } catch (IOException e) {
            return false;
          }
        };
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<Boolean> one = threads.submit(taking);
      Future<Boolean> other = threads.submit(taking);
      assertNotEquals(one.get(), other.get());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void shouldKnowItsOwnLockThoughTheAnswerToItsWriteIsLost() throws IOException {
    ConditionalStore losing =
        new Through() {
          @Override
          public Optional<String> write(String path, String content, Optional<String> version)
              throws IOException {
            super.write(path, content, version);
            return Optional.empty();
          }
        };
    try (StoreLock lock = StoreLock.take(losing, PATH, KILLED)) {
      lock.require();
      pause(KILLED.look());
      lock.require();
    }
    assertEquals(List.of(), MemoryStore.paths(PATH));
  }

  @Test
  void shouldNotTrustAStoreThatHeedsNoConditions() throws IOException {
    MemoryStore.heedNoConditions();
    assertThrows(UnsupportedOperationException.class, () -> StoreLock.take(STORE, PATH, ALIVE));
    assertEquals(List.of(), MemoryStore.paths(PATH));
    FolderLock none = FolderLock.take("memory://bucket/out");
    none.require();
    none.close();
  }

  @Test
  void shouldNotTrustAStoreThatHeedsNoConditionOfReplacing() throws IOException {
    MemoryStore.heedOnlyCreation();
    assertThrows(UnsupportedOperationException.class, () -> StoreLock.take(STORE, PATH, ALIVE));
    assertEquals(List.of(), MemoryStore.paths(PATH));
  }

  @Test
  void shouldTakeOverNothingInAStoreThatHeedsNoConditions() throws IOException {
    var unused = StoreLock.take(STORE, PATH, KILLED);
    MemoryStore.heedNoConditions();
    assertThrows(UnsupportedOperationException.class, () -> StoreLock.take(STORE, PATH, ALIVE));
    assertEquals(List.of(), MemoryStore.paths(PATH));
  }

  @Test
  void shouldNotTrustAStoreThatSaysThatItReplacesUnderNoCondition() {
    ConditionalStore creating = replacing(StoreLockTest::isNotImplemented);
    assertThrows(UnsupportedOperationException.class, () -> StoreLock.take(creating, PATH, ALIVE));
    assertEquals(List.of(), MemoryStore.paths(PATH));
  }

  @Test
  void shouldLeaveNoLockBehindThatCannotBeTriedOut() {
    ConditionalStore failing =
        replacing(
            () -> {
              throw new IOException("500");
            });
    assertThrows(IOException.class, () -> StoreLock.take(failing, PATH, ALIVE));
    assertEquals(List.of(), MemoryStore.paths(PATH));
  }

  @Test
  void shouldFailAsAStoreDoesThatHeedsConditionsNoMore() throws IOException {
    AtomicReference<Failure> failure = new AtomicReference<>();
    try (StoreLock lock = StoreLock.take(replacing(failure), PATH, ALIVE)) {
      failure.set(StoreLockTest::isNotImplemented);
      pause(ALIVE.lease());
      IOException e = assertThrows(IOException.class, lock::require);
      assertThat(e.getMessage(), containsString("to be renewed as before, found "));
      failure.set(null);
      lock.require();
    }
  }

  @Test
  void shouldNotGoOnWaitingWhenItIsInterrupted() throws IOException {
    var unused = StoreLock.take(STORE, PATH, KILLED);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedIOException.class, () -> StoreLock.take(STORE, PATH, ALIVE));
    assertTrue(Thread.interrupted());
  }

  @ParameterizedTest
  @ValueSource(strings = {"not JSON", "{}", "null"})
  void shouldNotBeWhatSomebodyElsePutThere(String content) throws IOException {
    StoreLock lost = StoreLock.take(STORE, PATH, KILLED);
    MemoryStore.put(PATH, content);
    pause(KILLED.look());
    IOException e = assertThrows(IOException.class, lost::require);
    assertThat(e.getMessage(), containsString("taken over by somebody who does not say who"));
    StoreLock.take(STORE, PATH, ALIVE).close();
    assertEquals(List.of(), MemoryStore.paths(PATH));
  }

  private interface Failure {
    void strike() throws IOException;
  }

  private static void isNotImplemented() {
    throw new UnsupportedOperationException("501");
  }

  /** Returns a store that fails to replace what is there. */
  private static ConditionalStore replacing(Failure failure) {
    return replacing(new AtomicReference<>(failure));
  }

  private static ConditionalStore replacing(AtomicReference<Failure> failure) {
    return new Through() {
      @Override
      public Optional<String> write(String path, String content, Optional<String> version)
          throws IOException {
        if (version.isPresent() && failure.get() != null) {
          failure.get().strike();
        }
        return super.write(path, content, version);
      }
    };
  }

  /** Passes on what it is asked. */
  private static class Through implements ConditionalStore {
    @Override
    public Optional<Found> read(String path) throws IOException {
      return STORE.read(path);
    }

    @Override
    public Optional<String> write(String path, String content, Optional<String> version)
        throws IOException {
      return STORE.write(path, content, version);
    }

    @Override
    public void delete(String path, String version) throws IOException {
      STORE.delete(path, version);
    }
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(2 * time.toMillis());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
