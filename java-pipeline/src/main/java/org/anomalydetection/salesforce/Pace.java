package org.anomalydetection.salesforce;

import java.io.Serializable;
import java.time.Duration;

/**
 * How changes are followed.
 *
 * @param window how long a window is at most, to begin with
 * @param lag how long Salesforce is given until all changes show
 * @param poll how long to wait where there is nothing to read yet, and after a first failure
 * @param outageLimit how long Salesforce may fail until that is the end
 */
record Pace(Duration window, Duration lag, Duration poll, Duration outageLimit)
    implements Serializable {}
