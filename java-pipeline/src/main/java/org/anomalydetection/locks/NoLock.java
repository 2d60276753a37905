package org.anomalydetection.locks;

/** Keeps nobody out. */
final class NoLock implements FolderLock {
  @Override
  public void require() {}

  @Override
  public void close() {}
}
