package org.anomalydetection.parquet;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * Snappy for Parquet, and no compression, and gzip of files that others wrote. Parquet's own way
 * there asks Hadoop's configuration, with a dozen libraries behind it.
 */
public final class SnappyCodecs implements CompressionCodecFactory {
  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    if (codec == CompressionCodecName.GZIP) {
      throw new IllegalArgumentException("expected to write SNAPPY or UNCOMPRESSED, found GZIP");
    }
    return new Compressor(codec == CompressionCodecName.SNAPPY);
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    require(codec);
    return new Decompressor(codec);
  }

  @Override
  public void release() {}

  /**
   * Checks that what a codec compressed can be read.
   *
   * @throws IllegalArgumentException if it cannot
   */
  public static void require(CompressionCodecName codec) {
    switch (codec) {
      case SNAPPY, GZIP, UNCOMPRESSED -> {}
      default ->
          throw new IllegalArgumentException(
              "expected a Parquet file compressed by SNAPPY, by GZIP or not at all, found "
                  + codec);
    }
  }

  private record Compressor(boolean snappy) implements BytesInputCompressor {
    @Override
    public BytesInput compress(BytesInput bytes) throws IOException {
      return snappy
          ? BytesInput.from(Snappy.compress(bytes.toInputStream().readAllBytes()))
          : bytes;
    }

    @Override
    public CompressionCodecName getCodecName() {
      return snappy ? CompressionCodecName.SNAPPY : CompressionCodecName.UNCOMPRESSED;
    }

    @Override
    public void release() {}
  }

  private record Decompressor(CompressionCodecName codec) implements BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput bytes, int size) throws IOException {
      return codec == CompressionCodecName.UNCOMPRESSED
          ? bytes
          : BytesInput.from(plain(bytes.toInputStream().readAllBytes(), size));
    }

    @Override
    public void decompress(ByteBuffer in, int inSize, ByteBuffer out, int outSize)
        throws IOException {
      byte[] bytes = new byte[inSize];
      in.get(bytes);
      out.put(plain(bytes, outSize));
    }

    /** Unpacks no more than the file says that there is: a few bytes may stand for gigabytes. */
    private byte[] plain(byte[] bytes, int size) throws IOException {
      return switch (codec) {
        case SNAPPY -> {
          requireSize(size, Snappy.uncompressedLength(bytes));
          yield Snappy.uncompress(bytes);
        }
        case GZIP -> {
          InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes));
          byte[] plain = in.readNBytes(Math.max(0, size));
          requireSize(size, plain.length + (in.read() < 0 ? 0L : 1L));
          yield plain;
        }
        default -> bytes;
      };
    }

    private static void requireSize(int expected, long found) throws IOException {
      if (found != expected) {
        throw new IOException(
            String.format(
                "expected a page of %d bytes, as the file says, found %s",
                expected, found < expected ? found + " bytes" : "more"));
      }
    }

    @Override
    public void release() {}
  }
}
