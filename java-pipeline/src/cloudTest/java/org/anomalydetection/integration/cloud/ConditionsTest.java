package org.anomalydetection.integration.cloud;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import org.anomalydetection.files.ConditionalStore;
import org.anomalydetection.files.ConditionalStore.Found;
import org.anomalydetection.files.FileVersion;
import org.anomalydetection.locks.FolderLock;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What object stores promise to who writes only what is as it was seen. */
class ConditionsTest {
  @AfterEach
  void forget() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3", "gs"})
  void shouldChangeOnlyWhatIsAsItWasSeen(String scheme) throws Exception {
    try (StoreServer server = StoreServer.start(scheme)) {
      FileSystems.setDefaultPipelineOptions(server.options());
      String path = server.root() + "/a folder/é.json";
      ConditionalStore store = ConditionalStore.of(path).orElseThrow();
      assertEquals(Optional.empty(), store.read(path));
      assertEquals(Optional.empty(), store.write(path, "none", Optional.of("1")));

      String first = store.write(path, "first é", Optional.empty()).orElseThrow();
      assertEquals(Optional.of(new Found("first é", first)), store.read(path));
      assertEquals(Optional.empty(), store.write(path, "not new", Optional.empty()));
      FileVersion seen = FileVersion.of(path);
      assertTrue(seen.isStillAt(path));
      String second = store.write(path, "second 2", Optional.of(first)).orElseThrow();
      assertNotEquals(first, second);
      assertEquals(seen.bytes(), FileVersion.of(path).bytes());
      assertFalse(seen.isStillAt(path));
      assertEquals(Optional.empty(), store.write(path, "late", Optional.of(first)));

      store.delete(path, first);
      assertEquals("second 2", store.read(path).orElseThrow().content());
      store.delete(path, second);
      assertEquals(Optional.empty(), store.read(path));
      store.delete(path, second);
      assertFalse(seen.isStillAt(path));

      String pattern = server.root() + "/a folder/[é].json";
      store.write(pattern, "named like one", Optional.empty());
      assertEquals(14, FileVersion.of(pattern).bytes());

      String nowhere = server.root() + "-of-nobody/object";
      assertThrows(IOException.class, () -> store.write(nowhere, "", Optional.empty()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3", "gs"})
  void shouldKeepAFolderToOneRun(String scheme) throws Exception {
    try (StoreServer server = StoreServer.start(scheme)) {
      FileSystems.setDefaultPipelineOptions(server.options());
      String folder = server.root() + "/out";
      String path = folder + "/" + FolderLock.NAME;
      ConditionalStore store = ConditionalStore.of(path).orElseThrow();
      try (FolderLock lock = FolderLock.take(folder)) {
        assertTrue(store.read(path).isPresent());
        lock.require();
        IOException e = assertThrows(IOException.class, () -> FolderLock.take(folder));
        assertTrue(e.getMessage().startsWith("another run writes into it: process "), e::toString);
      }
      assertFalse(store.read(path).isPresent());
      FolderLock.take(folder).close();
    }
  }
}
