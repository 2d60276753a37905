package org.anomalydetection.transform;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.model.expansion.v1.ExpansionApi;
import org.apache.beam.model.pipeline.v1.Endpoints;
import org.apache.beam.model.pipeline.v1.RunnerApi;
import org.apache.beam.sdk.fn.channel.ManagedChannelFactory;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.apache.beam.sdk.util.construction.DefaultExpansionServiceClientFactory;
import org.apache.beam.sdk.util.construction.ExpansionServiceClient;
import org.apache.beam.sdk.util.construction.ExpansionServiceClientFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Beam's client of expansion services, which warns when a service has another version of Beam than
 * this process: Beam's rule is one on both sides. It works all the same where nothing that crosses
 * has changed between the two.
 */
final class VersionCheck implements ExpansionServiceClientFactory {
  /** For all services and pipelines; keeps its channels. */
  static final VersionCheck CLIENTS = new VersionCheck();

  private static final Logger LOG = LoggerFactory.getLogger(VersionCheck.class);
  // As the image of the SDK: beam:version:sdk_base:apache/beam_python3.11_sdk:2.65.0
  private static final Pattern CAPABILITY =
      Pattern.compile("beam:version:sdk_base:(?<image>.*:(?<version>[^:]*))");

  private final ExpansionServiceClientFactory clients =
      DefaultExpansionServiceClientFactory.create(
          ManagedChannelFactory.createDefault()::forDescriptor);

  private VersionCheck() {}

  @Override
  public ExpansionServiceClient getExpansionServiceClient(Endpoints.ApiServiceDescriptor service) {
    ExpansionServiceClient client = clients.getExpansionServiceClient(service);
    return new ExpansionServiceClient() {
      @Override
      public ExpansionApi.ExpansionResponse expand(ExpansionApi.ExpansionRequest request) {
        ExpansionApi.ExpansionResponse response = client.expand(request);
        for (String sdk : otherVersions(response.getComponents(), here())) {
          LOG.warn(
              "The expansion service at {} has {}, this pipeline Beam {}: use one version on both"
                  + " sides",
              service.getUrl(),
              sdk,
              here());
        }
        return response;
      }

      @Override
      public ExpansionApi.DiscoverSchemaTransformResponse discover(
          ExpansionApi.DiscoverSchemaTransformRequest request) {
        return client.discover(request);
      }

      @Override
      public void close() throws Exception {
        client.close();
      }
    };
  }

  @Override
  public void close() throws Exception {
    clients.close();
  }

  /** Returns the SDKs of environments whose version is not this one, as {@code image:version}. */
  static List<String> otherVersions(RunnerApi.Components components, String version) {
    return components.getEnvironmentsMap().values().stream()
        .flatMap(environment -> environment.getCapabilitiesList().stream())
        .map(CAPABILITY::matcher)
        .filter(Matcher::matches)
        .filter(sdk -> !sdk.group("version").equals(version))
        .map(sdk -> sdk.group("image"))
        .distinct()
        .sorted()
        .toList();
  }

  private static String here() {
    return ReleaseInfo.getReleaseInfo().getSdkVersion();
  }
}
