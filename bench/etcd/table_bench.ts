import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { DriverContext } from "../../drivers/contract/pubsub.ts";
import { loadDbDriver } from "../../drivers/registry.ts";
import { Pair } from "./pair.ts";
import { base64, type RawEtcd } from "./raw_etcd.ts";
import type { RowSpec } from "../report.ts";
import { timed } from "../samples.ts";

const TABLE = "bench";
/** Rows written in a transaction. */
const BATCH = 128;

/** A table of the database on etcd beside a bare client. */
export class EtcdTable implements AsyncDisposable {
  readonly #db: NbDbDriver;
  readonly #raw: RawEtcd;
  #times = new Pair();

  static async open(context: DriverContext, raw: RawEtcd, rows: number): Promise<EtcdTable> {
    const db = await loadDbDriver("etcd_nb_db_driver", context);
    for (let from = 0; from < rows; from += BATCH) {
      const count = Math.min(BATCH, rows - from);
      await raw.putAll(Array.from({ length: count }, (_, n) => ({
        key: base64(`/${TABLE}/${String(from + n).padStart(6, "0")}`),
        value: base64(JSON.stringify({ id: from + n, topic: null, filling: "x".repeat(200) })),
      })));
    }
    return new EtcdTable(db, raw);
  }

  private constructor(db: NbDbDriver, raw: RawEtcd) {
    this.#db = db;
    this.#raw = raw;
  }

  reset(): void {
    this.#times = new Pair();
  }

  async read(): Promise<void> {
    let [ours, peer] = [0, 0];
    this.#times.ours.push(await timed(async () => ours = (await this.#db.entries(TABLE)).length));
    const range = [base64(`/${TABLE}/`), base64(`/${TABLE}0`)] as const;
    this.#times.peer.push(await timed(async () => peer = (await this.#raw.range(...range)).length));
    if (ours !== peer) throw new Error(`entries: ${ours} rows, the range has ${peer}`);
  }

  rows(): RowSpec[] {
    return [{
      what: "entries of 10,000 rows",
      unit: "ms",
      ours: this.#times.ours,
      peer: ["one range", this.#times.peer],
      wanted: { maxRatio: 1.5 },
    }];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db[Symbol.asyncDispose]();
  }
}
