import { hostFacts, hostFiles, hostName, replaceFile } from "../../drivers/host.ts";
import { FakeIo, type FakeIoOptions } from "./fakes/fake_io.ts";

/**
 * A process for a command that runs inside this one: files, account and name are those of this host,
 * streams, variables and the interruption are simulated.
 */
export function hostIo(options: Omit<FakeIoOptions, "files"> = {}): FakeIo {
  const host = { ...hostFiles, replaceFile, hostName, facts: hostFacts() };
  return Object.assign(new FakeIo(options), host);
}
