package org.anomalydetection.spark;

import org.apache.beam.runners.spark.translation.SparkContextFactory;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.serializer.KryoSerializer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What this process is to Spark: the application of which all jobs are a part. Its executors stay
 * from job to job, where Beam's runner would have them started for each.
 */
final class Application {
  private static final String NAME = "anomaly-detection";

  private final String master;
  private @Nullable JavaSparkContext context;

  /** An application of a cluster, by the address of its Master. */
  Application(String master) {
    this.master = master;
  }

  /** Makes it ready for a job. */
  synchronized void begin() {
    JavaSparkContext present = context;
    // Spark ends it too, as when it has lost the cluster.
    if (present == null || present.sc().isStopped()) {
      SparkConf settings =
          new SparkConf()
              .setMaster(master)
              .setAppName(NAME)
              .set("spark.serializer", KryoSerializer.class.getName())
              .set("spark.kryo.registrator", Serializers.class.getName());
      present = new JavaSparkContext(settings);
      context = present;
      SparkContextFactory.setProvidedSparkContext(present);
    }
  }

  /** Removes what a job that is done has left. */
  synchronized void tidy() {
    JavaSparkContext present = context;
    if (present != null) {
      present.getPersistentRDDs().values().forEach(left -> left.unpersist(false));
    }
  }

  /** Ends it, with whatever runs. */
  synchronized void end() {
    JavaSparkContext present = context;
    if (present != null) {
      present.stop();
    }
  }
}
