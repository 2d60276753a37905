package org.anomalydetection.parquet;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputDecompressor;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xerial.snappy.Snappy;

class SnappyCodecsTest {
  private static final byte[] PAGE = new byte[1 << 20];

  @ParameterizedTest
  @EnumSource(names = {"SNAPPY", "GZIP"})
  void shouldUnpackPagesOfTheirSize(CompressionCodecName codec) throws IOException {
    byte[] packed = packed(codec);
    BytesInputDecompressor decompressor = new SnappyCodecs().getDecompressor(codec);
    BytesInput page = decompressor.decompress(BytesInput.from(packed), PAGE.length);
    assertArrayEquals(PAGE, page.toInputStream().readAllBytes());
    ByteBuffer out = ByteBuffer.allocate(PAGE.length);
    decompressor.decompress(ByteBuffer.wrap(packed), packed.length, out, PAGE.length);
    assertEquals(0, out.remaining());
  }

  @ParameterizedTest
  @EnumSource(names = {"SNAPPY", "GZIP"})
  void shouldRefusePagesOfAnotherSizeThanTheFileSays(CompressionCodecName codec)
      throws IOException {
    byte[] packed = packed(codec);
    BytesInputDecompressor decompressor = new SnappyCodecs().getDecompressor(codec);
    for (int size : new int[] {-1, 0, 100, PAGE.length - 1, PAGE.length + 1, Integer.MAX_VALUE}) {
      String expected =
          String.format(
              "expected a page of %d bytes, as the file says, found %s",
              size, size < PAGE.length ? "more" : PAGE.length + " bytes");
      IOException e =
          assertThrows(
              IOException.class, () -> decompressor.decompress(BytesInput.from(packed), size));
      assertThat(e.getMessage(), startsWith(expected));
      ByteBuffer out = ByteBuffer.allocate(2 * PAGE.length);
      e =
          assertThrows(
              IOException.class,
              () -> decompressor.decompress(ByteBuffer.wrap(packed), packed.length, out, size));
      assertThat(e.getMessage(), startsWith(expected));
      assertEquals(0, out.position());
    }
  }

  private static byte[] packed(CompressionCodecName codec) throws IOException {
    if (codec == CompressionCodecName.SNAPPY) {
      return Snappy.compress(PAGE);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(PAGE);
    }
    return bytes.toByteArray();
  }
}
