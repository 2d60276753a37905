package org.anomalydetection.cloud;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.anomalydetection.Project;
import org.junit.jupiter.api.Test;

class LibrariesTest {
  private static final Path PRODUCT = Project.file("java-pipeline/build/install/java-pipeline/lib");

  @Test
  void shouldNotHoldWhatTheProductHas() throws IOException {
    Set<String> product = libraries(PRODUCT);
    Set<String> cloud = libraries(PRODUCT.resolve("cloud"));
    assertThat(product, hasItem("jackson-databind"));
    assertThat(cloud, hasItem("beam-sdks-java-io-google-cloud-platform"));
    assertThat(product, everyItem(not(startsWith("beam-sdks-java-io-"))));
    cloud.retainAll(product);
    assertEquals(Set.of(), cloud);
  }

  private static Set<String> libraries(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".jar"))
          .map(name -> name.replaceFirst("(-[0-9][^/]*)?\\.jar$", ""))
          .collect(Collectors.toSet());
    }
  }
}
