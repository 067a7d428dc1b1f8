/** Resident memory of a process, in bytes. */
export interface Memory {
  readonly resident: number;
  /** The peak. */
  readonly peak: number;
}

// USER_HZ, the unit in which the kernel reports processor time. Linux has 100 on every platform
// that Deno supports.
const TICKS_PER_SECOND = 100;
const [UTIME, STIME] = [11, 12];

/** Processor time of a process in seconds, with all its threads, in steps of 10 ms. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, which may contain blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
}

/** Reads the memory of a process. */
export async function memoryOf(pid: number): Promise<Memory> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const bytes = (name: string) => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status);
    if (match === null) throw new Error(`Status of process ${pid} has no "${name}"`);
    return Number(match[1]) * 1024;
  };
  return { resident: bytes("VmRSS"), peak: bytes("VmHWM") };
}
