import { ChatBox, string } from "../../src/core/mod.ts";
import { openStorage } from "../../src/storage/mod.ts";
import type { Bench, Figure } from "./bench.ts";

const CONNECTIONS = 10_000;
/** Runs of the garbage collector until what is gone is gone. */
const COLLECTIONS = 5;

/** Memory of a connection that is listened to and has sent and received. */
export const libraryMemory: Bench = {
  name: "memory",
  async *run(): AsyncIterable<Figure> {
    const folder = await Deno.makeTempDir();
    try {
      await using storage = openStorage(`${folder}/test.db`);
      const box = new ChatBox<string, string>({
        name: "bench",
        service1: { name: "one", idType: string, durable: false },
        service2: { name: "two", idType: string },
        store: storage.store,
      });
      box.worker2.setCreateCallback((id) => `peer of ${id}`);
      let received = 0;
      const all = Promise.withResolvers<void>();
      box.worker2.setReceivedMessageCallback(() => {
        if (++received === CONNECTIONS) all.resolve();
      });
      await box.start();
      const before = heapBytes();
      // The senders stay until the end: an active connection is one that somebody holds on to.
      const senders = await Promise.all(Array.from({ length: CONNECTIONS }, async (_, index) => {
        const id = await box.worker1.accessNewClient(`visitor ${index}`);
        (await box.worker1.connectionOf(id))?.subscribe(() => {});
        return box.worker1.getMessageSender(id);
      }));
      await Promise.all(senders.map((send, index) => send({ content: "hello", cid: `cid ${index}` })));
      await all.promise;
      await storage.flush();
      yield {
        figure: `heap for each of ${CONNECTIONS.toLocaleString("en-US")} active connections`,
        measured: (heapBytes() - before) / senders.length,
        unit: "bytes",
        bar: { atMost: 4_096 },
      };
      await box.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

function heapBytes(): number {
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc !== "function") throw new Error("Cannot measure memory: start with --v8-flags=--expose-gc");
  for (let i = 0; i < COLLECTIONS; i++) gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
