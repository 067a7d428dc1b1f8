import type { DbUpdate } from "../../service/event/db_update.ts";
import { NbApi } from "../../service/node/nb_api.ts";
import { Collector } from "./collector.ts";
import { LocalDrivers } from "./zmq/local_drivers.ts";
import { type ServiceParts, serviceParts } from "./service_fixture.ts";

/** An NbApi on memory drivers, with the changes that it emits. */
export interface NbApiFixture extends AsyncDisposable {
  readonly parts: ServiceParts;
  readonly api: NbApi;
  readonly changes: Collector<DbUpdate>;
  /** The changes since the last call: `create lport/p on D = {}`. */
  readonly takeChanges: () => Promise<string[]>;
}

/** Overrides that make NbApi publish to the network itself, as with a broker. */
export const BY_BROKER = { "df.pub_sub_use_multiproc": "false" } as const;

/** Opens another NbApi in an installation, or the first in a new one. */
export async function setUpNbApi(
  overrides: Readonly<Record<string, string>> = {},
  drivers: ServiceParts["drivers"] = new LocalDrivers(),
): Promise<NbApiFixture> {
  const parts = { ...await serviceParts({ ...BY_BROKER, ...overrides }), drivers };
  const api = await NbApi.open(parts);
  const changes = Collector.reading(api.changes());
  const takeChanges = async () => {
    await parts.clock.settle();
    return changes.items.splice(0).map(shown);
  };
  const dispose = async () => {
    await api[Symbol.asyncDispose]();
    await changes.ended;
  };
  return { parts, api, changes, takeChanges, [Symbol.asyncDispose]: dispose };
}

/** An update in one line. */
export function shown({ action, table, key, topic, value }: DbUpdate): string {
  return table === null ? action : `${action} ${table}/${key} on ${topic} = ${value}`;
}
