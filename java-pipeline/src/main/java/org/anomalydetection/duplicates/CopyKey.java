package org.anomalydetection.duplicates;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.source.Columns;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * When two rows are copies of each other: their key columns are equal, missing values too, and more
 * than half of the key columns are filled, so that rows of which hardly anything is known are no
 * copies. They are exact copies if the amounts are equal as well. Immutable.
 */
public final class CopyKey implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String NAME = "Name";
  private static final int HASH_BYTES = 16;

  private final List<String> columns;
  private final List<String> amounts;

  private CopyKey(List<String> columns, List<String> amounts) {
    this.columns = List.copyOf(columns);
    this.amounts = List.copyOf(amounts);
  }

  /** Compares by columns of somebody's choice; amounts are the other columns of numbers. */
  public static CopyKey of(List<String> key, Columns columns) {
    List<String> amounts =
        columns.names().stream()
            .filter(name -> columns.kind(name) == CellKind.DOUBLE && !key.contains(name))
            .toList();
    return new CopyKey(key, amounts);
  }

  /**
   * Compares by the text and boolean columns that the contract or the model knows, the id left out.
   * Others, such as a running number, would make every row unlike the rest. An opportunity's name
   * is what tells two deals of one account apart that are alike in all else; where the rows have no
   * {@code Name}, or it is their id, the dates have to.
   *
   * @param known the columns that the contract or the model knows
   */
  public static CopyKey byDefault(Columns columns, Set<String> known) {
    boolean named = columns.names().contains(NAME) && !columns.idColumn().equals(NAME);
    List<String> key = new ArrayList<>();
    for (String name : columns.names()) {
      CellKind kind = columns.kind(name);
      boolean tells = kind != CellKind.DOUBLE && (kind != CellKind.DATE || !named);
      if (tells && known.contains(name) && !name.equals(columns.idColumn())) {
        key.add(name);
      }
    }
    return of(key, columns);
  }

  /** Returns the columns in which copies are equal. */
  public List<String> columns() {
    return columns;
  }

  /** Returns all columns that are looked at: the key, then the amounts. */
  public List<String> all() {
    return Stream.concat(columns.stream(), amounts.stream()).toList();
  }

  /** Returns what equal rows have in common, or nothing for a row that is no copy of any. */
  Optional<String> of(Row row) {
    long filled = columns.stream().filter(name -> row.getValue(name) != null).count();
    return 2 * filled > columns.size() ? Optional.of(hash(row, columns)) : Optional.empty();
  }

  /** Returns what rows with the same amounts have in common. */
  String ofAmounts(Row row) {
    return hash(row, amounts);
  }

  private static String hash(Row row, List<String> names) {
    MessageDigest digest = sha256();
    for (String name : names) {
      byte[] value = text(row.getValue(name)).getBytes(StandardCharsets.UTF_8);
      // With its length, so that the end of one value is not the beginning of the next.
      digest.update((value.length + ":").getBytes(StandardCharsets.UTF_8));
      digest.update(value);
    }
    return Base64.getEncoder()
        .withoutPadding()
        .encodeToString(Arrays.copyOf(digest.digest(), HASH_BYTES));
  }

  private static String text(@Nullable Object value) {
    if (value == null) {
      return "";
    }
    // 0 and -0 are the same amount.
    return "=" + (value instanceof Double number ? Double.toString(number + 0.0) : value);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
