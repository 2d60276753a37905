package org.anomalydetection.transform;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.columns.Blocks;
import org.anomalydetection.columns.PackRows;
import org.anomalydetection.columns.UnpackRows;
import org.anomalydetection.contract.Contract;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.util.construction.External;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;

/**
 * Scores rows with the Python transform of an expansion service: how odd is each, and why. What is
 * not set takes the contract's default. Immutable.
 *
 * <pre>{@code
 * AnomalyDetection.Result result =
 *     rows.apply(AnomalyDetection.at("localhost:8088").withModel("pretrained").withAlpha(0.01));
 * PCollection<Row> scored = result.scored();
 * PCollection<Row> errors = result.errors();
 * }</pre>
 *
 * <p>The rows need the id field and the model's features; every good row comes out of {@link
 * Result#scored} and every bad one out of {@link Result#errors}, once.
 */
public final class AnomalyDetection extends PTransform<PCollection<Row>, AnomalyDetection.Result> {
  private static final long serialVersionUID = 1L;

  private static final String ENCODER_URI = "encoder_uri";
  private static final String MODEL_URI = "model_uri";
  private static final String PARAMS_URI = "params_uri";

  private final String address;

  @SuppressWarnings("serial") // holds strings, numbers and lists of strings
  private final Map<String, Object> config;

  private final Boundary boundary;

  private AnomalyDetection(String address, Map<String, Object> config, Boundary boundary) {
    this.address = address;
    this.config = config;
    this.boundary = boundary;
  }

  /** Uses the expansion service at an address, as {@code host:port}. */
  public static AnomalyDetection at(String address) {
    return new AnomalyDetection(address, Map.of(), Boundary.COLUMNS);
  }

  /** Uses the model whose three files lie in a folder, as the Python worker sees it. */
  public AnomalyDetection withModel(String folder) {
    ModelUris uris = ModelUris.in(folder);
    return withUris(uris.encoder(), uris.model(), uris.params());
  }

  /** Uses the model of three files, on any file system that the Python worker reads. */
  public AnomalyDetection withUris(String encoderUri, String modelUri, String paramsUri) {
    return with(ENCODER_URI, encoderUri).with(MODEL_URI, modelUri).with(PARAMS_URI, paramsUri);
  }

  /** Names the field that names a row. */
  public AnomalyDetection withIdField(String field) {
    return with("id_field", field);
  }

  /** Sets the share of normal rows that may be called odd. */
  public AnomalyDetection withAlpha(double alpha) {
    return with("alpha", alpha);
  }

  /** Sets how many reasons an odd row is given. */
  public AnomalyDetection withExplain(long reasons) {
    return with("explain", reasons);
  }

  /** Gives reasons for normal rows too. */
  public AnomalyDetection withExplainAll(boolean all) {
    return with("explain_all", all);
  }

  /** Sets the most rows that are scored together. */
  public AnomalyDetection withBatchSize(long rows) {
    return with("batch_size", rows);
  }

  /** Scores windows by the newest model that was stored at the URIs before they begin. */
  public AnomalyDetection withFollowModel(boolean follow) {
    return with("follow_model", follow);
  }

  /** Names the input fields that scored rows carry too, after the fields of the contract. */
  public AnomalyDetection withKeepFields(List<String> fields) {
    return with("keep_fields", List.copyOf(fields));
  }

  /** Sets how rows cross the language boundary; as columns if it is not set. */
  public AnomalyDetection withBoundary(Boundary chosen) {
    return new AnomalyDetection(address, config, chosen);
  }

  private AnomalyDetection with(String option, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(config);
    changed.put(option, value);
    return new AnomalyDetection(address, changed, boundary);
  }

