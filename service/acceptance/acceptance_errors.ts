import { DriverError } from "../../drivers/contract/errors.ts";

/** Why nobody can tell whether the service at an address has an event: the connection broke. */
export function connectionLost(address: string): DriverError {
  const message =
    `The connection to the publisher service at "${address}" was lost before it had ` +
    "accepted the event";
  return new DriverError("TRANSPORT_FAILED", message);
}

/** The service refused `count` of the `among` events that an answer was about. */
export function eventRefused(address: string, count: number, among: number): DriverError {
  const which = among === 1 ? "the event" : `${count} of ${among} events, maybe this one`;
  const message = `The publisher service at "${address}" refused ${which}`;
  return new DriverError("TRANSPORT_FAILED", message);
}

/** The service is silent about an event for as long as a send may take. */
export function notInTime(address: string): DriverError {
  const message = `The publisher service at "${address}" did not accept the event in time`;
  return new DriverError("SEND_TIMEOUT", message);
}
