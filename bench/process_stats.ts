/** What a process holds of physical memory, in bytes. */
export interface Memory {
  readonly resident: number;
  /** The most it ever held. */
  readonly peak: number;
}

// USER_HZ, in which the kernel tells processor time; Linux has 100 on every platform of Deno's.
const TICKS_PER_SECOND = 100;
const [UTIME, STIME] = [11, 12];

/** Seconds of processor time a process has used, all its threads together, to 10 ms. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
}

/** The memory of a process. */
export async function memoryOf(pid: number): Promise<Memory> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const bytes = (name: string) => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status);
    if (match === null) throw new Error(`Status of process ${pid} has no "${name}"`);
    return Number(match[1]) * 1024;
  };
  return { resident: bytes("VmRSS"), peak: bytes("VmHWM") };
}
