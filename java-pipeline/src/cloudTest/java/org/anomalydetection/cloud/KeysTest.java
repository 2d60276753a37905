package org.anomalydetection.cloud;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.anomalydetection.pipeline.MainResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {
  /** The second is not even JSON, and so comes back in no message. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"@type\":\"StaticCredentialsProvider\",\"awsAccessKeyId\":\"id\",\"awsSecretKey\":\"xyz\"}",
        "{awsSecretKey: xyz"
      })
  void shouldTakeNoKeysFromTheCommandLine(String provider) {
    MainResult result = MainResult.of("--awsCredentialsProvider=" + provider, "--output=s3://b/o");
    assertEquals(2, result.exitCode());
    assertThat(
        result.err(),
        containsString("--awsCredentialsProvider: expected no keys on the command line"));
    assertThat(result.err(), not(containsString("xyz")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--SSECustomerKey={\"key\":\"xyz\"}", "--sSECustomerKey={\"key\":\"xyz\"}"})
  void shouldTakeNoKeyOfObjectsFromTheCommandLine(String argument) {
    MainResult result = MainResult.of(argument, "--output=s3://b/o");
    assertEquals(2, result.exitCode());
    assertThat(result.err(), containsString("--SSECustomerKey"));
    assertThat(result.err(), not(containsString("xyz")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--SSECustomerKey", "--awsCredentialsProvider"})
  void shouldNotRepeatWhatASpaceHasCutOffAKey(String option) {
    MainResult result = MainResult.of(option, "{key:", "xyz}", "stray", "--alpha=1", "lost");
    assertEquals(2, result.exitCode());
    assertThat(result.err(), containsString(option + ": expected"));
    assertThat(result.err(), containsString("lost: expected --option=value"));
    assertThat(result.err(), not(containsString("xyz")));
  }

  @Test
  void shouldTakeOptionsThatBeginWithAnAbbreviation() {
    MainResult result =
        MainResult.of("--SSEAlgorithm=AES256", "--SSEKMSKeyId=alias/a", "--input=/no.csv");
    assertThat(result.err(), not(containsString("SSE")));
    assertThat(result.err(), containsString("/no.csv"));
  }
}
