import { fileIdentity } from "../../drivers/host.ts";

/**
 * Whether the journal reads a descriptor: systemd names its socket to a service as
 * `<device>:<inode>` (systemd.exec(5)), and a child that writes elsewhere inherits the variable.
 *
 * @param stream the value of the variable `JOURNAL_STREAM`
 */
export function isJournal(fd: number, stream: string | undefined): boolean {
  if (!stream) return false;
  try {
    return fileIdentity(fd) === stream;
  } catch {
    // Where C may not be called.
    return false;
  }
}
