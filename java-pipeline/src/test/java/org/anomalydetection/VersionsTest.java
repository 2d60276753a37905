package org.anomalydetection;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.StringReader;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.junit.jupiter.api.Test;

class VersionsTest {
  @Test
  void shouldRunTheBeamThatTheBuildNames() throws IOException {
    assertEquals(property("beamVersion"), ReleaseInfo.getReleaseInfo().getVersion());
  }

  @Test
  void shouldLockTheSameBeamInPython() throws IOException {
    for (String lock : new String[] {"requirements.lock", "requirements-dev.lock"}) {
      Matcher pin =
          Pattern.compile("(?m)^apache-beam(?:\\[[^]]*])?==([^ ;\\\\]+)")
              .matcher(Project.text("python-transform/" + lock));
      assertEquals(true, pin.find(), lock + " pins apache-beam");
      assertEquals(property("beamVersion"), pin.group(1), lock);
    }
  }

  private static String property(String name) throws IOException {
    Properties properties = new Properties();
    properties.load(new StringReader(Project.text("gradle.properties")));
    return properties.getProperty(name);
  }
}
