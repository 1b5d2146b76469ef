import assert from "node:assert/strict";
import { LoadedFiles } from "../../src/client/loaded_files.ts";

/** Files of two bytes whose loads are noted. */
function files(): { readonly loaded: LoadedFiles; readonly fetched: string[] } {
  const fetched: string[] = [];
  const loaded = new LoadedFiles((id) => {
    fetched.push(id);
    return Promise.resolve(new Blob([id.padEnd(2)]));
  }, 4);
  return { loaded, fetched };
}

/** What is at an address; null where nothing is any more. */
async function at(url: string): Promise<string | null> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return null;
  }
}

Deno.test("LoadedFiles loads a file once, and gives up the longest unused when there are too many bytes", async () => {
  const { loaded, fetched } = files();
  const [a, again] = await Promise.all([loaded.load("a"), loaded.load("a")]);
  const b = await loaded.load("b");
  assert.deepEqual([again, await loaded.load("a"), fetched], [a, a, ["a", "b"]]);
  const c = await loaded.load("c");
  assert.deepEqual(await Promise.all([a, b, c].map(at)), ["a ", null, "c "]);
  const big = await loaded.load("larger than all");
  assert.deepEqual(await Promise.all([a, c, big].map(at)), [null, null, "larger than all"]);
  await loaded.load("b");
  assert.deepEqual(fetched, ["a", "b", "c", "larger than all", "b"]);
  loaded.clear();
});

Deno.test("[O3] LoadedFiles keeps nothing of the last visitor, nor what was on its way to them", async () => {
  const { loaded, fetched } = files();
  const a = await loaded.load("a");
  const late = loaded.load("b");
  loaded.clear();
  const [anew] = await Promise.all([loaded.load("b"), assert.rejects(late, /another visitor's/)]);
  assert.equal(await at(a), null);
  assert.deepEqual([await at(anew), fetched], ["b ", ["a", "b", "b"]]);
  loaded.clear();
  assert.equal(await at(anew), null);
});

Deno.test("LoadedFiles tries a file again that could not be loaded", async () => {
  let tries = 0;
  const loaded = new LoadedFiles(() =>
    tries++ === 0 ? Promise.reject(new Error("offline")) : Promise.resolve(new Blob(["x"]))
  );
  await assert.rejects(loaded.load("a"), /offline/);
  assert.equal(await at(await loaded.load("a")), "x");
  loaded.clear();
});
