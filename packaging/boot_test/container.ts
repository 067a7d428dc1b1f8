import { join } from "node:path";
import { output } from "../child.ts";

const UNIT = "df-pubsub-test.service";
const FLAGS = ["--quiet", "--boot", "--register=no", "--keep-unit", "--private-network"];
// The slowest part waits for a watchdog and for a start limit, and a machine may be slow.
const LIMIT = "25m";

/** A system in a directory, which can be booted to run a script. */
export class Container {
  /** The directory, which must contain a system for {@linkcode run}. */
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /**
   * Boots the system, runs a script in it and shows its output.
   *
   * @throws {Error} if the script fails, or the system does not end in time
   */
  async run(scripts: string, script: string): Promise<void> {
    const test = join(this.root, "test");
    await Deno.copyFile(join(scripts, "lib.sh"), join(test, "lib.sh"));
    await Deno.copyFile(join(scripts, script), join(test, "part.sh"));
    await Deno.copyFile(join(scripts, UNIT), join(this.root, "etc/systemd/system", UNIT));
    await output("systemctl", ["--root", this.root, "enable", UNIT]);
    await Deno.writeTextFile(join(test, "log"), "");
    await Deno.writeTextFile(join(test, "result"), "");
    const said = await this.#boot(join(test, "log"));
    if ((await Deno.readTextFile(join(test, "result"))).trim() === "done") return;
    const isStarted = (await Deno.readTextFile(join(test, "log"))) !== "";
    throw new Error(isStarted ? `${script} failed` : `nothing was run: the boot ended\n${said}`);
  }

  /** Boots the system and shows the log as it grows. @returns the end of the boot messages */
  async #boot(log: string): Promise<string> {
    const args = ["--kill-after=10", LIMIT, "systemd-nspawn", ...FLAGS, `--directory=${this.root}`];
    const booted = new Deno.Command("timeout", {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    // It shows the rest of the file and ends when the other process has ended.
    const follow = ["--follow", "--lines=+1", "--sleep-interval=0.2", `--pid=${booted.pid}`, log];
    const shown = new Deno.Command("tail", { args: follow }).spawn();
    const { stdout, stderr } = await booted.output();
    await shown.status;
    const text = new TextDecoder();
    return (text.decode(stdout) + text.decode(stderr)).split("\n").slice(-30).join("\n");
  }
}
