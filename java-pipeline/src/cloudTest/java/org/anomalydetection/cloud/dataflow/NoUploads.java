package org.anomalydetection.cloud.dataflow;

import com.google.api.services.dataflow.model.DataflowPackage;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.beam.model.pipeline.v1.RunnerApi;
import org.apache.beam.runners.dataflow.util.PackageUtil.StagedFile;
import org.apache.beam.runners.dataflow.util.Stager;
import org.apache.beam.sdk.options.PipelineOptions;

/** Takes what runs upload, of which it knows the steps of the last one. */
public final class NoUploads implements Stager {
  private static KeptUploads uploads = new KeptUploads();

  /** Is how Beam makes one by its name. */
  public static NoUploads fromOptions(PipelineOptions options) {
    uploads = new KeptUploads();
    return new NoUploads();
  }

  /** Returns the names of all steps of the pipeline that was uploaded. */
  public static Set<String> steps() throws IOException {
    return RunnerApi.Pipeline.parseFrom(uploads.pipeline())
        .getComponents()
        .getTransformsMap()
        .values()
        .stream()
        .map(RunnerApi.PTransform::getUniqueName)
        .collect(Collectors.toSet());
  }

  @Override
  public List<DataflowPackage> stageFiles(List<StagedFile> files) {
    return uploads.stageFiles(files);
  }

  @Override
  public DataflowPackage stageToFile(byte[] bytes, String name) {
    return uploads.stageToFile(bytes, name);
  }
}
