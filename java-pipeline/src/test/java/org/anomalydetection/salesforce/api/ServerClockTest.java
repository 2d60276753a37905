package org.anomalydetection.salesforce.api;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.http.HttpHeaders;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The time by the clock of whoever answers. */
class ServerClockTest {
  private static final Instant NOON = Instant.parse("2030-01-31T12:00:00Z");

  private final ServerClock clock = new ServerClock();

  private void answer(String date) {
    HttpHeaders headers = HttpHeaders.of(Map.of("Date", List.of(date)), (name, value) -> true);
    clock.read(new Answer(200, headers, new byte[0]));
  }

  @Test
  void shouldGoByTheLastAnswerAndTheTimeSince() throws Exception {
    answer("Thu, 31 Jan 2030 12:00:00 GMT");
    assertSince(NOON);
    Thread.sleep(20);
    assertSince(NOON.plusMillis(20));
    answer("Thu, 31 Jan 2030 11:00:00 GMT");
    assertSince(NOON.minusSeconds(3600));
  }

  @Test
  void shouldNotMindAnAnswerThatDoesNotTell() {
    answer("soon");
    assertEquals(Optional.empty(), clock.now());
    answer("Thu, 31 Jan 2030 12:00:00 GMT");
    answer("");
    assertSince(NOON);
  }

  private void assertSince(Instant time) {
    assertThat(clock.now().orElseThrow(), greaterThanOrEqualTo(time));
    assertThat(clock.now().orElseThrow(), lessThan(time.plusSeconds(60)));
  }
}
