import { equal } from "node:assert/strict";
import { holds } from "../../src/storage/upkeep/leftovers.ts";

const UID = "2f1ee9b8-5f0c-4a36-9d3b-0d8f6a1c7e55";

Deno.test("holds finds a text wherever it stands, also across what is read at once, and nothing else", async () => {
  const path = await Deno.makeTempFile();
  try {
    for (
      const at of [0, 1024 * 1024 - 36, 1024 * 1024 - 35, 1024 * 1024 - 1, 1024 * 1024, 2 * 1024 * 1024 - 36]
    ) {
      const bytes = new Uint8Array(2 * 1024 * 1024);
      bytes.set(new TextEncoder().encode(UID), at);
      await Deno.writeFile(path, bytes);
      equal(await holds(path, UID), true, `at ${at}`);
      equal(await holds(path, UID.replace("2f", "3f")), false);
    }
    await Deno.writeFile(path, new Uint8Array());
    equal(await holds(path, UID), false);
  } finally {
    await Deno.remove(path);
  }
});
