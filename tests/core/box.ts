import { ChatBox, type ChatBoxOptions, MemoryStore, type Store, string } from "../../src/core/mod.ts";
import { Log } from "../support/log.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A box between two services with text ids, a clock that stands still and no jitter. */
export interface TestBox extends AsyncDisposable {
  readonly box: ChatBox<string, string>;
  readonly clock: FakeClock;
  readonly log: Log;
  readonly store: Store;
}

/** Makes a {@link TestBox}; service 2 makes `peer of <id>` for a new client. */
export function makeBox(options: Partial<ChatBoxOptions<string, string>> = {}): TestBox {
  const clock = new FakeClock();
  const log = new Log();
  const store = options.store ?? new MemoryStore();
  const box = new ChatBox<string, string>({
    name: "test",
    service1: { name: "one", idType: string },
    service2: { name: "two", idType: string },
    clock,
    logger: log,
    random: () => 0.5,
    ...options,
    store,
  });
  box.worker2.setCreateCallback((id) => `peer of ${id}`);
  return { box, clock, log, store, [Symbol.asyncDispose]: () => box.close() };
}
