package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Lists: the items of all one behind the other, as a column or, if they are rows, as several. */
final class ArrayColumn extends ColumnCodec {
  private final FieldType type;
  private final @Nullable Schema rows;
  private final List<String> names;
  private final List<ColumnCodec> columns;

  /**
   * @param columns how items are packed, or each of their fields if they are rows
   */
  ArrayColumn(FieldType type, List<ColumnCodec> columns) {
    super(type);
    this.type = type;
    this.rows = itemType(type).getRowSchema();
    this.names = rows == null ? List.of("items") : rows.getFieldNames();
    this.columns = List.copyOf(columns);
    if (columns.isEmpty()) {
      // Nothing would tell how many there really are.
      throw new IllegalArgumentException("expected items with a field, found none in " + type);
    }
  }

  static ArrayColumn of(FieldType type) {
    return new ArrayColumn(
        type, itemColumns(itemType(type)).stream().map(ColumnCodec::of).toList());
  }

  private static FieldType itemType(FieldType type) {
    return Objects.requireNonNull(type.getCollectionElementType());
  }

  private static List<FieldType> itemColumns(FieldType item) {
    Schema rows = item.getRowSchema();
    return rows == null
        ? List.of(item)
        : rows.getFields().stream().map(Schema.Field::getType).toList();
  }

  @Override
  ColumnBuilder builder() {
    return new Builder();
  }

  @Override
  @Nullable Object[] decodeValues(
      ColumnReader in, Header header, int n, boolean @Nullable [] present) {
    int[] offsets = in.offsets(n);
    if (offsets[n] != header.count()) {
      throw in.malformed(
          String.format(
              "last offset: expected the count %d, found %d", header.count(), offsets[n]));
    }
    @Nullable Object[][] decoded = new Object[columns.size()][];
    for (int c = 0; c < decoded.length; c++) {
      decoded[c] = columns.get(c).decode(in.nested(names.get(c)), header.count());
    }
    @Nullable Object[] items = rows == null ? decoded[0] : rows(rows, decoded, header.count());
    @Nullable Object[] values = new Object[n];
    for (int i = 0; i < n; i++) {
      boolean isEmpty = offsets[i] == offsets[i + 1];
      if (present == null || present[i]) {
        values[i] =
            isEmpty
                ? Collections.emptyList()
                : Arrays.asList(Arrays.copyOfRange(items, offsets[i], offsets[i + 1]));
      } else if (!isEmpty) {
        throw nullWith(in, i, "no items");
      }
    }
    return values;
  }

  private static Object[] rows(Schema schema, @Nullable Object[][] columns, int n) {
    Object[] rows = new Object[n];
    for (int i = 0; i < n; i++) {
      @Nullable Object[] values = new Object[columns.length];
      for (int c = 0; c < values.length; c++) {
        values[c] = columns[c][i];
      }
      rows[i] = Row.withSchema(schema).attachValues(Arrays.asList(values));
    }
    return rows;
  }

  /** Keeps the lists until they are written. */
  private final class Builder extends ColumnBuilder {
    private static final int BYTES_OF_AN_ITEM = 16;

    private final List<Collection<?>> lists = new ArrayList<>();

    Builder() {
      super(type);
    }

    @Override
    int addValue(Object value, int i) {
      BadText.check(value);
      return put((Collection<?>) value);
    }

    @Override
    int addNull(int i) {
      return put(List.of());
    }

    private int put(Collection<?> list) {
      lists.add(list);
      return Integer.BYTES + BYTES_OF_AN_ITEM * list.size();
    }

    @Override
    void remove(int i) {
      lists.remove(i);
    }

    @Override
    void reset() {
      lists.clear();
    }

    @Override
    Header writeValues(ColumnWriter out) {
      int count = lists.stream().mapToInt(Collection::size).sum();
      ByteBuffer offsets = out.part((lists.size() + 1L) * Integer.BYTES).putInt(0);
      int end = 0;
      for (Collection<?> list : lists) {
        end += list.size();
        offsets.putInt(end);
      }
      for (int c = 0; c < columns.size(); c++) {
        ColumnBuilder column = columns.get(c).builder();
        for (Collection<?> list : lists) {
          for (Object item : list) {
            column.add(rows == null ? item : ((Row) item).getValue(c));
          }
        }
        int length = out.part(Long.BYTES).position();
        int start = out.size();
        column.write(out);
        out.view(length, Long.BYTES).putLong(out.size() - start);
      }
      return new Header(PLAIN, count);
    }
  }
}
