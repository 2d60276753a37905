package org.anomalydetection.parquet;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import org.anomalydetection.files.Stored;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/** A channel as Parquet reads it, once; the stream that is opened closes it. */
public record ChannelInput(SeekableByteChannel channel) implements InputFile {
  /**
   * Opens a file on any file system of Beam.
   *
   * @throws IOException if it is not there, cannot be read, or only from its beginning on
   */
  public static ChannelInput open(String path) throws IOException {
    ReadableByteChannel channel = Stored.open(path);
    if (channel instanceof SeekableByteChannel seekable) {
      return new ChannelInput(seekable);
    }
    channel.close();
    throw new IOException("Parquet can be read of no file system without random access");
  }

  @Override
  public long getLength() throws IOException {
    return channel.size();
  }

  @Override
  public SeekableInputStream newStream() {
    return new DelegatingSeekableInputStream(Channels.newInputStream(channel)) {
      @Override
      public long getPos() throws IOException {
        return channel.position();
      }

      @Override
      public void seek(long position) throws IOException {
        channel.position(position);
      }
    };
  }
}
