import { ChatBox, type Clock, silentLogger, string, systemClock, type Uuid } from "../../src/core/mod.ts";
import { Presence, WebService, type WebServiceOptions } from "../../src/web/mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";

/** A real server on a free port with a real database, and the other service in the test's hands. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly chatBox: ChatBox<Uuid, string>;
  readonly web: WebService;
  readonly presence: Presence;
  readonly storage: Storage;
  /** The path of the database. */
  readonly database: string;
  /** The names of the stored files, arriving ones as well. */
  files(): readonly string[];
}

/** Starts a {@link TestServer}; the other service names its client `thread of <uid>`. */
export async function startServer(
  options: Partial<WebServiceOptions> & { readonly clock?: Clock } = {},
): Promise<TestServer> {
  const temp = await tempStorage();
  const { clock = systemClock } = options;
  const chatBox = new ChatBox<Uuid, string>({
    name: "test",
    service1: { name: "web", durable: false },
    service2: { name: "other", idType: string, pairAt: "message" },
    store: temp.storage.store,
    clock,
  });
  chatBox.worker2.setCreateCallback((uid) => `thread of ${uid}`);
  const presence = new Presence(clock);
  const web = new WebService({
    chatBox,
    sessions: temp.storage.sessions,
    identities: temp.storage.identities,
    files: temp.storage.files,
    identityKey: new Uint8Array(32),
    presence,
    readiness: () => ({ ready: true }),
    logger: silentLogger,
    host: "127.0.0.1",
    port: 0,
    ...options,
    clock,
  });
  await chatBox.start();
  return {
    url: `http://127.0.0.1:${web.address.port}`,
    chatBox,
    web,
    presence,
    storage: temp.storage,
    database: temp.path,
    files(): readonly string[] {
      try {
        return [...Deno.readDirSync(`${temp.path}-files`)].map(({ name }) => name);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return [];
        throw error;
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await web.stop(AbortSignal.timeout(5_000));
      presence.close();
      await chatBox.close();
      await temp[Symbol.asyncDispose]();
    },
  };
}