  /** Returns the configuration as it is sent: the fields that are set, in the contract's order. */
  Row configuration() {
    Schema.Builder schema = Schema.builder();
    ContractSchema.CONFIG.getFields().stream()
        .filter(field -> config.containsKey(field.getName()))
        .forEach(schema::addField);
    return Row.withSchema(schema.build()).withFieldValues(config).build();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a field to keep is not there, or scored rows have its name
   * @throws ServiceUnavailableException if no expansion service answers
   * @throws ExpansionException if it refuses the configuration, the model or the schema of the rows
   */
  @Override
  public Result expand(PCollection<Row> rows) {
    if (!config.containsKey(PARAMS_URI)) {
      throw new IllegalStateException(
          "AnomalyDetection: expected a model, found none; call withModel or withUris");
    }
    Schema schema = rows.getSchema();
    List<String> kept = keptFields(schema);
    WireNames names = new WireNames(schema, kept);
    boolean asColumns = boundary == Boundary.COLUMNS;
    PCollectionTuple sent =
        asColumns
            ? rows.apply("Pack", PackRows.of(batchSize(), idField()))
            : rows.apply("ToWire", names.toWire(idField()));
    AnomalyDetection request = with("field_names", schema.getFieldNames());
    if (asColumns) {
      request = request.with("field_types", Blocks.fieldTypes(schema));
    }
    PCollectionTuple outputs;
    try {
      outputs =
          sent.get(PackRows.SENT)
              .apply(
                  External.of(
                          Contract.URN,
                          ConfigurationPayload.of(request.configuration()),
                          address,
                          VersionCheck.CLIENTS)
                      .withMultiOutputs());
    } catch (RuntimeException e) {
      throw failure(e);
    }
    PCollection<Row> returned = outputs.get(Contract.SCORED_TAG);
    PCollection<Row> scored =
        asColumns
            ? returned.apply("Unpack", UnpackRows.of(schema, kept))
            : returned.apply("FromWire", names.fromWire(returned.getSchema()));
    // The schemas of the two languages are equal but not the same to Beam.
    PCollection<Row> errors =
        outputs.<Row>get(Contract.ERRORS_TAG).apply("Errors", new Rename(ContractSchema.ERRORS));
    return new Result(
        scored,
        PCollectionList.of(errors)
            .and(sent.get(PackRows.ERRORS))
            .apply("AllErrors", Flatten.pCollections()));
  }

  private String idField() {
    return (String) config.getOrDefault("id_field", ContractSchema.defaultText("id_field"));
  }

  private long batchSize() {
    return (long) config.getOrDefault("batch_size", ContractSchema.defaultNumber("batch_size"));
  }

  @SuppressWarnings("unchecked")
  private List<String> keptFields(Schema schema) {
    List<String> kept = (List<String>) config.getOrDefault("keep_fields", List.of());
    for (String field : kept) {
      if (!schema.hasField(field)) {
        throw new IllegalArgumentException(
            String.format(
                "keep_fields: expected fields of the rows (%s), found %s",
                String.join(", ", schema.getFieldNames()), field));
      }
      if (ContractSchema.SCORED.hasField(field)) {
        throw new IllegalArgumentException(
            String.format(
                "keep_fields: %s is the name of a field of scored rows; rename it", field));
      }
    }
    return kept;
  }

  private RuntimeException failure(RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    // By name, since Beam carries gRPC under a package that changes from release to release.
    if (e.getClass().getSimpleName().equals("StatusRuntimeException")) {
      return new ServiceUnavailableException(address, e);
    }
    String prefix = "expansion service error: ";
    return message.startsWith(prefix)
        ? ExpansionException.of(message.substring(prefix.length()), e)
        : e;
  }

  /** The two outputs. */
  public static final class Result extends NamedOutputs {
    private static final TupleTag<Row> SCORED = new TupleTag<>(Contract.SCORED_TAG);
    private static final TupleTag<Row> ERRORS = new TupleTag<>(Contract.ERRORS_TAG);

    private Result(PCollection<Row> scored, PCollection<Row> errors) {
      super(PCollectionTuple.of(SCORED, scored).and(ERRORS, errors));
    }

    /** Returns one row for every good input row: the contract's fields, then those kept. */
    public PCollection<Row> scored() {
      return get(SCORED);
    }

    /** Returns one row of the contract's errors for every bad input row. */
    public PCollection<Row> errors() {
      return get(ERRORS);
    }
  }
}
