package org.anomalydetection.cloud.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.api.client.http.ByteArrayContent;
import com.google.api.client.http.HttpResponseException;
import com.google.api.services.storage.Storage;
import com.google.api.services.storage.model.StorageObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.anomalydetection.files.ConditionalStore;
import org.apache.beam.sdk.extensions.gcp.options.GcsOptions;
import org.apache.beam.sdk.extensions.gcp.util.Transport;

/** Objects of Google Cloud Storage, whose versions are their generations; 0 is that of none. */
final class GcsObjects implements ConditionalStore {
  private static final int NOT_FOUND = 404;
  private static final int PRECONDITION_FAILED = 412;

  private final Storage client;

  GcsObjects(GcsOptions options) {
    client = Transport.newStorageClient(options).build();
  }

  @Override
  public Optional<Found> read(String path) throws IOException {
    ObjectPath object = ObjectPath.of(path);
    while (true) {
      try {
        Long generation =
            client.objects().get(object.bucket(), object.key()).execute().getGeneration();
        Storage.Objects.Get get =
            client.objects().get(object.bucket(), object.key()).setIfGenerationMatch(generation);
        try (InputStream content = get.executeMediaAsInputStream()) {
          return Optional.of(
              new Found(new String(content.readAllBytes(), UTF_8), generation.toString()));
        }
      } catch (HttpResponseException e) {
        if (e.getStatusCode() == NOT_FOUND) {
          return Optional.empty();
        }
        if (e.getStatusCode() != PRECONDITION_FAILED) {
          throw e;
        }
        // It was written between the two requests.
      }
    }
  }

  @Override
  public Optional<String> write(String path, String content, Optional<String> version)
      throws IOException {
    ObjectPath object = ObjectPath.of(path);
    try {
      Storage.Objects.Insert insert =
          client
              .objects()
              .insert(
                  object.bucket(),
                  new StorageObject().setName(object.key()),
                  new ByteArrayContent("application/json", content.getBytes(UTF_8)))
              .setIfGenerationMatch(version.map(Long::valueOf).orElse(0L));
      insert.getMediaHttpUploader().setDirectUploadEnabled(true);
      return Optional.of(insert.execute().getGeneration().toString());
    } catch (HttpResponseException e) {
      if (e.getStatusCode() == PRECONDITION_FAILED) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public void delete(String path, String version) throws IOException {
    ObjectPath object = ObjectPath.of(path);
    try {
      client
          .objects()
          .delete(object.bucket(), object.key())
          .setIfGenerationMatch(Long.valueOf(version))
          .execute();
    } catch (HttpResponseException e) {
      if (e.getStatusCode() != NOT_FOUND && e.getStatusCode() != PRECONDITION_FAILED) {
        throw e;
      }
    }
  }
}
