/**
 * The contracts of drivers as tests, for authors of drivers. Run them by `deno test -A`, on Linux: each
 * test also fails when it leaves a descriptor open.
 *
 * @example A driver of the library, to show how
 * ```ts
 * import { testPubSubDriver } from "@df/pubsub/driver/contract";
 * import { mine } from "./mine.ts"; // your entry for `pubSubDrivers`
 *
 * await testPubSubDriver(mine);
 * ```
 *
 * @module
 */
import { silentLogger } from "../../drivers/contract/logger.ts";
import type { DbDriverEntry, PubSubDriverEntry } from "../../drivers/contract/driver_entry.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import { loadConfig } from "../../mod.ts";
import { tempDir } from "../support/temp_dir.ts";
import { dbContract } from "./db_contract.ts";
import { OVERRIDES, registerPubSubContract } from "./pubsub_contract.ts";

/** How a driver is tested. */
export interface ContractOptions {
  /**
   * Values of options, by `group.option`, for one test, which may use an empty directory of its own.
   *
   * @default the default of each option
   */
  readonly set?: (directory: string) => Readonly<Record<string, string | number | boolean>>;
  /** Promises that the driver cannot keep as they are tested, by the test's name: the reason of each. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/**
 * Registers a test for every promise of a pub/sub driver, for `deno test`. Await it where the test file
 * begins.
 */
export async function testPubSubDriver(
  entry: PubSubDriverEntry,
  { set = () => ({}), exceptions }: ContractOptions = {},
): Promise<void> {
  const make = await entry.load();
  const create = async (overrides: Readonly<Record<string, string>>, directory: string) => {
    const values = { ...overrides, ...set(directory) };
    const settings = await loadConfig({ pubSubDrivers: [entry], set: values });
    return await make({ settings, log: silentLogger });
  };
  await using directory = await tempDir();
  const { traits } = await create(OVERRIDES, directory.path);
  registerPubSubContract({ name: entry.name, traits, create, exceptions });
}

/**
 * Registers a test for every promise of a database driver, for `deno test`. Await it where the test
 * file begins. Each test needs an empty database, which all clients that the test opens share: the
 * options of `set` must name it.
 */
export async function testDbDriver(
  entry: DbDriverEntry,
  { set = () => ({}) }: Pick<ContractOptions, "set"> = {},
): Promise<void> {
  const open = await entry.load();
  dbContract(entry.name, async () => {
    const clients = new AsyncDisposableStack();
    const { path } = clients.use(await tempDir());
    const settings: Settings = await loadConfig({ dbDrivers: [entry], set: set(path) });
    const another = async () => clients.use(await open({ settings, log: silentLogger }));
    const db = await another();
    return { db, another, [Symbol.asyncDispose]: () => clients.disposeAsync() };
  });
}
