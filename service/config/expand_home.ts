import type { HostFacts } from "../../drivers/contract/option.ts";

/** The path with the home directory in place of a `~` at its beginning. */
export function expandHome(path: string, { home }: HostFacts): string {
  return path.replace(/^~(?=\/|$)/, () => home);
}
