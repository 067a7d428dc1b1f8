import type { RedisNode } from "./node.ts";

const MIGRATE_TIMEOUT_MS = 5_000;

/** The slot's current and new master. */
export interface SlotMoveSpec {
  readonly slot: number;
  readonly from: RedisNode;
  readonly to: RedisNode;
  /** All masters that own slots. They receive the new owner at the end. */
  readonly masters: readonly RedisNode[];
  readonly password?: string | undefined;
}

/**
 * The steps that move a slot between masters, for assertions in between: {@linkcode begin}, then
 * {@linkcode migrate} until it returns 0, then {@linkcode finish}.
 */
export class SlotMove {
  readonly slot: number;
  readonly from: RedisNode;
  readonly to: RedisNode;
  readonly #masters: readonly RedisNode[];
  readonly #login: readonly string[];

  constructor({ slot, from, to, masters, password }: SlotMoveSpec) {
    this.slot = slot;
    this.from = from;
    this.to = to;
    this.#masters = masters;
    this.#login = password === undefined ? [] : ["auth", password];
  }

  /** From now on the source replies ASK for keys that it does not have. */
  async begin(): Promise<void> {
    await this.to.cli(this.#setSlot("importing", await idOf(this.from)));
    await this.from.cli(this.#setSlot("migrating", await idOf(this.to)));
  }

  /**
   * Moves at most `count` keys and returns the number moved. Key names must not contain newlines.
   * @default 100
   */
  async migrate(count = 100): Promise<number> {
    const slot = String(this.slot);
    const answer = await this.from.cli(["cluster", "getkeysinslot", slot, String(count)]);
    const keys = answer.split("\n").filter((key) => key !== "");
    if (keys.length > 0) await this.from.cli([...this.#migrateTo(this.to), "keys", ...keys]);
    return keys.length;
  }

  /**
   * Assigns the slot to its new owner, first on that server itself, so that the slot always has an
   * owner.
   */
  async finish(): Promise<void> {
    const command = this.#setSlot("node", await idOf(this.to));
    const others = this.#masters.filter((node) => node !== this.to && node !== this.from);
    for (const node of [this.to, this.from, ...others]) await node.cli(command);
  }

  /** Runs all steps. */
  async run(): Promise<void> {
    await this.begin();
    while (await this.migrate() > 0);
    await this.finish();
  }

  #setSlot(state: "importing" | "migrating" | "node", id: string): string[] {
    return ["cluster", "setslot", String(this.slot), state, id];
  }

  #migrateTo({ host, port }: RedisNode): string[] {
    return ["migrate", host, String(port), "", "0", String(MIGRATE_TIMEOUT_MS), ...this.#login];
  }
}

function idOf(node: RedisNode): Promise<string> {
  return node.cli(["cluster", "myid"]);
}
