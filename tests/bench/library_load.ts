import { ChatBox, type MessageSender, string } from "../../src/core/mod.ts";
import { openStorage, type Storage } from "../../src/storage/mod.ts";

/** A box on a file, with clients of service 1 that are ready to send and a service 2 that takes or leaves it. */
export interface LibraryLoad extends AsyncDisposable {
  readonly storage: Storage;
  readonly senders: readonly MessageSender[];
  /** How many messages service 2 has received. */
  readonly received: number;
  /** Every sender sends its share, each waiting for its ack before the next; gives messages a second, arrivals included. */
  run(messages: number, content: string): Promise<number>;
}

/** How service 2 takes its messages. */
export type Receiving = "nobody" | "one by one" | "in batches";

/** Opens the box and registers the clients. */
export async function openLoad(path: string, clients: number, receiving: Receiving): Promise<LibraryLoad> {
  const storage = openStorage(path);
  const box = new ChatBox<string, string>({
    name: "bench",
    service1: { name: "senders", idType: string, durable: false },
    service2: { name: "receiver", idType: string },
    store: storage.store,
  });
  let received = 0;
  let arrival: { readonly count: number; readonly resolve: () => void } | undefined;
  const arrive = (count: number): void => {
    received += count;
    if (arrival !== undefined && received >= arrival.count) arrival.resolve();
  };
  box.worker2.setCreateCallback((id) => `peer of ${id}`);
  if (receiving === "one by one") box.worker2.setReceivedMessageCallback(() => arrive(1));
  if (receiving === "in batches") {
    box.worker2.setReceivedBatchCallback(({ messages }) => arrive(messages.length));
  }
  await box.start();
  const ids = Array.from({ length: clients }, (_, index) => `client ${index}`);
  await Promise.all(ids.map((id) => box.worker1.accessNewClient(id)));
  const senders = ids.map((id) => box.worker1.getMessageSender(id));

  async function run(messages: number, content: string): Promise<number> {
    const share = Math.ceil(messages / clients);
    const arrived = Promise.withResolvers<void>();
    arrival = { count: received + share * clients, resolve: arrived.resolve };
    const started = performance.now();
    await Promise.all(senders.map(async (send) => {
      for (let i = 0; i < share; i++) await send(content);
    }));
    if (receiving !== "nobody") await arrived.promise;
    return share * clients / (performance.now() - started) * 1_000;
  }

  return {
    storage,
    senders,
    get received(): number {
      return received;
    },
    run,
    [Symbol.asyncDispose]: () => box.close(),
  };
}
