package dev.elephantfolio.engine.frame;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Something for each 2 MiB block, made when first needed, dropped when all of it is zero. */
final class ContentBlocks<T> {
  private final AtomicReferenceArray<@Nullable T> blocks;
  private final Supplier<T> maker;

  ContentBlocks(long frames, Supplier<T> maker) {
    int count = (int) ((frames + FrameBlock.FRAMES - 1) >>> FrameBlock.ORDER);
    this.blocks = new AtomicReferenceArray<>(count);
    this.maker = maker;
  }

  @Nullable T get(int pfn) {
    return blocks.getAcquire(pfn >>> FrameBlock.ORDER);
  }

  T getOrMake(int pfn) {
    T found = get(pfn);
    if (found != null) {
      return found;
    }
    T made = maker.get();
    T winner = blocks.compareAndExchange(pfn >>> FrameBlock.ORDER, null, made);
    return winner == null ? made : winner;
  }

  void drop(int pfn) {
    blocks.setRelease(pfn >>> FrameBlock.ORDER, null);
  }
}
