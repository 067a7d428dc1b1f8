/** An error whose message says already, in words for a reader, what is wrong. */
export class Reason extends Error {
  override readonly name: string = "Reason";
}
