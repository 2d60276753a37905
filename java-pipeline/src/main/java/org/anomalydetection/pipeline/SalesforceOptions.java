package org.anomalydetection.pipeline;

import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What can be told to a run that reads Salesforce, and writes to it. */
public interface SalesforceOptions extends PipelineOptions {
  /** Returns the address of the org. */
  @Description(
      "The org to read, such as https://example.my.salesforce.com; http only on this machine.")
  @Nullable String getSalesforceUrl();

  /** Sets the address of the org. */
  void setSalesforceUrl(String url);

  /** Returns the place of the secrets of the login, null for the environment. */
  @Description(
      "Where the login is: a JSON file of client_id and client_secret, or of client_id, username"
          + " and private_key_file; or vault:ENGINE/SECRET, in HashiCorp Vault. When absent, the"
          + " environment has SALESFORCE_CLIENT_ID with SALESFORCE_CLIENT_SECRET, or with"
          + " SALESFORCE_USERNAME and SALESFORCE_PRIVATE_KEY_FILE, which count if all are there.")
  @Nullable String getSalesforceCredentials();

  /** Sets the place of the secrets of the login. */
  void setSalesforceCredentials(String place);

  /** Returns the path of the file that maps columns to fields, null for none. */
  @Description(
      "A JSON file of columns and the fields of your org that hold them, such as {\"Segment\":"
          + " \"Tier__c\", \"Product\": null}; null for a column that you have not. Columns that it"
          + " does not name are as in contract/salesforce.json.")
  @Nullable String getSalesforceFields();

  /** Sets the path of the file that maps columns to fields. */
  void setSalesforceFields(String path);

  /** Returns the query of which rows are read, null for all opportunities. */
  @Description(
      "A SOQL query to read in place of all opportunities; it selects fields by their names, among"
          + " them the id.")
  @Nullable String getQuery();

  /** Sets the query of which rows are read. */
  void setQuery(String soql);

  /** Returns the time from which on changes are read. */
  @Description(
      "Read opportunities that were changed (SystemModstamp) at this time, as 2024-01-31 or"
          + " 2024-01-31T12:00:00Z, or later; until --until, or else until --lag before now.")
  @Nullable String getSince();

  /** Sets the time from which on changes are read. */
  void setSince(String time);

  /** Returns the time before which changes are read. */
  @Description("Read only what was changed before this time.")
  @Nullable String getUntil();

  /** Sets the time before which changes are read. */
  void setUntil(String time);

  /** Returns whether to go on reading changes. */
  @Description(
      "Go on for good, from --position or else from --since: read changes as they happen, and"
          + " commit files of them window by window, until SIGINT or SIGTERM.")
  @Nullable Boolean getFollow();

  /** Sets whether to go on reading changes. */
  void setFollow(Boolean follow);

  /** Returns where the position of a run that follows is saved, null for the default. */
  @Description(
      "Where --follow saves up to when changes are in committed files, on any file system of Beam;"
          + " a run goes on from there, and needs --since only where there is none.")
  @Nullable String getPosition();

  /** Sets where the position of a run that follows is saved. */
  void setPosition(String uri);

  /** Returns how long the windows are whose files are committed together. */
  @Description(
      "How much time the rows of one commit of --follow span, in whole seconds: files appear when"
          + " it is over and done, and there are fewer of them if it is longer.")
  @Default.String("10s")
  String getCommitEvery();

  /** Sets how long the windows are whose files are committed together. */
  void setCommitEvery(String duration);

  /** Returns how far to stay behind the clock. */
  @Description(
      "How long Salesforce is given until a change shows everywhere, as 90s, 5m or 1h; what is"
          + " newer is not read by --since and --follow.")
  @Default.String("5m")
  String getLag();

  /** Sets how far to stay behind the clock. */
  void setLag(String duration);

  /** Returns how often to look for changes. */
  @Description("How often --follow looks for changes.")
  @Default.String("30s")
  String getPollInterval();

  /** Sets how often to look for changes. */
  void setPollInterval(String duration);

  /** Returns the length of the windows that are read apart, null for all in one. */
  @Description(
      "Divide --since into windows of this length, such as 30d, for more workers or where a query"
          + " takes Salesforce too long; all is one query when absent.")
  @Nullable String getWindow();

  /** Sets the length of the windows that are read apart. */
  void setWindow(String duration);

  /** Returns whether to read deleted records too. */
  @Description("Read and score deleted opportunities too; the column IsDeleted tells.")
  @Nullable Boolean getIncludeDeleted();

  /** Sets whether to read deleted records too. */
  void setIncludeDeleted(Boolean include);

  /** Returns how long a bulk query may take. */
  @Description("How long a bulk query may take Salesforce before it is aborted and the run fails.")
  @Default.String("2h")
  String getSalesforceJobTimeout();

  /** Sets how long a bulk query may take. */
  void setSalesforceJobTimeout(String duration);

  /** Returns whether scores are written to the records that were read. */
  @Description(
      "Write score, label and first reason to fields of the records that were read, where they"
          + " differ: off, preview, which only tells what would be written, or apply.")
  @Default.String("off")
  String getWriteBack();

  /** Sets whether scores are written to the records that were read. */
  void setWriteBack(String mode);

  /** Returns which fields take which values, null for those of the default names. */
  @Description(
      "The fields that --writeBack writes, of score, label and reason those that you want: a number"
          + " with decimals, a number or a checkbox, and a text, where a reason that is too long"
          + " ends with an ellipsis. When absent: score=Anomaly_Score__c,label=Anomaly_Label__c,"
          + "reason=Anomaly_Reason__c.")
  @Nullable List<String> getWriteBackFields();

  /** Sets which fields take which values. */
  void setWriteBackFields(List<String> pairs);
}
