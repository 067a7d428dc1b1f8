/**
 * What the compiled program may do, each as narrow as its options allow: a permission that is not
 * here cannot be given later, so where an option names a file or an address, any may be named.
 */
export const PERMISSIONS: readonly string[] = [
  // Addresses to listen on and to connect to are options; the unix socket counts as a file.
  "--allow-net",
  // Configuration, CA, key and password files lie where options say; the program's own files too.
  "--allow-read",
  // Database, socket and its lock lie where options say, but never where the system's own files do.
  "--allow-write",
  "--deny-write=/bin,/boot,/dev,/etc,/lib,/lib32,/lib64,/proc,/sbin,/sys,/usr",
  // libzmq: from memory, or from where [df_zmq] library says.
  "--allow-ffi",
  // The one program that is started: it finds this host's full name, for the publishers table.
  "--allow-run=/usr/bin/getent",
  // The host's plain name; root or not, for the defaults of paths.
  "--allow-sys=hostname,uid",
  // By name: nothing of what else is in the environment can be read. See VARIABLES.
  "--allow-env=",
  // A daemon has nobody to ask.
  "--no-prompt",
];

/** The variables that the compiled program may read. */
export const VARIABLES: readonly string[] = [
  // Options of the configuration.
  "OS_*",
  // Where its files are.
  "DF_PUBSUB_CONFIG",
  "XDG_CONFIG_HOME",
  // Defaults of paths.
  "HOME",
  "XDG_RUNTIME_DIR",
  "TMPDIR",
  // Named in an error when it stops libzmq from being loaded.
  "LD_BIND_NOW",
  // Colours, by the conventions that the program and Commander follow.
  "NO_COLOR",
  "FORCE_COLOR",
  "CLICOLOR_FORCE",
  // What the terminal can do.
  "TERM",
  // The service manager's.
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "JOURNAL_STREAM",
];

/** The same as arguments of `deno compile`. */
export function permissionFlags(): string[] {
  return PERMISSIONS.map((flag) => flag === "--allow-env=" ? flag + VARIABLES.join(",") : flag);
}
