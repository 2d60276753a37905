package org.anomalydetection.columns;

import java.util.Arrays;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Texts or byte arrays. As long as at most half of them are different, each is the code of one in a
 * dictionary; then they stand one behind the other.
 */
final class TextBuilder extends ColumnBuilder {
  /** So many values are looked at before the dictionary is given up. */
  private static final int TRIAL = 256;

  private final @Nullable Integer layout;
  private final Dictionary dictionary = new Dictionary();

  /** Of each value, its code in the dictionary, or without one where its bytes end. */
  private int[] marks = new int[8];

  private TextBytes plain = new TextBytes();
  private boolean isPlain;
  private boolean lastIsNew;

  /**
   * @param layout how they are packed, null to choose by their number
   */
  TextBuilder(FieldType type, @Nullable Integer layout) {
    super(type);
    this.layout = layout;
    reset();
  }

  @Override
  int addValue(Object value, int i) {
    if (isPlain) {
      int start = plain.size();
      plain.add(value);
      mark(i, plain.size());
      return Integer.BYTES + plain.size() - start;
    }
    int before = dictionary.size();
    int code = dictionary.code(value);
    if (code < 0) {
      toPlain(i);
      return addValue(value, i);
    }
    int length = dictionary.end(code) - dictionary.start(code);
    lastIsNew = dictionary.size() > before;
    mark(i, code);
    if (layout == null && lastIsNew && i >= TRIAL && 2 * dictionary.size() > present() + 1) {
      toPlain(i + 1);
    }
    // As if it stood there: what reads may write it out.
    return Integer.BYTES + length;
  }

  @Override
  int addNull(int i) {
    lastIsNew = false;
    mark(i, isPlain ? plain.size() : 0);
    return Integer.BYTES;
  }

  private void mark(int i, int mark) {
    if (i == marks.length) {
      marks = Arrays.copyOf(marks, 2 * i);
    }
    marks[i] = mark;
  }

  @Override
  void remove(int i) {
    if (isPlain) {
      plain.truncate(i == 0 ? 0 : marks[i - 1]);
    } else if (lastIsNew) {
      dictionary.removeLast();
    }
  }

  @Override
  void reset() {
    plain.clear();
    dictionary.clear();
    isPlain = Integer.valueOf(ColumnCodec.PLAIN).equals(layout);
    lastIsNew = false;
  }

  private void toPlain(int n) {
    isPlain = true;
    for (int i = 0; i < n; i++) {
      if (!isNull(i)) {
        plain.add(dictionary.bytes(), dictionary.start(marks[i]), dictionary.end(marks[i]));
      }
      marks[i] = plain.size();
    }
  }

  @Override
  ColumnCodec.Header writeValues(ColumnWriter out) {
    int d = dictionary.size();
    if (!isPlain && layout == null && (d == 0 || 2 * d > present())) {
      toPlain(size());
    }
    if (isPlain) {
      writeOffsets(out, marks, size());
      out.bytes(plain);
      return new ColumnCodec.Header(ColumnCodec.PLAIN, 0);
    }
    writeOffsets(out, dictionary.ends(), d);
    out.bytes(dictionary.bytes());
    out.ints(marks, size());
    return new ColumnCodec.Header(ColumnCodec.DICTIONARY, d);
  }

  private static void writeOffsets(ColumnWriter out, int[] ends, int n) {
    out.part((n + 1L) * Integer.BYTES).putInt(0).asIntBuffer().put(ends, 0, n);
  }
}
