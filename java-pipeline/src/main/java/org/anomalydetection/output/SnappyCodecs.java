package org.anomalydetection.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * Snappy for Parquet, and no compression. Parquet's own way there asks Hadoop's configuration, with
 * a dozen libraries behind it.
 */
public final class SnappyCodecs implements CompressionCodecFactory {
  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    return new Compressor(require(codec));
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return new Decompressor(require(codec));
  }

  @Override
  public void release() {}

  /** Tells whether it is Snappy. */
  private static boolean require(CompressionCodecName codec) {
    if (codec != CompressionCodecName.SNAPPY && codec != CompressionCodecName.UNCOMPRESSED) {
      throw new IllegalArgumentException(
          "expected a Parquet file compressed by SNAPPY or not at all, found " + codec);
    }
    return codec == CompressionCodecName.SNAPPY;
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

  private record Decompressor(boolean snappy) implements BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput bytes, int size) throws IOException {
      return snappy
          ? BytesInput.from(Snappy.uncompress(bytes.toInputStream().readAllBytes()))
          : bytes;
    }

    @Override
    public void decompress(ByteBuffer in, int inSize, ByteBuffer out, int outSize)
        throws IOException {
      byte[] bytes = new byte[inSize];
      in.get(bytes);
      out.put(snappy ? Snappy.uncompress(bytes) : bytes);
    }

    @Override
    public void release() {}
  }
}
