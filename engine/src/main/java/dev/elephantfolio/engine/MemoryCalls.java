package dev.elephantfolio.engine;

import dev.elephantfolio.engine.fault.UserAccess;
import dev.elephantfolio.engine.gup.Gup;
import dev.elephantfolio.engine.io.IoCalls;
import dev.elephantfolio.engine.mm.BrkCall;
import dev.elephantfolio.engine.mm.ExecCall;
import dev.elephantfolio.engine.mm.ExitCall;
import dev.elephantfolio.engine.mm.ForkCall;
import dev.elephantfolio.engine.mm.MadviseCall;
import dev.elephantfolio.engine.mm.MlockCalls;
import dev.elephantfolio.engine.mm.MmapCall;
import dev.elephantfolio.engine.mm.MprotectCall;
import dev.elephantfolio.engine.mm.MremapCall;
import dev.elephantfolio.engine.mm.MunmapCall;
import dev.elephantfolio.engine.mm.PrctlCall;

/** The calls that every process of a machine makes. */
record MemoryCalls(
    MmapCall mmap,
    MunmapCall munmap,
    MremapCall mremap,
    MprotectCall mprotect,
    MadviseCall madvise,
    BrkCall brk,
    MlockCalls mlock,
    PrctlCall prctl,
    ForkCall fork,
    ExecCall exec,
    ExitCall exit,
    UserAccess access,
    Gup gup,
    IoCalls io) {}
