package org.anomalydetection.csv;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import org.apache.beam.sdk.coders.AtomicCoder;

/**
 * A part of a file, as whole records.
 *
 * @param from where it begins
 * @param end before which byte of the file it ends; that of {@link Position#END} where it is all
 *     that follows
 */
record FilePart(Position from, long end) implements Serializable {
  /** All of a file. */
  static final FilePart WHOLE = new FilePart(Position.START, Position.END.bytes());

  /** Encodes parts as three numbers of 8 bytes. */
  static final class Coder extends AtomicCoder<FilePart> {
    private static final long serialVersionUID = 1L;

    @Override
    public void encode(FilePart part, OutputStream out) throws IOException {
      DataOutputStream data = new DataOutputStream(out);
      data.writeLong(part.from.bytes());
      data.writeLong(part.from.records());
      data.writeLong(part.end);
    }

    @Override
    public FilePart decode(InputStream in) throws IOException {
      DataInputStream data = new DataInputStream(in);
      return new FilePart(new Position(data.readLong(), data.readLong()), data.readLong());
    }
  }
}
