/**
 * A recorder in its own process, for tests: records numbers from the second argument on, and prints
 * the last one each time that all are written.
 */
import { MEBIBYTE, numbered, reportingRecorder } from "./recorder.ts";

const [path = "", first = "1"] = Deno.args;
const { recorder } = await reportingRecorder(path, { maxBytes: 256 * MEBIBYTE });
for (let next = Number(first);;) {
  for (let left = 100; left > 0; left--) recorder.append("D", numbered(next++));
  await recorder.flush();
  console.log(next - 1);
}
