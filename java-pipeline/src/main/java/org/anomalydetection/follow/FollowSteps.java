package org.anomalydetection.follow;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.anomalydetection.output.OutputFolder.Kind;
import org.anomalydetection.output.RowFormat;
import org.anomalydetection.output.WriteRows;
import org.anomalydetection.output.Written;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * The steps around the scoring of rows that never end: each version of a row once, in the windows
 * of the run, and at the end of each window its commit.
 */
public final class FollowSteps {
  private static final SerializableCoder<Piece> PIECES = SerializableCoder.of(Piece.class);

  private final FollowWindows windows;
  private final WindowFiles files;
  private final SavedPosition saved;
  private final FolderOwner owner;
  private final StateOwner stateOwner;
  private final String staging;
  private final RowFormat format;

  FollowSteps(
      FollowWindows windows,
      WindowFiles files,
      SavedPosition saved,
      FolderOwner owner,
      StateOwner stateOwner,
      String staging,
      RowFormat format) {
    this.windows = windows;
    this.files = files;
    this.saved = saved;
    this.owner = owner;
    this.stateOwner = stateOwner;
    this.staging = staging;
    this.format = format;
  }

  /**
   * Returns the transform that puts rows into the windows that they are committed in, by their
   * timestamps. What is remembered of rows for the sake of those that come again is best remembered
   * in these windows: a runner forgets it when a window is over.
   */
  public PTransform<PCollection<Row>, PCollection<Row>> intoWindows() {
    return new AssignWindows(windows);
  }

  /** Returns the transform that writes rows of a kind to where they are committed from. */
  public WriteRows write(Kind kind) {
    return write(kind.name().toLowerCase(Locale.ROOT));
  }

  /** Returns the transform that writes rows of any schema likewise, to be {@link Beside}. */
  public WriteRows write(String prefix) {
    return WriteRows.to(staging, prefix, format);
  }

  /**
   * The files of rows that are beside those that were read: they are committed with them, and not
   * counted.
   *
   * @param errors errors of rows that are scored all the same
   * @param preview what would be written back
   */
  public record Beside(PCollection<Written> errors, PCollection<Written> preview) {}

  /**
   * Adds the steps that commit windows.
   *
   * @param read all rows that were read, good and bad, each once; not none
   * @param scored the files of scored rows
   * @param errors the files of rows in error
   * @param beside other files, if there are any
   */
  public void commit(
      List<PCollection<Row>> read,
      PCollection<Written> scored,
      PCollection<Written> errors,
      Optional<Beside> beside) {
    PCollection<Piece> begin =
        read.get(0).getPipeline().apply("Begin", Create.of(Piece.begin()).withCoder(PIECES));
    PCollectionList<Piece> pieces =
        PCollectionList.of(begin)
            .and(pieces("ScoredFiles", scored, new FileFn(Piece.Kind.SCORED)))
            .and(pieces("ErrorsFiles", errors, new FileFn(Piece.Kind.ERRORS)));
    if (beside.isPresent()) {
      pieces =
          pieces
              .and(
                  pieces("UnwrittenFiles", beside.get().errors(), new FileFn(Piece.Kind.UNWRITTEN)))
              .and(pieces("PreviewFiles", beside.get().preview(), new FileFn(Piece.Kind.PREVIEW)));
    }
    for (int i = 0; i < read.size(); i++) {
      pieces = pieces.and(pieces("CountRead" + i, read.get(i), new CountFn()));
    }
    pieces
        .apply("Pieces", Flatten.pCollections())
        .apply("Together", WithKeys.<String, Piece>of("").withKeyType(TypeDescriptors.strings()))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), PIECES))
        .apply("Commit", ParDo.of(new CommitFn(windows, files, saved, owner, stateOwner)));
  }

  private static <T> PCollection<Piece> pieces(
      String name, PCollection<T> elements, DoFn<T, Piece> make) {
    return elements
        .apply(name, ParDo.of(make))
        .setCoder(PIECES)
        .apply(name + "InAll", Window.into(new GlobalWindows()));
  }

  private static final class FileFn extends DoFn<Written, Piece> {
    private static final long serialVersionUID = 1L;

    private final Piece.Kind kind;

    FileFn(Piece.Kind kind) {
      this.kind = kind;
    }

    @ProcessElement
    public void process(@Element Written written, BoundedWindow window, OutputReceiver<Piece> out) {
      out.output(Piece.of(kind, (IntervalWindow) window, written.file(), written.rows()));
    }
  }
}
