import assert from "node:assert/strict";
import { dirname } from "node:path";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { programCommand, run } from "../support/program.ts";
import { tempDir } from "../support/temp_dir.ts";
import { Terminal } from "../support/tmux.ts";

const PROMPT = "READY>";

/** For each shell: its command line, and the lines that load the script. */
const SHELLS: Readonly<Record<string, (script: string) => { args: string[]; lines: string[] }>> = {
  bash: (script) => ({
    args: ["bash", "--norc", "--noprofile", "-i"],
    lines: ["unset HISTFILE", `PS1='${PROMPT} '`, "bind 'set bell-style none'", `source ${script}`],
  }),
  zsh: (script) => ({
    args: ["zsh", "-f", "-i"],
    lines: [
      ...["autoload -Uz compinit", "compinit -D -u", "unsetopt beep", `source ${script}`],
      `PROMPT='${PROMPT} '`,
    ],
  }),
  fish: (script) => ({
    args: ["fish", "--no-config", "-i"],
    lines: [`source ${script}`, `function fish_prompt; echo -n '${PROMPT} '; end`],
  }),
};

/** A shell in a terminal with the script loaded, in a directory with a file. */
class CompletingShell implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #terminal: Terminal;

  static async start(shell: string): Promise<CompletingShell> {
    await using stack = new AsyncDisposableStack();
    const directory = stack.use(await tempDir());
    const { stdout } = await run(["completion", shell]);
    const script = directory.join("script");
    await Deno.writeTextFile(script, stdout);
    await Deno.writeTextFile(directory.join("values with blank.json"), "{}");
    await Deno.mkdir(directory.join("conf.d"));
    await Deno.mkdir(directory.join("cache/df-pubsub"), { recursive: true });
    const names = JSON.stringify({ tables: ["lport"], topics: ["D"] });
    await Deno.writeTextFile(directory.join("cache/df-pubsub/names.json"), names);
    const program = directory.join("df-pubsub");
    const quoted = programCommand([]).map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(program, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
    const { args, lines } = SHELLS[shell]?.(script) ?? { args: [], lines: [] };
    // tmux replaces PATH by its own.
    const path = `PATH=${dirname(program)}:${Deno.env.get("PATH")}`;
    const env = {
      HOME: directory.join("."),
      XDG_CACHE_HOME: directory.join("cache"),
      DF_PUBSUB_CONFIG: "/dev/null",
    };
    const terminal = stack.use(await Terminal.start(["env", path, ...args], { columns: 120, env }));
    await terminal.press(`cd ${directory.join(".")}`, "Enter");
    for (const line of lines) await terminal.press(line, "Enter");
    await eventually(() => terminal.screen(), (screen) => screen.at(-1) === PROMPT);
    return new CompletingShell(terminal, stack.move());
  }

  private constructor(terminal: Terminal, stack: AsyncDisposableStack) {
    this.#terminal = terminal;
    this.#stack = stack;
  }

  /** Types a line and the key that completes, until the line of the prompt is this. */
  async completes(typed: string, wanted: string): Promise<void> {
    await this.#terminal.press(typed, "Tab");
    const line = `${PROMPT} ${wanted}`.trimEnd();
    await eventually(() => this.#terminal.screen(), (screen) => screen.includes(line));
    // A signal could arrive before the shell has read the typed text.
    await this.#terminal.press("C-u", "clear", "Enter");
    await eventually(() => this.#terminal.screen(), (screen) => screen.join("") === PROMPT);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

function isInstalled(shell: string): boolean {
  const { success } = new Deno.Command("sh", { args: ["-c", `command -v ${shell}`] }).outputSync();
  if (!success) console.log(`Skipped: ${shell} is not installed; tests/support/install_peers.sh`);
  return success;
}

for (const shell of Object.keys(SHELLS)) {
  Deno.test({
    name: `df-pubsub completion completes names, files, options and values in ${shell}`,
    ignore: !isInstalled(shell),
    fn: async () => {
      await using completing = await CompletingShell.start(shell);
      const cases: readonly (readonly [typed: string, wanted: string])[] = [
        ["df-pubsub subs", "df-pubsub subscribe"],
        ["df-pubsub publish --templ", "df-pubsub publish --template"],
        ["df-pubsub publish --action reini", "df-pubsub publish --action reinitialize"],
        ["df-pubsub publish --action=reini", "df-pubsub publish --action=reinitialize"],
        ["df-pubsub subscribe --table lp", "df-pubsub subscribe --table lport"],
        ["df-pubsub serve --set df_zmq.hi", "df-pubsub serve --set df_zmq.high_water_mark="],
        [
          "df-pubsub publish --value-file val",
          "df-pubsub publish --value-file values\\ with\\ blank.json",
        ],
        ["df-pubsub serve --config-dir con", "df-pubsub serve --config-dir conf.d/"],
        [
          "df-pubsub publish --value '$(touch run)' --templ",
          "df-pubsub publish --value '$(touch run)' --template",
        ],
      ];
      for (const [typed, wanted] of cases) await completing.completes(typed, wanted);
    },
  });
}

Deno.test("subscribe keeps the tables and topics of events for completion", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using cache = await tempDir();
  const env = { XDG_CACHE_HOME: cache.join("c") };
  const args = ["subscribe", "--count", "1", "--timeout", "20"];
  await using subscriber = deployment.start(args, {}, { env });
  await subscriber.stderr.waitFor(/listening on /);
  await deployment.runHere(["publish", "--table", "lport", "--key", "k", "--action", "delete"]);
  assert.equal((await subscriber.result()).code, 0);
  const { stdout } = await run(["complete", "fish", "--", "subscribe", "--table", ""], { env });
  assert.equal(stdout, "lport\n");
});
