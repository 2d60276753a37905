package org.anomalydetection.cloud.dataflow;

import com.google.api.services.dataflow.model.DataflowPackage;
import java.util.List;
import org.apache.beam.runners.dataflow.util.PackageUtil.StagedFile;
import org.apache.beam.runners.dataflow.util.Stager;
import org.apache.beam.sdk.options.PipelineOptions;

/** Takes what a run uploads, and loses it. */
public final class NoUploads implements Stager {
  private final KeptUploads uploads = new KeptUploads();

  /** Is how Beam makes one by its name. */
  public static NoUploads fromOptions(PipelineOptions options) {
    return new NoUploads();
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
