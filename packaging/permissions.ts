/**
 * The permissions of the compiled program, as narrow as its options allow. A permission cannot be
 * added later, so where an option names a file or an address, any is permitted.
 */
export const PERMISSIONS: readonly string[] = [
  // Addresses to listen on and to connect to are options; the unix socket counts as a file.
  "--allow-net",
  // Options name configuration, CA, key and password files; the program also reads its own files.
  "--allow-read",
  // Options name the database, the socket and its lock, but never files of the system.
  "--allow-write",
  "--deny-write=/bin,/boot,/dev,/etc,/lib,/lib32,/lib64,/proc,/sbin,/sys,/usr",
  // libzmq, from memory or from [df_zmq] library; and libssl of the host, for TLS between hosts.
  "--allow-ffi",
  // The program that its user names with subscribe --exec; and getent, for this host's full name.
  "--allow-run",
  // The host's plain name, and whether it is root, for the defaults of paths.
  "--allow-sys=hostname,uid",
  // By name, so that no other variables can be read. See VARIABLES.
  "--allow-env=",
  // A daemon cannot ask a user.
  "--no-prompt",
];

/** The variables that the compiled program may read. */
export const VARIABLES: readonly string[] = [
  // Options of the configuration.
  "OS_*",
  // Where its files are.
  "DF_PUBSUB_CONFIG",
  "XDG_CONFIG_HOME",
  // The names that completion offers.
  "XDG_CACHE_HOME",
  // Defaults of paths.
  "HOME",
  "XDG_RUNTIME_DIR",
  "TMPDIR",
  // Named in the error if it prevents libzmq from being loaded.
  "LD_BIND_NOW",
  // Colours, by the conventions that the program and Commander follow.
  "NO_COLOR",
  "FORCE_COLOR",
  "CLICOLOR_FORCE",
  // The capabilities of the terminal.
  "TERM",
  // Variables of the service manager.
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "JOURNAL_STREAM",
];

/** The permissions as arguments of `deno compile`. */
export function permissionFlags(): string[] {
  return PERMISSIONS.map((flag) => flag === "--allow-env=" ? flag + VARIABLES.join(",") : flag);
}
