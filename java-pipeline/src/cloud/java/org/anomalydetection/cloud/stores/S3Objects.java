package org.anomalydetection.cloud.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.anomalydetection.files.ConditionalStore;
import org.apache.beam.sdk.io.aws2.options.S3Options;
import org.apache.beam.sdk.io.aws2.s3.S3FileSystemConfiguration;
import org.apache.beam.sdk.io.aws2.s3.SSECustomerKey;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Objects of S3, whose versions are their ETags: S3 has conditions for writes since 2024 and for
 * deletes since 2025, which are headers that this client passes on without knowing them. Stores
 * that have none for deletes delete what they have shown just before. Objects are encrypted as
 * Beam's are.
 */
final class S3Objects implements ConditionalStore {
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int PRECONDITION_FAILED = 412;
  private static final int NOT_IMPLEMENTED = 501;

  private final S3FileSystemConfiguration settings;
  private final S3Client client;

  S3Objects(S3Options options) {
    settings = S3FileSystemConfiguration.fromS3Options(options);
    client = settings.getS3ClientBuilder().build();
  }

  @Override
  public Optional<Found> read(String path) throws IOException {
    ObjectPath object = ObjectPath.of(path);
    SSECustomerKey key = settings.getSSECustomerKey();
    try {
      ResponseBytes<GetObjectResponse> found =
          client.getObjectAsBytes(
              request ->
                  request
                      .bucket(object.bucket())
                      .key(object.key())
                      .sseCustomerAlgorithm(key.getAlgorithm())
                      .sseCustomerKey(key.getKey())
                      .sseCustomerKeyMD5(key.getMD5()));
      return Optional.of(new Found(found.asUtf8String(), found.response().eTag()));
    } catch (S3Exception e) {
      if (e.statusCode() == NOT_FOUND) {
        return Optional.empty();
      }
      throw failure(path, e);
    } catch (SdkException e) {
      throw failure(path, e);
    }
  }

  @Override
  public Optional<String> write(String path, String content, Optional<String> version)
      throws IOException {
    ObjectPath object = ObjectPath.of(path);
    SSECustomerKey key = settings.getSSECustomerKey();
    try {
      return Optional.of(
          client
              .putObject(
                  request ->
                      request
                          .bucket(object.bucket())
                          .key(object.key())
                          .serverSideEncryption(settings.getSSEAlgorithm())
                          .ssekmsKeyId(settings.getSSEKMSKeyId())
                          .bucketKeyEnabled(settings.getBucketKeyEnabled())
                          .sseCustomerAlgorithm(key.getAlgorithm())
                          .sseCustomerKey(key.getKey())
                          .sseCustomerKeyMD5(key.getMD5())
                          .overrideConfiguration(
                              more ->
                                  version.ifPresentOrElse(
                                      tag -> more.putHeader("If-Match", tag),
                                      () -> more.putHeader("If-None-Match", "*"))),
                  RequestBody.fromString(content, UTF_8))
              .eTag());
    } catch (S3Exception e) {
      return switch (e.statusCode()) {
        case NOT_FOUND, CONFLICT, PRECONDITION_FAILED -> {
          if ("NoSuchBucket".equals(e.awsErrorDetails().errorCode())) {
            throw failure(path, e);
          }
          yield Optional.empty();
        }
        case NOT_IMPLEMENTED -> throw new UnsupportedOperationException(e.getMessage(), e);
        default -> throw failure(path, e);
      };
    } catch (SdkException e) {
      throw failure(path, e);
    }
  }

  @Override
  public void delete(String path, String version) throws IOException {
    if (read(path).filter(found -> found.version().equals(version)).isEmpty()) {
      return;
    }
    ObjectPath object = ObjectPath.of(path);
    try {
      try {
        delete(object, Map.of("If-Match", List.of(version)));
      } catch (S3Exception e) {
        if (e.statusCode() != NOT_IMPLEMENTED) {
          throw e;
        }
        delete(object, Map.of());
      }
    } catch (S3Exception e) {
      if (e.statusCode() != NOT_FOUND && e.statusCode() != PRECONDITION_FAILED) {
        throw failure(path, e);
      }
    } catch (SdkException e) {
      throw failure(path, e);
    }
  }

  private void delete(ObjectPath object, Map<String, List<String>> conditions) {
    client.deleteObject(
        request ->
            request
                .bucket(object.bucket())
                .key(object.key())
                .overrideConfiguration(more -> more.headers(conditions)));
  }

  private static IOException failure(String path, SdkException e) {
    return new IOException(path + ": " + e.getMessage(), e);
  }
}
