/** A platform that the program is compiled for. */
export interface Target {
  /** As Deno names it. */
  readonly triple: string;
  /** As Debian names its architecture. */
  readonly debian: string;
  /** As npm names it, in the path of the prebuilt library. */
  readonly npm: string;
  /** Its number in the head of an ELF file. */
  readonly elfMachine: number;
}

/** Every one there is: Linux with glibc, as the prebuilt libzmq wants it. */
export const TARGETS: readonly Target[] = [
  { triple: "x86_64-unknown-linux-gnu", debian: "amd64", npm: "x64", elfMachine: 62 },
  { triple: "aarch64-unknown-linux-gnu", debian: "arm64", npm: "arm64", elfMachine: 183 },
];

/** The platform of that name, this one when there is none. @throws {RangeError} for another */
export function targetOf(triple: string = Deno.build.target): Target {
  const found = TARGETS.find((target) => target.triple === triple);
  if (found !== undefined) return found;
  const known = TARGETS.map((target) => target.triple).join(" or ");
  throw new RangeError(`Cannot compile for "${triple}": wanted ${known}`);
}

/** Where the prebuilt library of a platform lies in its package. */
export function libraryPath({ npm }: Target): string {
  return `build/linux/${npm}/node/glibc-127-Release/addon.node`;
}

const MACHINE_OFFSET = 18;

/** The machine that an ELF file is for, or undefined when it is none. */
export function elfMachineOf(head: Uint8Array): number | undefined {
  const isElf = [0x7f, 0x45, 0x4c, 0x46].every((byte, at) => head[at] === byte);
  if (!isElf || head.length < MACHINE_OFFSET + 2) return undefined;
  return new DataView(head.buffer, head.byteOffset).getUint16(MACHINE_OFFSET, true);
}
