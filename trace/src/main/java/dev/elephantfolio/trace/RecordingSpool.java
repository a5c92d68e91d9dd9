package dev.elephantfolio.trace;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A recording that is written once, read once, and gone: an importer that must see everything
 * before it can write anything puts events aside in one. It has no name in the file system, so
 * nothing is left of it however the program ends.
 */
public final class RecordingSpool implements AutoCloseable {
  private static final int FAST_LEVEL = 1;

  private final FileChannel channel;
  private final RecordingWriter writer;

  private RecordingSpool(FileChannel channel) throws IOException {
    this.channel = channel;
    this.writer = RecordingWriter.into(channel, RecordingHeader.of("", "", 0, "spool"), FAST_LEVEL);
  }

  /** Makes a spool in the folder where {@code target} is to be written later. */
  public static RecordingSpool beside(Path target) throws IOException {
    Path folder = PendingFile.folderOf(target);
    String name = "." + target.getFileName() + "." + Long.toHexString(System.nanoTime()) + ".spool";
    try {
      return new RecordingSpool(
          FileChannel.open(
              folder.resolve(name),
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE));
    } catch (RecordingException e) {
      throw e;
    } catch (IOException e) {
      throw PendingFile.cannotWrite(target, folder, e);
    }
  }

  /** Where to write, until {@link #read()}. */
  public RecordingWriter writer() {
    return writer;
  }

  /** Ends the writing and reads from the start; closing the reader frees the spool. */
  public RecordingReader read() throws IOException {
    writer.commit();
    writer.close();
    return RecordingReader.over(channel, "spool", RecordingReader.Mode.STRICT);
  }

  @Override
  public void close() throws IOException {
    writer.close();
    channel.close();
  }
}
