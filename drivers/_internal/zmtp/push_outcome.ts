import { DriverError } from "../../contract/errors.ts";

/** What became of a frame: uncertain when its connection ended before it was acknowledged. */
export type Outcome = "accepted" | "refused" | "uncertain";

/** The error of a frame that the service at this address has not accepted. */
export function outcomeError(
  outcome: "refused" | "uncertain",
  topic: string,
  address: string,
): DriverError {
  const service = `The publisher service at "${address}"`;
  if (outcome === "refused") {
    return new DriverError("REFUSED", `${service} refused an event on topic "${topic}"`);
  }
  const message = `${service} ended the connection before it acknowledged an event on topic ` +
    `"${topic}": it may have accepted it`;
  return new DriverError("TRANSPORT_FAILED", message, { isUncertain: true });
}
