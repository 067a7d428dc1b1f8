import { DriverError } from "../../../contract/errors.ts";
import type { DriverContext } from "../../../contract/pubsub.ts";
import { EtcdClient } from "../client.ts";
import { explainEtcd } from "../errors.ts";

/** Opens a client. @throws {DriverError} `CONFIG_INVALID`, `FILE_UNUSABLE` or `TRANSPORT_FAILED` */
export async function openBusClient({ settings }: DriverContext): Promise<EtcdClient> {
  try {
    return await EtcdClient.open(settings);
  } catch (thrown) {
    if (thrown instanceof DriverError) throw thrown;
    const message = `etcd: cannot connect: ${explainEtcd(thrown)}`;
    throw new DriverError("TRANSPORT_FAILED", message, { cause: thrown });
  }
}
