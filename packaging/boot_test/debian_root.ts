import { join } from "node:path";
import { output } from "../child.ts";

const RELEASE = "bookworm";
// An init system, its bus, and the dependencies of the program: the container has no network.
const PACKAGES = "systemd,systemd-sysv,dbus,libstdc++6";

/** Creates a Debian 12 in a new directory. Its archive is kept for the next time. */
export async function debianRoot(root: string): Promise<void> {
  const archive = await archivePath();
  if (!(await exists(archive))) await makeArchive(archive, root);
  else console.log(`== Debian 12 from ${archive} (remove it to have a new one made)`);
  await Deno.remove(root, { recursive: true }).catch(ignoreAbsent);
  await Deno.mkdir(root, { mode: 0o755 });
  await output("tar", ["--extract", "--numeric-owner", "--file", archive, "--directory", root]);
}

async function makeArchive(archive: string, root: string): Promise<void> {
  const mirror = await mirrorOfThisMachine();
  console.log(`== Debian 12 from ${mirror}, some minutes`);
  await output("debootstrap", [
    "--variant=minbase",
    `--include=${PACKAGES}`,
    RELEASE,
    root,
    mirror,
  ]);
  await output("sh", ["-c", 'rm -f "$1"/var/cache/apt/archives/*.deb', "sh", root]);
  const partial = `${archive}.${Deno.pid}`;
  await output("tar", ["--create", "--numeric-owner", "--file", partial, "--directory", root, "."]);
  await Deno.rename(partial, archive);
}

async function archivePath(): Promise<string> {
  const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") || "/root"}/.cache`;
  const directory = join(cache, "df-pubsub");
  await Deno.mkdir(directory, { recursive: true });
  return join(directory, `debian-12-${Deno.build.arch}.tar`);
}

/** The mirror from which this machine's apt gets Debian 12, or else Debian's own address. */
async function mirrorOfThisMachine(): Promise<string> {
  const format = ["--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"];
  const lines = (await output("apt-get", ["indextargets", ...format])).split("\n");
  const line = lines.find((each) => each.startsWith(`${RELEASE} `));
  return line?.split(" ")[1] ?? "http://deb.debian.org/debian/";
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, (error) => {
    ignoreAbsent(error);
    return false;
  });
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
