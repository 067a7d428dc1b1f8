/** A command for the shell: the current Deno with these arguments, one stream redirected to a file. */
export function shell(args: readonly string[], redirection: string): string {
  const quoted = [Deno.execPath(), ...args].map((part) => `'${part}'`).join(" ");
  return `exec ${quoted} ${redirection}`;
}

/** Runs the current Deno with a file as its input. Returns the seconds that it took. */
export async function timeWithInput(args: readonly string[], file: string): Promise<number> {
  const start = performance.now();
  const command = new Deno.Command("sh", { args: ["-c", shell(args, `< '${file}'`)] });
  const { success, stderr } = await command.output();
  if (success) return (performance.now() - start) / 1000;
  throw new Error(`"${args.join(" ")}" failed: ${new TextDecoder().decode(stderr)}`);
}
