import { ChildError, output } from "../child.ts";

/** The programs that the test runs, each with its Debian package. */
const TOOLS: Readonly<Record<string, string>> = {
  "debootstrap": "debootstrap",
  "systemd-nspawn": "systemd-container",
  "dpkg-deb": "dpkg",
  "lintian": "lintian",
  "git": "git",
  "tar": "tar",
};

/**
 * Checks that this process may boot a system and has the required programs; installs missing ones.
 *
 * @throws {Error} with the names of missing packages
 */
export async function needTools(): Promise<void> {
  if (Deno.uid() !== 0) throw new Error("booting a system requires root");
  const lacking = await missing();
  if (lacking.length === 0) return;
  const command = `apt-get install ${lacking.join(" ")}`;
  console.log(`== ${command}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  try {
    await output("apt-get", ["update", "-q"]);
    await output("apt-get", ["install", "-qy", "--no-install-recommends", ...lacking], { env });
  } catch (error) {
    if (!(error instanceof ChildError || error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`packages are missing: ${command}`, { cause: error });
  }
  const still = await missing();
  if (still.length > 0) throw new Error(`installed, but not found: ${still.join(", ")}`);
}

/** The packages of the programs that are not in the search path. */
async function missing(): Promise<string[]> {
  const found = await Promise.all(Object.keys(TOOLS).map(isThere));
  return Object.values(TOOLS).filter((_, at) => found[at] === false);
}

async function isThere(program: string): Promise<boolean> {
  for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if ((await Deno.stat(`${directory}/${program}`)).isFile) return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
        throw error;
      }
    }
  }
  return false;
}
