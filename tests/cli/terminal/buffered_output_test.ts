import assert from "node:assert/strict";
import { BufferedOutput } from "../../../cli/terminal/buffered_output.ts";

const MAX_BYTES = 20;

/**
 * An output into a pipe with room for `firstRoom` bytes. Without `firstRoom` the reader has gone.
 */
function setUp(firstRoom: number) {
  const pipe = { room: firstRoom as number | undefined, text: "" };
  const output = new BufferedOutput({
    tryWrite(bytes) {
      if (pipe.room === undefined) return undefined;
      const taken = Math.min(pipe.room, bytes.length);
      pipe.room -= taken;
      pipe.text += new TextDecoder().decode(bytes.subarray(0, taken));
      return taken;
    },
    terminal: { isTerminal: false, columns: 80 },
    maxBytes: MAX_BYTES,
  });
  return { pipe, output };
}

Deno.test("BufferedOutput.write writes at once, while there is room", () => {
  const { pipe, output } = setUp(100);
  output.write("one\n");
  output.write("two\n");
  assert.equal(pipe.text, "one\ntwo\n");
});

Deno.test("BufferedOutput continues in the middle of a line, when there is room again", async () => {
  const { pipe, output } = setUp(2);
  output.write("one\n");
  output.write("two\n");
  assert.equal(pipe.text, "on");
  pipe.room = 100;
  await output.flush(10_000);
  assert.equal(pipe.text, "one\ntwo\n");
  assert.equal(output.droppedLines, 0);
});

Deno.test("BufferedOutput drops lines beyond its limit, counts them, and reports that in their place", async () => {
  const { pipe, output } = setUp(0);
  output.onRoom((dropped) => output.write(`${dropped} dropped\n`));
  output.write("0123456789abc\n");
  output.write("too\nlong\n");
  // This line would fit, but the dropped lines are one gap.
  output.write("no\n");
  assert.equal(output.droppedLines, 3);
  pipe.room = 1_000;
  await output.flush(10_000);
  output.write("later\n");
  assert.equal(pipe.text, "0123456789abc\n3 dropped\nlater\n");
  assert.equal(output.droppedLines, 3);
});

Deno.test("BufferedOutput stores nothing, when its reader has gone", async () => {
  const { pipe, output } = setUp(0);
  output.write("one\n");
  pipe.room = undefined;
  await output.flush(10_000);
  for (let lines = 0; lines < 10; lines++) output.write("line\n");
  assert.equal(output.droppedLines, 0);
});

Deno.test("BufferedOutput.flush gives up, when its timeout passes", async () => {
  const { pipe, output } = setUp(0);
  output.write("one\n");
  await output.flush(1);
  assert.equal(pipe.text, "");
});
