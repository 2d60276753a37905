package org.anomalydetection.csv;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import org.anomalydetection.files.FileVersion;
import org.apache.beam.sdk.coders.AtomicCoder;

/**
 * A part of a file, as whole records.
 *
 * @param file the file as it was when its reading began
 * @param from where it begins
 * @param end before which byte of the file it ends; that of {@link Position#END} where it is all
 *     that follows
 */
record FilePart(FileVersion file, Position from, long end) implements Serializable {
  /** Returns all of a file. */
  static FilePart whole(FileVersion file) {
    return new FilePart(file, Position.START, Position.END.bytes());
  }

  /** Encodes parts as four numbers of 8 bytes and, as text, the mark of the file. */
  static final class Coder extends AtomicCoder<FilePart> {
    private static final long serialVersionUID = 1L;

    @Override
    public void encode(FilePart part, OutputStream out) throws IOException {
      DataOutputStream data = new DataOutputStream(out);
      data.writeLong(part.file.bytes());
      data.writeUTF(part.file.mark());
      data.writeLong(part.from.bytes());
      data.writeLong(part.from.records());
      data.writeLong(part.end);
    }

    @Override
    public FilePart decode(InputStream in) throws IOException {
      DataInputStream data = new DataInputStream(in);
      return new FilePart(
          new FileVersion(data.readLong(), data.readUTF()),
          new Position(data.readLong(), data.readLong()),
          data.readLong());
    }
  }
}
