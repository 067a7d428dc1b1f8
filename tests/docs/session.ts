import assert from "node:assert/strict";
import { freePort } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { programCommand } from "../support/program.ts";
import { tempDir } from "../support/temp_dir.ts";
import { Terminal } from "../support/tmux.ts";

/** What a page says that a line prints: `# prints READY`, words in any place of the screen. */
const PRINTS = / +# prints (.+)$/;

/**
 * Types the lines of a block into a shell in a terminal, where `df-pubsub` is the program with a
 * configuration of its own. Each line has to succeed, and to print what its comment says.
 */
export async function runSession(script: string): Promise<void> {
  await using directory = await tempDir();
  await writeProgram(directory.join("df-pubsub"));
  await Deno.writeTextFile(directory.join("df-pubsub.ini"), configuration(directory.path));
  const variables = [
    `PATH=${directory.path}:${Deno.env.get("PATH")}`,
    `DF_PUBSUB_CONFIG=${directory.join("df-pubsub.ini")}`,
    `HOME=${directory.path}`,
    "PS1=$ ",
  ];
  const bash = ["env", ...variables, "bash", "--norc", "-i"];
  await using shell = await Terminal.start(bash, { columns: 160, rows: 60 });
  try {
    let number = 0;
    for (const line of linesOf(script)) await typeLine(shell, line, ++number);
  } catch (error) {
    await interrupt(shell);
    throw error;
  } finally {
    await shell.press("kill $(jobs -p); wait; exit", "Enter");
    await shell.exitCode();
  }
}

/**
 * Ends a command that may still run. Until its next prompt, the shell drops what is typed, and jobs
 * may write behind that prompt: so a command is typed until it has run.
 */
async function interrupt(shell: Terminal): Promise<void> {
  await shell.press("C-c");
  await eventually(async () => {
    await shell.press("echo interrupted", "Enter");
    return await shell.screen();
  }, (lines) => lines.includes("interrupted"));
}

/** Writes a script that runs the program, for a directory of PATH. */
export async function writeProgram(path: string): Promise<void> {
  const command = programCommand([]).map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(path, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
}

function configuration(directory: string): string {
  return `[df]
publisher_port = ${freePort()}
http_address = 127.0.0.1:${freePort()}
publisher_multiproc_socket = ${directory}/run/socket
sqlite_path = ${directory}/northbound.sqlite3
`;
}

/** Without what makes the name of the program known, and with continued lines as one. */
function linesOf(script: string): string[] {
  const lines = script.replaceAll(/\\\n\s*/g, "").split("\n");
  return lines.filter((line) => line !== "" && !/^(alias|#)/.test(line));
}

async function typeLine(shell: Terminal, line: string, number: number): Promise<void> {
  const [, prints = ""] = PRINTS.exec(line) ?? [];
  await shell.press("clear", "Enter");
  await shell.press(line.replace(PRINTS, ""), "Enter");
  await shell.press(`echo line ${number} ended with $?`, "Enter");
  const lines = await shell.waitFor(new RegExp(`^line ${number} ended with \\d`, "m"));
  assert.match(lines.join("\n"), new RegExp(`^line ${number} ended with 0$`, "m"), line);
  await shell.waitFor(new RegExp(RegExp.escape(prints))).catch((cause) => {
    throw new Error(`"${line}" has not printed that`, { cause });
  });
}
