import type { HostAddresses } from "../../service/publishers/announced_address.ts";
import { getent } from "../terminal/host_name.ts";

/** The addresses of this host and of others, as the system knows them. */
export const hostAddresses: HostAddresses = {
  async resolve(name) {
    const lines = (await getent("ahosts", name)).split("\n");
    return [...new Set(lines.map((line) => line.split(/\s+/)[0] ?? ""))].filter((ip) => ip !== "");
  },
  // Only an address of the host's own can be listened on. That needs no permission to see them all.
  isOwn(address) {
    try {
      Deno.listen({ hostname: address, port: 0 }).close();
      return true;
    } catch (error) {
      return !(error instanceof Deno.errors.AddrNotAvailable);
    }
  },
};
