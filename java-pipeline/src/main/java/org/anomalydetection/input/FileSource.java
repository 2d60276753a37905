package org.anomalydetection.input;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.csv.Header;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.csv.ReadCsv;
import org.anomalydetection.parquet.ParquetFile;
import org.anomalydetection.parquet.ReadParquet;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.Source;

/** CSV or Parquet files with the same columns as one source. */
public final class FileSource {
  private static final String PARQUET = ".parquet";

  /** So many files are looked at together: in an object store each takes a while. */
  private static final int THREADS = 16;

  private final List<String> paths;
  private final String idColumn;
  private final Map<String, CellKind> known;

  private FileSource(List<String> paths, String idColumn, Map<String, CellKind> known) {
    this.paths = paths;
    this.idColumn = idColumn;
    this.known = known;
  }

  /**
   * Returns the source of the files that a pattern stands for; names that end with {@code .parquet}
   * are those of Parquet files, all others of CSV files.
   *
   * @param pattern on any file system of Beam
   * @param idColumn the column that names a row, by its header or its name in the contract
   * @param known how the cells of known columns are read; all others are text
   * @throws InputException if there are no such files, or they cannot be read, or not together
   */
  public static Source of(String pattern, String idColumn, Map<String, CellKind> known) {
    List<String> paths = InputFiles.match(pattern, "input");
    FileSource files = new FileSource(paths, idColumn, known);
    boolean parquet = isParquet(paths.get(0));
    for (String path : paths) {
      if (isParquet(path) != parquet) {
        throw new InputException(
            String.format(
                "input %s: expected files of one format, found %s and %s",
                pattern, paths.get(0), path));
      }
    }
    return parquet ? files.parquet(pattern) : files.csv(pattern);
  }

  private static boolean isParquet(String path) {
    return path.toLowerCase(Locale.ROOT).endsWith(PARQUET);
  }

  private Source csv(String pattern) {
    List<Columns> all = each(path -> Header.read(path, idColumn, known));
    Columns columns = requireSame(all);
    return new Source(pattern, paths.size(), columns, ReadCsv.from(paths, columns));
  }

  private Source parquet(String pattern) {
    List<ParquetFile> files = each(path -> ParquetFile.read(path, idColumn, known));
    Columns columns = requireSame(files.stream().map(ParquetFile::columns).toList());
    return new Source(pattern, paths.size(), columns, ReadParquet.from(files, columns));
  }

  /** Looks at a file. */
  private interface Look<T> {
    T at(String path);
  }

  private <T> List<T> each(Look<T> look) {
    ExecutorService threads = Executors.newFixedThreadPool(Math.min(THREADS, paths.size()));
    try {
      List<Future<T>> looks = new ArrayList<>();
      for (String path : paths) {
        looks.add(threads.submit(() -> look.at(path)));
      }
      List<T> seen = new ArrayList<>();
      for (Future<T> one : looks) {
        seen.add(one.get());
      }
      return seen;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof InputException unusable
          ? unusable
          : new InputException("input " + paths.get(0) + ": " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputException("the look at the input was interrupted", e);
    } finally {
      threads.shutdownNow();
    }
  }

  /** Returns the columns of all files. */
  private Columns requireSame(List<Columns> all) {
    List<String> expected = all.get(0).names();
    for (int i = 1; i < all.size(); i++) {
      List<String> found = all.get(i).names();
      if (!found.equals(expected)) {
        throw new InputException(
            String.format(
                "input %s: expected the columns of %s, %s, found %s",
                paths.get(i),
                paths.get(0),
                String.join(", ", expected),
                difference(expected, found)));
      }
    }
    return all.get(0);
  }

  private static String difference(List<String> expected, List<String> found) {
    List<String> missing = new ArrayList<>(expected);
    missing.removeAll(found);
    List<String> more = new ArrayList<>(found);
    more.removeAll(expected);
    List<String> words = new ArrayList<>();
    if (!missing.isEmpty()) {
      words.add("no " + String.join(", ", missing));
    }
    if (!more.isEmpty()) {
      words.add("also " + String.join(", ", more));
    }
    return words.isEmpty()
        ? "them in another order: " + String.join(", ", found)
        : String.join(", and ", words);
  }
}
