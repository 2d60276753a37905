/** Keeps a folder to one run at a time, on disks and in object stores. */
package org.anomalydetection.locks;
