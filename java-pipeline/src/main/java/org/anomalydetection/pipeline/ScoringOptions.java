package org.anomalydetection.pipeline;

import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What can be told to a run. {@code --jobEndpoint} and more come from Beam's own options. */
public interface ScoringOptions extends SalesforceOptions, ClusterOptions {
  /** What is read when nobody says what. */
  String SAMPLE = "data/opportunities.csv";

  /** Returns what kind of source is read. */
  @Description("What to read: csv, which is --input, or salesforce.")
  @Default.String("csv")
  String getSource();

  /** Sets what kind of source is read. */
  void setSource(String kind);

  /** Returns the path or the pattern of the files that are read. */
  @Description(
      "The file to read, or a pattern in quotes, such as 'data/part-*.csv', of files that all have"
          + " the same columns; local, or in an object store (gs://, s3://). Names that end with"
          + " .parquet are those of Parquet files, all others of CSV files with a header.")
  @Default.String(SAMPLE)
  String getInput();

  /** Sets the path or the pattern of the files that are read. */
  void setInput(String pattern);

  /** Returns the folder that is written to. */
  @Description(
      "The folder to write to, or a prefix in an object store: it gets files scored-* and errors-*,"
          + " which replace those of an earlier run.")
  @Default.String("build/scored")
  String getOutput();

  /** Sets the folder that is written to. */
  void setOutput(String folder);

  /** Returns the files of errors whose records are read again, null for none. */
  @Description(
      "Files of errors, of any format and with wildcards, whose records are read again instead of"
          + " --input, once their field element is mended.")
  @Nullable String getReplay();

  /** Sets the files of errors whose records are read again. */
  void setReplay(String files);

  /** Returns the format of the files that are written. */
  @Description(
      "The format of the files in --output: jsonl, csv (where reasons are JSON text) or parquet.")
  @Default.String("jsonl")
  String getOutputFormat();

  /** Sets the format of the files that are written. */
  void setOutputFormat(String format);

  /** Returns the URL of the database that is written to as well, null for none. */
  @Description(
      "A PostgreSQL database, as jdbc:postgresql://host:port/database?user=name, whose tables"
          + " scored and errors get the rows too; they are made where absent, and a row replaces"
          + " another with its id. The password is in the environment, as OUTPUT_JDBC_PASSWORD or"
          + " PGPASSWORD, or in the file that PGPASSFILE names.")
  @Nullable String getOutputJdbcUrl();

  /** Sets the URL of the database that is written to as well. */
  void setOutputJdbcUrl(String url);

  /** Returns the table of BigQuery that is written to as well, null for none. */
  @Description(
      "A table of BigQuery, as project:dataset.table, that the scored rows are added to as well,"
          + " and errors to the one named table_errors; they are made where absent.")
  @Nullable String getOutputTable();

  /** Sets the table of BigQuery that is written to as well. */
  void setOutputTable(String table);

  /** Returns the folder of the model. */
  @Description(
      "The folder with encoder.pth, anomaly_detection.model and model.params, as the Python worker"
          + " sees it; or their prefix in an object store, such as gs://bucket/pretrained.")
  @Default.String("pretrained")
  String getModel();

  /** Sets the folder of the model. */
  void setModel(String folder);

  /** Returns where the encoder is, if not in the model's folder. */
  @Description("Where the encoder is, instead of --model.")
  @Nullable String getEncoderUri();

  /** Sets where the encoder is. */
  void setEncoderUri(String uri);

  /** Returns where the clustering is, if not in the model's folder. */
  @Description("Where the clustering is, instead of --model.")
  @Nullable String getModelUri();

  /** Sets where the clustering is. */
  void setModelUri(String uri);

  /** Returns where the parameters are, if not in the model's folder. */
  @Description("Where the parameters are, instead of --model.")
  @Nullable String getParamsUri();

  /** Sets where the parameters are. */
  void setParamsUri(String uri);

  /** Returns the column that names a row. */
  @Description("The column that names a row, by its header or its name in the contract.")
  @Default.String("Id")
  String getIdColumn();

  /** Sets the column that names a row. */
  void setIdColumn(String column);

  /** Returns the columns that scored rows carry, null for all. */
  @Description("The input columns that scored rows carry, with commas between; all when absent.")
  @Nullable List<String> getKeepColumns();

  /** Sets the columns that scored rows carry. */
  void setKeepColumns(List<String> columns);

