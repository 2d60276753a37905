package org.anomalydetection.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.File;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Phaser;
import org.apache.beam.sdk.fn.stream.DirectStreamObserver;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.stub.CallStreamObserver;
import org.junit.jupiter.api.Test;

class AdvisedTest {
  private static final String NAME = DirectStreamObserver.class.getName();

  /** As of a job whose jar has Beam in it, on a cluster that looks there first. */
  @Test
  void shouldFailWhereAJobBringsACopy() throws Exception {
    try (URLClassLoader job = new URLClassLoader(classPath(), null)) {
      Class<?> stream = job.loadClass(CallStreamObserver.class.getName());
      Constructor<?> made = job.loadClass(NAME).getConstructor(Phaser.class, stream);
      Throwable e =
          assertThrows(InvocationTargetException.class, () -> made.newInstance(new Phaser(), null))
              .getCause();
      assertEquals(
          "expected "
              + NAME
              + " of the class path of this process, found a copy in the jar of the job; leave Beam"
              + " out of it",
          e.getMessage());
    }
  }

  private static URL[] classPath() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    for (String path : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      urls.add(new File(path).toURI().toURL());
    }
    return urls.toArray(URL[]::new);
  }
}
