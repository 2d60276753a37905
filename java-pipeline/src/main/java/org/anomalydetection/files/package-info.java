/** Files wherever Beam finds them: on disks and in object stores. */
package org.anomalydetection.files;