  /** Returns the share of normal rows that may be called odd, null for the model's own. */
  @Description(
      "The share of normal rows that may be called odd, between 0 and 1; the model's own when"
          + " absent.")
  @Nullable Double getAlpha();

  /** Sets the share of normal rows that may be called odd. */
  void setAlpha(Double alpha);

  /** Returns how many reasons an odd row is given, null for the contract's default. */
  @Description("How many reasons an odd row is given; 3 when absent.")
  @Nullable Integer getExplain();

  /** Sets how many reasons an odd row is given. */
  void setExplain(Integer reasons);

  /** Returns whether normal rows are given reasons too. */
  @Description("Give reasons for normal rows too.")
  @Nullable Boolean getExplainAll();

  /** Sets whether normal rows are given reasons too. */
  void setExplainAll(Boolean all);

  /** Returns the most rows that are scored together, null for the contract's default. */
  @Description("The most rows that are scored together; 16384 when absent.")
  @Nullable Integer getBatchSize();

  /** Sets the most rows that are scored together. */
  void setBatchSize(Integer rows);

  /** Returns how rows cross the language boundary. */
  @Description(
      "How rows cross between the languages: in blocks of columns, or as rows, one by one, which"
          + " takes several times as long. Results are the same.")
  @Default.String("columns")
  String getBoundary();

  /** Sets how rows cross the language boundary. */
  void setBoundary(String way);

  /** Returns whether to look for rows that were entered twice. */
  @Description(
      "Look for rows that were entered twice, whatever their amounts: equal in all text and boolean"
          + " columns that the model or the contract knows but the id (and in the dates, if the"
          + " rows have no Name beside the id), or in --duplicateKey. Scored rows get three more"
          + " fields: duplicate_of, at most 5 ids of rows that look like copies; duplicates, how"
          + " many do; exact_duplicates, how many of them have the same amounts too and so come"
          + " first. Scores stay as they are.")
  @Nullable Boolean getFindDuplicates();

  /** Sets whether to look for rows that were entered twice. */
  void setFindDuplicates(Boolean find);

  /** Returns the columns in which rows that were entered twice are equal, null for the default. */
  @Description(
      "The input columns, with commas between, in which rows are equal that --findDuplicates finds;"
          + " a row of which half or more are empty is a copy of none.")
  @Nullable List<String> getDuplicateKey();

  /** Sets the columns in which rows that were entered twice are equal. */
  void setDuplicateKey(List<String> columns);

  /** Returns the path of the file of what has been reviewed, null for none. */
  @Description(
      "A CSV file of odd rows that were reviewed, with the header id,column: a line names a row by"
          + " its id, all rows whose first reason is a column, or both. They are written as ever,"
          + " marked as ignored, and left out of the summary and of --alertAbove.")
  @Nullable String getIgnore();

  /** Sets the path of the file of what has been reviewed. */
  void setIgnore(String path);

  /** Returns the share of odd rows above which a run alerts, null for never. */
  @Description(
      "The share of scored rows, from 0 to 1, that may be odd; with more the run ends with exit"
          + " code 3, after it has written everything.")
  @Nullable Double getAlertAbove();

  /** Sets the share of odd rows above which a run alerts. */
  void setAlertAbove(Double share);

  /** Returns whether to make a page of the run, null for wherever that is possible. */
  @Description(
      "Make the page report.html in the output folder, for people. When absent it is made if the"
          + " folder is on this machine and the command of --python is there.")
  @Nullable Boolean getReport();

  /** Sets whether to make a page of the run. */
  void setReport(Boolean make);

  /** Returns the address of a running expansion service, null to start one. */
  @Description("A running expansion service, as host:port; one is started when absent.")
  @Nullable String getExpansionService();

  /** Sets the address of a running expansion service. */
  void setExpansionService(String address);

  /** Returns the path of Prism, null for the one of the set-up or on the PATH. */
  @Description(
      "The prism that is started without --jobEndpoint; build/tools/prism or one on the PATH when"
          + " absent.")
  @Nullable String getPrism();

  /** Sets the path of Prism. */
  void setPrism(String executable);

  /** Returns the path of the Python command, null for that of the project's environment. */
  @Description(
      "The anomaly-detection command that is started without --expansionService, and that makes the"
          + " report; python-transform/.venv/bin/anomaly-detection when absent.")
  @Nullable String getPython();

  /** Sets the path of the Python command. */
  void setPython(String executable);
}
