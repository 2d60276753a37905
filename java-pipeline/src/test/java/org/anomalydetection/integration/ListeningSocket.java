package org.anomalydetection.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/** A listening TCP socket of a process, as Linux tells of it. */
record ListeningSocket(String process, String address, int port) {
  private static final String LISTEN = "0A";
  private static final int WORD = 4;

  /** Returns the sockets of a process; none if it has ended. */
  static Set<ListeningSocket> of(ProcessHandle process, String name) {
    Map<String, String> addresses = listening();
    Set<ListeningSocket> sockets = new HashSet<>();
    Path descriptors = Path.of("/proc", Long.toString(process.pid()), "fd");
    try (DirectoryStream<Path> all = Files.newDirectoryStream(descriptors)) {
      for (Path descriptor : all) {
        String target = target(descriptor);
        if (addresses.containsKey(target)) {
          String[] local = addresses.get(target).split(":", 2);
          sockets.add(new ListeningSocket(name, address(local[0]), Integer.parseInt(local[1], 16)));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return sockets;
    }
    return sockets;
  }

  /** Returns the local address of each listening socket by the name of its descriptor's target. */
  private static Map<String, String> listening() {
    Map<String, String> sockets = new HashMap<>();
    for (String table : new String[] {"/proc/net/tcp", "/proc/net/tcp6"}) {
      try {
        Files.readAllLines(Path.of(table)).stream()
            .skip(1)
            .map(line -> line.strip().split("\\s+", -1))
            .filter(fields -> fields[3].equals(LISTEN))
            .forEach(fields -> sockets.put("socket:[" + fields[9] + "]", fields[1]));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return sockets;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "closed meanwhile";
    }
  }

  /** Reads an address of words in the machine's byte order, least significant byte first. */
  private static String address(String hex) {
    byte[] words = HexFormat.of().parseHex(hex);
    byte[] bytes = new byte[words.length];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = words[i / WORD * WORD + WORD - 1 - i % WORD];
    }
    try {
      InetAddress address = InetAddress.getByAddress(bytes);
      return address.isAnyLocalAddress() ? "all interfaces" : address.getHostAddress();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
