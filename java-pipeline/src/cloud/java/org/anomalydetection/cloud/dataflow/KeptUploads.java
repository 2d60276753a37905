package org.anomalydetection.cloud.dataflow;

import com.google.api.services.dataflow.model.DataflowPackage;
import java.util.List;
import org.apache.beam.runners.dataflow.util.PackageUtil.StagedFile;
import org.apache.beam.runners.dataflow.util.Stager;

/** Takes what a run uploads for its workers, and keeps the pipeline. */
final class KeptUploads implements Stager {
  private static final String FOLDER = "gs://dry-run/";

  private byte[] pipeline = {};

  /** Returns the pipeline as bytes of Beam's protocol. */
  byte[] pipeline() {
    return pipeline.clone();
  }

  @Override
  public List<DataflowPackage> stageFiles(List<StagedFile> files) {
    return files.stream().map(file -> uploaded(file.getDestination())).toList();
  }

  @Override
  public DataflowPackage stageToFile(byte[] bytes, String name) {
    // A large job's graph in Dataflow's own form comes after it.
    if (pipeline.length == 0) {
      pipeline = bytes.clone();
    }
    return uploaded(name);
  }

  private static DataflowPackage uploaded(String name) {
    return new DataflowPackage().setName(name).setLocation(FOLDER + name);
  }
}
