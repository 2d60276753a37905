package org.anomalydetection.parquet;

import java.util.Arrays;
import java.util.List;
import org.anomalydetection.csv.CellRecord;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.io.api.RecordMaterializer;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** A record of a Parquet file as the cells of a CSV; one object for one record after the other. */
final class RecordCells extends RecordMaterializer<RecordCells> implements CellRecord {
  private static final int FIRST_BYTES = 1 << 12;

  private final Root root;
  private final int[] begins;
  private final int[] ends;
  private byte[] bytes = new byte[FIRST_BYTES];
  private int length;
  private long number;

  /** Takes records of a schema with nothing in it that is {@link CellText#unreadable}. */
  RecordCells(MessageType schema) {
    List<Type> types = schema.getFields();
    begins = new int[types.size()];
    ends = new int[types.size()];
    Column[] columns = new Column[types.size()];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = new Column(i, CellText.of(types.get(i).asPrimitiveType()));
    }
    root = new Root(columns);
  }

  /** Says which record of the file this is, from 1. */
  void number(long record) {
    number = record;
  }

  private void set(int cell, byte[] text) {
    if (length + text.length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + text.length));
    }
    System.arraycopy(text, 0, bytes, length, text.length);
    begins[cell] = length;
    length += text.length;
    ends[cell] = length;
  }

  @Override
  public long number() {
    return number;
  }

  @Override
  public int cells() {
    return ends.length;
  }

  @Override
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public int begin(int cell) {
    return begins[cell];
  }

  @Override
  public int end(int cell) {
    return ends[cell];
  }

  @Override
  public RecordCells getCurrentRecord() {
    return this;
  }

  @Override
  public GroupConverter getRootConverter() {
    return root;
  }

  /** Gives each column its converter, and begins each record with all cells empty. */
  private final class Root extends GroupConverter {
    private final Column[] columns;

    Root(Column[] columns) {
      this.columns = columns;
    }

    @Override
    public Converter getConverter(int field) {
      return columns[field];
    }

    @Override
    public void start() {
      length = 0;
      Arrays.fill(begins, 0);
      Arrays.fill(ends, 0);
    }

    @Override
    public void end() {}
  }

  /** Puts the values of a column into its cell. */
  private final class Column extends PrimitiveConverter {
    private final int cell;
    private final CellText text;
    private byte[][] words = {};

    Column(int cell, CellText text) {
      this.cell = cell;
      this.text = text;
    }

    @Override
    public boolean hasDictionarySupport() {
      return true;
    }

    @Override
    public void setDictionary(Dictionary dictionary) {
      words = new byte[dictionary.getMaxId() + 1][];
      for (int i = 0; i < words.length; i++) {
        words[i] = text.of(dictionary, i);
      }
    }

    @Override
    public void addValueFromDictionary(int id) {
      set(cell, words[id]);
    }

    @Override
    public void addBinary(Binary value) {
      set(cell, text.of(value));
    }

    @Override
    public void addBoolean(boolean value) {
      set(cell, text.of(value));
    }

    @Override
    public void addDouble(double value) {
      set(cell, text.of(value));
    }

    @Override
    public void addFloat(float value) {
      set(cell, text.of(value));
    }

    @Override
    public void addInt(int value) {
      set(cell, text.of(value));
    }

    @Override
    public void addLong(long value) {
      set(cell, text.of(value));
    }
  }
}
