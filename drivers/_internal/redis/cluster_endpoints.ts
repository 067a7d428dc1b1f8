import type { Cluster, Redis } from "ioredis";

/** One server in an answer of CLUSTER SLOTS: endpoint, port, id, and further fields in pairs. */
type SlotsEntry = [host: string | null, port: number, id?: string, more?: readonly unknown[]];

/**
 * Has a cluster's client read an endpoint without a host as the host that was asked, as Redis means
 * it: a server that does not know its own address names itself so, and with
 * `cluster-preferred-endpoint-type unknown-endpoint` every server is named so. ioredis would leave
 * such servers out, and follow a redirection to nowhere.
 */
export function completeClusterEndpoints(cluster: Cluster): void {
  cluster.on("+node", (node: Redis) => {
    const { host = "" } = node.options;
    // Called with each error before the command is rejected with it.
    node.options.reconnectOnError = (error) => {
      error.message = completeRedirection(error.message, host);
      return false;
    };
    // The slots are read over a connection of their own each time.
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

/** `MOVED 3999 :6381` and the same with ASK, with the host that answered so. */
export function completeRedirection(message: string, host: string): string {
  return message.replace(/^((?:MOVED|ASK) \d+ )\??(?=:\d+$)/, (_all, start) => start + host);
}

/** One range of slots and its servers, each with a host. */
export function completeSlots(range: unknown, host: string): unknown {
  if (!Array.isArray(range)) return range;
  return range.map((one, at) => at < 2 ? one : completeEntry(one, host));
}

function completeEntry([endpoint, port, ...rest]: SlotsEntry, host: string): SlotsEntry {
  const isKnown = endpoint !== null && endpoint !== "" && endpoint !== "?";
  return [isKnown ? endpoint : (addressIn(rest[1]) ?? host), port, ...rest] as SlotsEntry;
}

/** The address among the further fields: what a server without a host name is reached at. */
function addressIn(fields: readonly unknown[] = []): string | undefined {
  const at = fields.indexOf("ip");
  const address = at < 0 ? undefined : fields[at + 1];
  return typeof address === "string" && address !== "" ? address : undefined;
}
