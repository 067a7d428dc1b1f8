/** An error whose message already explains the problem. */
export class Reason extends Error {
  override readonly name: string = "Reason";
}
