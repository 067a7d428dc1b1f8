/** What the runtime says of a permission that a script lacks, or an executable. */
const DENIED =
  /Requires (\w+) access to (.*?), (?:run again with the|specify .* `deno compile) --allow-\w+(?: flag|`)/;

/**
 * Adapts a message to the executable. Its permissions are fixed, but the runtime advises flags that
 * would add some.
 */
export function forExecutable(message: string, isExecutable = Deno.build.standalone): string {
  if (!isExecutable) return message;
  return message.replace(
    DENIED,
    (_, kind, name) =>
      `the executable has no ${kind} access to ${name}` +
      (kind === "write" ? ": it never writes to directories of the system" : ""),
  );
}
