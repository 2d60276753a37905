package org.anomalydetection.pipeline;

import java.util.Optional;
import org.anomalydetection.database.Database;
import org.anomalydetection.output.RowFormat;
import org.anomalydetection.tables.Tables;

/**
 * Where results go.
 *
 * @param format that of the files in the output folder
 * @param database the one that gets them too, if there is one
 * @param tables those that get them too, if there are any
 */
record Sinks(RowFormat format, Optional<Database> database, Optional<Tables> tables) {}
