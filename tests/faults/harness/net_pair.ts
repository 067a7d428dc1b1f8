/** The result of {@linkcode systemOutput}. */
export interface SystemOutput {
  readonly code: number;
  readonly text: string;
}

/** Runs a system program until it ends. A program that is missing ends with code 127. */
export async function systemOutput(command: readonly string[]): Promise<SystemOutput> {
  const [program = "", ...args] = command;
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
    const decoder = new TextDecoder();
    return { code, text: (decoder.decode(stdout) + decoder.decode(stderr)).trim() };
  } catch (error) {
    return { code: 127, text: `${program}: ${error}` };
  }
}

/** The reason why this account cannot create network namespaces, or undefined when it can. */
export async function whyNoNamespaces(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "network namespaces are made by root only";
  const name = `dfprobe${Deno.pid}`;
  const made = await systemOutput(["ip", "netns", "add", name]);
  if (made.code !== 0) return `ip netns add: ${made.text}`;
  await systemOutput(["ip", "netns", "del", name]);
  return undefined;
}

/**
 * The way in which packets can be lost at random on this host, and why the better way is
 * unavailable.
 */
export interface LossSupport {
  readonly way: "netem" | "nft" | "none";
  readonly why: string;
}

const SUBNET = "10.77.0";
let pairs = 0;

/** Two network namespaces with one link between them. Disposing removes both. */
export class NetPair implements AsyncDisposable {
  /** The addresses of the two ends. */
  readonly near = `${SUBNET}.1`;
  readonly far = `${SUBNET}.2`;
  readonly #names: readonly [string, string];

  /** Needs root: see {@linkcode whyNoNamespaces}. @throws {Error} with the system's message */
  static async create(): Promise<NetPair> {
    const id = `${Deno.pid}n${++pairs}`;
    const pair = new NetPair([`dfa${id}`, `dfb${id}`]);
    try {
      await pair.#build();
      return pair;
    } catch (error) {
      await pair[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(names: readonly [string, string]) {
    this.#names = names;
  }

  /** A command prefix that runs a program at the near end. */
  get inNear(): string[] {
    return ["ip", "netns", "exec", this.#names[0]];
  }

  /** A command prefix that runs a program at the far end. */
  get inFar(): string[] {
    return ["ip", "netns", "exec", this.#names[1]];
  }

  async #build(): Promise<void> {
    const [a, b] = this.#names;
    for (const name of this.#names) {
      await ip("netns", "add", name);
      await ip("-n", name, "link", "set", "lo", "up");
    }
    await ip("-n", a, "link", "add", "veth0", "type", "veth", "peer", "name", "veth0", "netns", b);
    for (const [name, address] of [[a, this.near], [b, this.far]] as const) {
      await ip("-n", name, "addr", "add", `${address}/24`, "dev", "veth0");
      await ip("-n", name, "link", "set", "veth0", "up");
    }
  }

  /** Cuts or restores the link without notice to either end. */
  async cut(isCut: boolean): Promise<void> {
    await ip("-n", this.#names[0], "link", "set", "veth0", isCut ? "down" : "up");
  }

  /** Drops every packet that arrives at either end, or stops dropping them. */
  async silence(isSilent: boolean): Promise<void> {
    for (const name of this.#names) {
      const nft = ["netns", "exec", name, "nft"];
      if (!isSilent) await ip(...nft, "delete", "table", "inet", "silence");
      else {
        await ip(...nft, "add", "table", "inet", "silence");
        await ip(...nft, "add", "chain", "inet", "silence", "input", chainOf("input"));
        await ip(...nft, ..."add rule inet silence input iifname veth0 drop".split(" "));
      }
    }
  }

  /** Loses packets at random at the far end, in both directions, by the best way available. */
  async lose(percent: number, delayMs: number): Promise<LossSupport> {
    const netem = ["tc", "qdisc", "replace", "dev", "veth0", "root", "netem"];
    const wanted = [...netem, "loss", `${percent}%`, "delay", `${delayMs}ms`];
    const byNetem = await systemOutput([...this.inFar, ...wanted]);
    if (byNetem.code === 0) return { way: "netem", why: `${percent} %, ${delayMs} ms` };
    for (const words of nftRules(percent)) {
      const { code, text } = await systemOutput([...this.inFar, "nft", ...words]);
      if (code !== 0) return { way: "none", why: `netem: ${byNetem.text}; nft: ${text}` };
    }
    return { way: "nft", why: `${percent} %, no delay; netem: ${byNetem.text}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#names) await systemOutput(["ip", "netns", "del", name]);
  }
}

function chainOf(hook: string): string {
  return `{ type filter hook ${hook} priority 0; }`;
}

function nftRules(percent: number): string[][] {
  const rule = `numgen random mod 100 < ${percent} drop`.split(" ");
  return [
    ["add", "table", "inet", "loss"],
    ...["input", "output"].flatMap((hook) => [
      ["add", "chain", "inet", "loss", hook, chainOf(hook)],
      ["add", "rule", "inet", "loss", hook, ...rule],
    ]),
  ];
}

async function ip(...args: string[]): Promise<void> {
  const { code, text } = await systemOutput(["ip", ...args]);
  if (code !== 0) throw new Error(`ip ${args.join(" ")}: ${text}`);
}
