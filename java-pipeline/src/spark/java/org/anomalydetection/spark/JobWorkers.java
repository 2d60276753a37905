package org.anomalydetection.spark;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory;
import org.apache.beam.runners.fnexecution.control.ExecutableStageContext;
import org.apache.beam.runners.fnexecution.control.StageBundleFactory;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;
import org.apache.beam.sdk.util.construction.graph.ExecutableStage;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.util.concurrent.ThreadFactoryBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workers of a job inside an executor: its tasks share them, one after the other and side by
 * side. Where a bundle fails, later tasks get new ones; Beam's runner would give a task that is
 * tried again the workers that may be gone.
 */
public final class JobWorkers {
  private static final Logger LOG = LoggerFactory.getLogger(JobWorkers.class);

  /** They stay for the next task of their job: without, each task would start its own. */
  private static final long STAY_SECONDS = 10;

  /** A pool of workers that is gone gets time to come back. */
  private static final long PAUSE_SECONDS = 3;

  private static final Map<String, JobWorkers> CURRENT = new HashMap<>();
  private static final ScheduledExecutorService LATER =
      Executors.newSingleThreadScheduledExecutor(
          new ThreadFactoryBuilder().setDaemon(true).setNameFormat("workers-end").build());

  private final String job;
  private final DefaultJobBundleFactory factory;
  private int tasks;
  private long uses;

  private JobWorkers(JobInfo job) {
    this.job = job.jobId();
    this.factory = DefaultJobBundleFactory.create(job);
  }

  /** Returns what a task asks for the workers of its job. */
  public static ExecutableStageContext of(JobInfo job) {
    synchronized (CURRENT) {
      JobWorkers workers = CURRENT.computeIfAbsent(job.jobId(), id -> new JobWorkers(job));
      workers.tasks++;
      workers.uses++;
      return workers.new Use();
    }
  }

  /** Has later tasks get other workers, and waits, since Spark tries a task again at once. */
  private void failed() {
    synchronized (CURRENT) {
      CURRENT.remove(job, this);
    }
    try {
      TimeUnit.SECONDS.sleep(PAUSE_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the task is not wanted any more
    }
  }

  private void release() {
    synchronized (CURRENT) {
      tasks--;
      if (tasks == 0) {
        long used = uses;
        long seconds = CURRENT.get(job) == this ? STAY_SECONDS : 0;
        var unused = LATER.schedule(() -> endUnlessUsed(used), seconds, TimeUnit.SECONDS);
      }
    }
  }

  private void endUnlessUsed(long before) {
    synchronized (CURRENT) {
      if (uses != before) {
        return;
      }
      CURRENT.remove(job, this);
    }
    try {
      factory.close();
    } catch (Exception e) {
      LOG.warn("workers of job {} could not be ended", job, e);
    }
  }

  /** A task's use of the workers. */
  private final class Use implements ExecutableStageContext {
    @Override
    public StageBundleFactory getStageBundleFactory(ExecutableStage stage) {
      try {
        return new ResumingBundles(factory.forStage(stage), JobWorkers.this::failed);
      } catch (RuntimeException e) {
        failed(); // to start one, such as where a pool is gone
        throw e;
      }
    }

    @Override
    public void close() {
      release();
    }
  }
}
