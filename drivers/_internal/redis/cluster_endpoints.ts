import type { Cluster, Redis } from "ioredis";

/** One server in a reply to CLUSTER SLOTS: endpoint, port, id, and further fields in pairs. */
type SlotsEntry = [host: string | null, port: number, id?: string, more?: readonly unknown[]];

/**
 * Makes a cluster's client interpret an endpoint without a host as the host that sent the reply, as
 * Redis intends. A server that does not know its own address omits it, and with
 * `cluster-preferred-endpoint-type unknown-endpoint` all addresses are omitted. ioredis would
 * ignore such servers, and follow a redirection to nowhere.
 */
export function completeClusterEndpoints(cluster: Cluster): void {
  cluster.on("+node", (node: Redis) => {
    const { host = "" } = node.options;
    // Called with each error before the command is rejected with it.
    node.options.reconnectOnError = (error) => {
      error.message = completeRedirection(error.message, host);
      return false;
    };
    // Each read of the slots uses a connection of its own.
    const duplicate = node.duplicate.bind(node);
    node.duplicate = ((...args: Parameters<typeof duplicate>) => {
      const copy = duplicate(...args);
      const call = copy.cluster.bind(copy) as (...args: unknown[]) => Promise<unknown>;
      copy.cluster = ((...args: unknown[]) => {
        const done = args.at(-1);
        if (args[0] !== "SLOTS" || typeof done !== "function") return call(...args);
        return call("SLOTS", (error: unknown, slots: unknown) => {
          done(error, Array.isArray(slots) ? slots.map((one) => completeSlots(one, host)) : slots);
        });
      }) as typeof copy.cluster;
      return copy;
    }) as typeof node.duplicate;
  });
}

/** Adds the host that sent the reply to `MOVED 3999 :6381`, and likewise to ASK. */
export function completeRedirection(message: string, host: string): string {
  return message.replace(/^((?:MOVED|ASK) \d+ )\??(?=:\d+$)/, (_all, start) => start + host);
}

/** Adds the host to the servers of one range of slots that lack one. */
export function completeSlots(range: unknown, host: string): unknown {
  if (!Array.isArray(range)) return range;
  return range.map((one, at) => at < 2 ? one : completeEntry(one, host));
}

function completeEntry([endpoint, port, ...rest]: SlotsEntry, host: string): SlotsEntry {
  const isKnown = endpoint !== null && endpoint !== "" && endpoint !== "?";
  return [isKnown ? endpoint : (addressIn(rest[1]) ?? host), port, ...rest] as SlotsEntry;
}

/** The address among the further fields, at which a server without a host name is reached. */
function addressIn(fields: readonly unknown[] = []): string | undefined {
  const at = fields.indexOf("ip");
  const address = at < 0 ? undefined : fields[at + 1];
  return typeof address === "string" && address !== "" ? address : undefined;
}
