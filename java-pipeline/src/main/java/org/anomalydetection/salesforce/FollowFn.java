package org.anomalydetection.salesforce;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.UnboundedPerElement;
import org.apache.beam.sdk.transforms.splittabledofn.ManualWatermarkEstimator;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.WatermarkEstimators;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads window after window of the cursor, up to a lag behind Salesforce's clock, by REST: bulk
 * queries at such a pace would use up those of a day within hours. Rows have the time of their last
 * change, and the watermark is the end of the last window. A bundle that a runner repeats reads its
 * windows again.
 *
 * <p>A window is claimed when all of it has been read. Where Salesforce fails before that, in a way
 * that may pass, nothing of the window is given out, and it is read anew after a wait, until that
 * has gone on for too long.
 */
@UnboundedPerElement
final class FollowFn extends DoFn<byte[], Row> {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(FollowFn.class);

  /** With so many records in a bundle the next window is for another one. */
  private static final long ENOUGH_RECORDS = 2000;

  private final Connection connection;
  private final RowQuery query;
  private final Fields fields;
  private final Pace pace;
  private final long begin;
  private final long end;
  private final ReadMetrics metrics = new ReadMetrics();
  private transient SalesforceClient client;
  private transient WindowReader reader;
  private transient RecordParser parser;

  /** How long the next window is, as the last ones suggest. */
  private transient long step;

  /**
   * @param begin from when on to read, in milliseconds since 1970
   * @param end up to before when, likewise; {@link TimeSpan#NEVER} for no end
   */
  FollowFn(Connection connection, RowQuery query, Fields fields, Pace pace, long begin, long end) {
    this.connection = connection.withBriefRetries();
    this.query = query;
    this.fields = fields;
    this.pace = pace;
    this.begin = begin;
    this.end = end;
  }

  @GetInitialRestriction
  public TimeSpan initialRestriction() {
    return new TimeSpan(TimePlace.at(begin), end);
  }

  @GetRestrictionCoder
  public Coder<TimeSpan> restrictionCoder() {
    return SerializableCoder.of(TimeSpan.class);
  }

  @NewTracker
  public TimeTracker tracker(@Restriction TimeSpan part) {
    return new TimeTracker(part);
  }

  @GetInitialWatermarkEstimatorState
  public org.joda.time.Instant initialWatermark(@Restriction TimeSpan part) {
    return time(part.from().millis());
  }

  @NewWatermarkEstimator
  public ManualWatermarkEstimator<org.joda.time.Instant> watermark(
      @WatermarkEstimatorState org.joda.time.Instant state) {
    return new WatermarkEstimators.Manual(state);
  }

  @Setup
  public void setup() {
    client = SalesforceClient.open(connection, metrics);
    reader = new WindowReader(new RestPages(client, connection, query, metrics), query, metrics);
    parser = new RecordParser(connection.url().toString(), fields, query);
    step = pace.window().toMillis();
  }

  @ProcessElement
  public ProcessContinuation process(
      RestrictionTracker<TimeSpan, TimePlace> tracker,
      ManualWatermarkEstimator<org.joda.time.Instant> watermark,
      MultiOutputReceiver out)
      throws IOException, InterruptedException {
    long entered = System.currentTimeMillis();
    TimeSpan part = tracker.currentRestriction();
    TimePlace place = part.from();
    try {
      // What comes to show meanwhile is left to the next poll.
      long visible = Math.min(client.now().minus(pace.lag()).toEpochMilli(), part.end());
      step = Math.min(step, pace.window().toMillis());
      for (long records = 0; records < ENOUGH_RECORDS; ) {
        long start = place.millis();
        if (start >= visible) {
          return later(tracker, TimePlace.at(start), pace.poll());
        }
        long wanted = Math.min(start + step, visible);
        WindowReader.Window read = reader.read(start, wanted);
        if (!tracker.tryClaim(TimePlace.at(read.end()))) {
          return ProcessContinuation.stop();
        }
        if (place.outage() != null) {
          LOG.info("Salesforce can be read again, after {} failures", place.outage().failures());
          metrics.goesOn();
        }
        if (start == begin) {
          out.get(ReadResult.BEGUN).outputWithTimestamp(entered, time(begin));
        }
        place = TimePlace.at(read.end());
        give(read, start, out);
        watermark.setWatermark(time(read.end()));
        if (read.end() == part.end()) {
          return ProcessContinuation.stop();
        }
        records += read.records().size();
        // Long spans in which hardly anything happened need few calls.
        step = read.end() < wanted ? read.end() - start : 2 * step;
      }
      return ProcessContinuation.resume();
    } catch (SalesforceException e) {
      if (!e.kind().isPassing()) {
        throw e;
      }
      return wait(tracker, place, e.retryAfter(), e);
    } catch (ReadException e) {
      return wait(tracker, place, Duration.ZERO, e);
    }
  }

  private void give(WindowReader.Window read, long start, MultiOutputReceiver out) {
    for (@Nullable String[] cells : read.records()) {
      RecordParser.Parsed parsed = parser.parse(cells);
      long changed = parsed.changed() == null ? start : parsed.changed().toEpochMilli();
      out.get(parsed.good() ? ReadResult.ROWS : ReadResult.ERRORS)
          .outputWithTimestamp(parsed.row(), time(changed));
      metrics.row();
    }
    out.get(ReadResult.COUNTS)
        .outputWithTimestamp((long) read.records().size(), time(read.end() - 1));
  }

  /** Waits after a failure, so that all from the place on is read later. */
  private ProcessContinuation wait(
      RestrictionTracker<TimeSpan, TimePlace> tracker,
      TimePlace place,
      Duration asked,
      IOException cause)
      throws ReadException {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    Outage outage = Outage.again(place.outage(), now);
    if (outage.isLongerThan(pace.outageLimit(), now)) {
      throw new ReadException(
          String.format(
              "following Salesforce: expected it to be read again within %s, found it failing since"
                  + " %s, when tried %d times; all before %s was read. Lastly: %s",
              pace.outageLimit(),
              outage.since(),
              outage.failures(),
              Instant.ofEpochMilli(place.millis()),
              cause.getMessage()),
          cause);
    }
    Duration delay = outage.delay(pace.poll(), asked);
    LOG.warn(
        "Salesforce cannot be read since {}; the next try, after {}, is in {} s: {}",
        outage.since(),
        outage.failures(),
        delay.toMillis() / 1000.0,
        cause.getMessage());
    metrics.waits(outage);
    return later(tracker, new TimePlace(place.millis(), outage), delay);
  }

  /** Claims nothing but where it is, for what is known of it to be there later. */
  private static ProcessContinuation later(
      RestrictionTracker<TimeSpan, TimePlace> tracker, TimePlace place, Duration delay) {
    return tracker.tryClaim(place)
        ? ProcessContinuation.resume()
            .withResumeDelay(org.joda.time.Duration.millis(delay.toMillis()))
        : ProcessContinuation.stop();
  }

  private static org.joda.time.Instant time(long millis) {
    return org.joda.time.Instant.ofEpochMilli(millis);
  }

  @FinishBundle
  public void finishBundle() {
    metrics.flush();
  }

  @Teardown
  public void teardown() {
    client.close();
  }
}
