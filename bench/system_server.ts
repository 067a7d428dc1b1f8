/** The address at which servers of the benchmark listen. */
export const HOST = "127.0.0.1";

/** A port of {@linkcode HOST} that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  return listener.addr.port;
}

/** The error of starting a program; with its Debian package, if it is not installed. */
export function startError(cause: unknown, program: string, debianPackage: string): unknown {
  if (!(cause instanceof Deno.errors.NotFound)) return cause;
  const hint = `the benchmark needs it: apt-get install -y ${debianPackage}`;
  return new Error(`Cannot run "${program}": ${hint}`, { cause });
}
