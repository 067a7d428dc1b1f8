/** A platform for which the program is compiled. */
export interface Target {
  /** Deno's name. */
  readonly triple: string;
  /** Debian's name of its architecture. */
  readonly debian: string;
  /** npm's name, in the path of the prebuilt library. */
  readonly npm: string;
  /** Its number in the header of an ELF file. */
  readonly elfMachine: number;
}

/** All platforms: Linux with glibc, which the prebuilt libzmq requires. */
export const TARGETS: readonly Target[] = [
  { triple: "x86_64-unknown-linux-gnu", debian: "amd64", npm: "x64", elfMachine: 62 },
  { triple: "aarch64-unknown-linux-gnu", debian: "arm64", npm: "arm64", elfMachine: 183 },
];

/** The platform with this name; by default this one. @throws {RangeError} for any other name */
export function targetOf(triple: string = Deno.build.target): Target {
  const found = TARGETS.find((target) => target.triple === triple);
  if (found !== undefined) return found;
  const known = TARGETS.map((target) => target.triple).join(" or ");
  throw new RangeError(`Cannot compile for "${triple}": wanted ${known}`);
}

/** The path of a platform's prebuilt library in its package. */
export function libraryPath({ npm }: Target): string {
  return `build/linux/${npm}/node/glibc-127-Release/addon.node`;
}

const MACHINE_OFFSET = 18;

/** The machine of an ELF file; undefined if it is not one. */
export function elfMachineOf(head: Uint8Array): number | undefined {
  const isElf = [0x7f, 0x45, 0x4c, 0x46].every((byte, at) => head[at] === byte);
  if (!isElf || head.length < MACHINE_OFFSET + 2) return undefined;
  return new DataView(head.buffer, head.byteOffset).getUint16(MACHINE_OFFSET, true);
}
