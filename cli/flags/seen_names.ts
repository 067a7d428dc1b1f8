import type { DbUpdate } from "../../service/event/db_update.ts";
import type { Io } from "../terminal/io.ts";

/** The tables and topics of events that `subscribe` has received on this account. */
export interface Names {
  readonly tables: readonly string[];
  readonly topics: readonly string[];
}

/** Maximum number of tables, and of topics. */
const MAX_NAMES = 200;
/**
 * Other names are not kept: publishers choose them, and a shell that completes one must not execute
 * a part of it.
 */
const PLAIN_NAME = /^[\w][\w.:@%+-]{0,127}$/;
const MAX_FILE_BYTES = 4 * MAX_NAMES * 128;
const SAVE_DELAY_MS = 1_000;

/** The parts of {@linkcode Io} that read and write the file with the names. */
export type NamesIo = Pick<Io, "env" | "facts" | "readTextFile" | "replaceFile">;

/** The names in the file of this account; none if it cannot be read. */
export async function readSeenNames(io: NamesIo): Promise<Names> {
  try {
    const names = JSON.parse(await io.readTextFile(pathOf(io), MAX_FILE_BYTES));
    return { tables: plainNames(names?.tables), topics: plainNames(names?.topics) };
  } catch {
    return { tables: [], topics: [] };
  }
}

/**
 * Keeps the tables and topics of events in a file of this account, for the completion of shells. A
 * file that cannot be written is ignored. Disposing writes what is not written yet.
 */
export class SeenNames implements AsyncDisposable {
  readonly #io: NamesIo;
  readonly #tables = new Set<string>();
  readonly #topics = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(io: NamesIo) {
    this.#io = io;
  }

  /** Notes the names of an event. */
  note({ table, topic }: Pick<DbUpdate, "table" | "topic">): void {
    if (table !== null && !this.#tables.has(table)) this.#add(this.#tables, table);
    if (!this.#topics.has(topic)) this.#add(this.#topics, topic);
  }

  #add(names: Set<string>, name: string): void {
    if (names.size >= MAX_NAMES || !PLAIN_NAME.test(name)) return;
    names.add(name);
    this.#timer ??= setTimeout(() => this.#save(), SAVE_DELAY_MS);
  }

  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.then(() => this.#merge()).catch(() => {});
  }

  async #merge(): Promise<void> {
    const old = await readSeenNames(this.#io);
    const names = {
      tables: merged(this.#tables, old.tables),
      topics: merged(this.#topics, old.topics),
    };
    const isNew = (kind: keyof Names) => names[kind].some((name) => !old[kind].includes(name));
    if (isNew("tables") || isNew("topics")) {
      await this.#io.replaceFile(pathOf(this.#io), `${JSON.stringify(names)}\n`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== undefined) this.#save();
    await this.#saving;
  }
}

function merged(fresh: Iterable<string>, old: readonly string[]): string[] {
  return [...new Set([...fresh, ...old])].slice(0, MAX_NAMES);
}

function plainNames(names: unknown): string[] {
  if (!Array.isArray(names)) return [];
  return names.filter((name) => typeof name === "string" && PLAIN_NAME.test(name))
    .slice(0, MAX_NAMES);
}

/** @throws {TypeError} for an account without a home */
function pathOf({ env, facts }: Pick<Io, "env" | "facts">): string {
  const named = env["XDG_CACHE_HOME"] ?? "";
  if (!named.startsWith("/") && facts.home === "") throw new TypeError("No HOME, wanted one");
  return `${named.startsWith("/") ? named : `${facts.home}/.cache`}/df-pubsub/names.json`;
}
