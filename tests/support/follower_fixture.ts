import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DriverError } from "../../drivers/contract/errors.ts";
import { PublisherFollower } from "../../service/publishers/publisher_follower.ts";
import { PublishersTable } from "../../service/publishers/publishers_table.ts";
import { FakeClock } from "./fakes/fake_clock.ts";
import { FakeDb } from "./fakes/fake_db.ts";
import { publisherText } from "./publisher_rows.ts";
import { RecordingLogger } from "./fakes/recording_logger.ts";

/** The time between two polls of the follower. */
export const POLL_MS = 30_000;

/** The connections of a subscriber, and their history. */
export class Addresses {
  readonly history: string[] = [];

  registerListenAddress(address: string): void {
    if (!address.startsWith("tcp://")) {
      throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}"`);
    }
    this.history.push(`+${address}`);
  }

  unregisterListenAddress(address: string): void {
    this.history.push(`-${address}`);
  }
}

/** A follower and its collaborators. */
export interface FollowerFixture {
  readonly db: FakeDb;
  /** A client of the same database that never fails and is not recorded. */
  readonly direct: NbDbDriver;
  readonly clock: FakeClock;
  readonly log: RecordingLogger;
  readonly follower: PublisherFollower;
  /** Ends the follower. */
  readonly abort: AbortController;
  /** Starts the follower; resolves when it has ended. */
  readonly start: () => Promise<void>;
  /** The connections since the last call. */
  readonly takeChanges: () => string[];
  /** Writes the row of a publisher. */
  readonly appear: (
    id: string,
    options?: { readonly ageMs?: number; readonly uri?: string },
  ) => Promise<void>;
}

/** A follower of the publishers table, with its database and the connections that it makes. */
export async function setUpFollower(
  fixedUris: readonly string[] = [],
): Promise<FollowerFixture> {
  const { db, direct } = await FakeDb.open();
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const addresses = new Addresses();
  const table = new PublishersTable(db, { timeoutMs: 300_000, clock });
  const follower = new PublisherFollower(addresses, table, {
    fixedUris,
    pollMs: POLL_MS,
    clock,
    log,
  });
  const abort = new AbortController();
  const start = async () => {
    await follower.refresh();
    return follower.run(abort.signal);
  };
  const takeChanges = () => addresses.history.splice(0);
  const appear = (id: string, { ageMs = 0, uri = `tcp://${id}:8866` } = {}) =>
    direct.create("publisher", id, publisherText(id, ageMs, uri));
  return { db, direct, clock, log, follower, abort, start, takeChanges, appear };
}
